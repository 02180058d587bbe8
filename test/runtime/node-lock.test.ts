import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodeDisk } from '../../src/runtime/node-disk.ts';
import { takePidLock } from '../../src/runtime/pid-lock.ts';

const root = mkdtempSync(join(tmpdir(), 'posthorn-lock-'));
after(() => rmSync(root, { recursive: true }));
const holderPath = fileURLToPath(new URL('lock-holder.js', import.meta.url));

async function holder(kind: string, path: string): Promise<{ process: ChildProcess; said: unknown }> {
  const child = fork(holderPath, [kind, path]);
  const [said] = (await once(child, 'message')) as [unknown];
  return { process: child, said };
}

for (const [kind, take] of [
  ['kernel', (path: string) => nodeDisk.lock(path)],
  ['pid', takePidLock],
] as const) {
  suite(`${kind} lock`, () => {
    test('two processes: one gets it, the other when the first is killed with -9', async () => {
      const path = join(root, `${kind}-two`);
      const first = await holder(kind, path);
      assert.equal(first.said, 'held');
      assert.equal(take(path), undefined);
      const second = await holder(kind, path);
      assert.equal(second.said, 'refused');
      first.process.kill('SIGKILL');
      await once(first.process, 'exit');
      const lock = take(path);
      assert.ok(lock);
      const third = await holder(kind, path);
      assert.equal(third.said, 'refused');
      lock.release();
      const fourth = await holder(kind, path);
      assert.equal(fourth.said, 'held');
      for (const each of [second, third, fourth]) each.process.kill('SIGKILL');
    });

    test('a start-up race has one winner', async () => {
      const path = join(root, `${kind}-race`);
      const holders = await Promise.all(Array.from({ length: 4 }, () => holder(kind, path)));
      assert.deepEqual(
        holders.map(({ said }) => String(said)).toSorted((left, right) => left.localeCompare(right)),
        ['held', 'refused', 'refused', 'refused'],
      );
      for (const each of holders) each.process.kill('SIGKILL');
    });
  });
}

test('a pid lock is not fooled by a process that has the number of a dead owner', () => {
  const path = join(root, 'stale');
  writeFileSync(`${path}.pid`, `${process.ppid} 1\n`);
  const lock = takePidLock(path);
  assert.ok(lock);
  assert.equal(takePidLock(path), undefined);
  lock.release();
  assert.equal(existsSync(`${path}.pid`), false);
  writeFileSync(`${path}.pid`, 'rubbish');
  takePidLock(path)?.release();
  assert.equal(existsSync(`${path}.pid`), false);
});
