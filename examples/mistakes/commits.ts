import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { string } from 'posthorn/client';
import type { Stage } from '../story.ts';
import { Worker } from '../worker.ts';

const READINGS = 50;
const DIES_AT = 24;

/**
 * Mistake 2: a commit that loses. A commit says "all before this is done". Committed by themselves, records that only wait to be saved count as
 * done: who dies then never sees them again. The program is saver.ts.
 */
export async function commits(stage: Stage): Promise<void> {
  await stage.freshTopics({ 'readings-wrong': 1, 'readings-right': 1 });
  const wrong = await saved(stage, 'wrong');
  const lost = READINGS - new Set(wrong).size;
  assert.equal(lost, DIES_AT % 10, 'those that were committed and waited for ten to be full');
  console.log(`commits, wrong: by themselves, before it is saved; ${lost} of ${READINGS} readings are lost`);

  const right = await saved(stage, 'right');
  assert.equal(new Set(right).size, READINGS);
  console.log(`commits, right: after it is saved; ${READINGS} of ${READINGS} readings are there`);
}

/** Has a saver die in the middle and another one do the rest; what they saved. */
async function saved({ kafka, bootstrapServers }: Stage, how: 'right' | 'wrong'): Promise<string[]> {
  const producer = kafka.producer({ valueSerializer: string });
  for (let index = 0; index < READINGS; index++) {
    void producer.send({ topic: `readings-${how}`, value: `reading ${index}` });
  }
  await producer.close();

  const home = mkdtempSync(join(tmpdir(), 'readings-'));
  const file = join(home, 'saved');
  const program = new URL('./saver.js', import.meta.url);
  const dying = new Worker(program, [bootstrapServers, how, file, String(DIES_AT)], () => {});
  assert.equal(await dying.ended(), 'SIGKILL');
  const next = new Worker(program, [bootstrapServers, how, file], () => {});
  assert.equal(await next.ended(), 'well');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  rmSync(home, { recursive: true });
  return lines;
}
