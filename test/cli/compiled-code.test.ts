import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PosthornProcess, temporaryDirectory } from './posthorn-process.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The program as it is installed: launcher and bundle, without any compiled code. */
function installation(t: TestContext): { file: string; bundle: string } {
  const home = temporaryDirectory(t);
  const bundle = join(home, 'dist', 'bundle');
  cpSync(join(root, 'bin'), join(home, 'bin'), { recursive: true });
  mkdirSync(bundle, { recursive: true });
  cpSync(join(root, 'dist', 'bundle', 'posthorn.cjs'), join(bundle, 'posthorn.cjs'));
  symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'));
  return { file: join(home, 'bin', 'posthorn.js'), bundle };
}

async function runOnce(
  t: TestContext,
  { file }: { file: string },
  environment: Record<string, string> = {},
): Promise<void> {
  const posthorn = new PosthornProcess(t, { file, args: ['--ephemeral', '--port', '0'], environment });
  await posthorn.ready();
  const { code, stderr } = await posthorn.end('SIGTERM');
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
}

function codeIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name !== 'posthorn.cjs');
}

test('a broker leaves its compiled code for the next start, once', async (t) => {
  const installed = installation(t);
  await runOnce(t, installed);
  const [name, ...others] = codeIn(installed.bundle);
  assert.match(name!, /^posthorn-[0-9a-f]{32}-.*\.v8cache$/);
  assert.deepEqual(others, []);
  const before = readFileSync(join(installed.bundle, name!));
  await runOnce(t, installed);
  assert.deepEqual(codeIn(installed.bundle), [name]);
  assert.deepEqual(readFileSync(join(installed.bundle, name!)), before);
});

test('code that does not fit is passed over and replaced', async (t) => {
  const installed = installation(t);
  await runOnce(t, installed);
  const path = join(installed.bundle, codeIn(installed.bundle)[0]!);
  const whole = readFileSync(path).length;
  for (const text of ['', 'not code']) {
    writeFileSync(path, text);
    await runOnce(t, installed);
    assert(readFileSync(path).length > whole / 2);
  }
});

test('code of another version goes', async (t) => {
  const installed = installation(t);
  writeFileSync(join(installed.bundle, 'older.v8cache'), 'x');
  await runOnce(t, installed);
  assert.equal(codeIn(installed.bundle).length, 1);
  assert(!codeIn(installed.bundle).includes('older.v8cache'));
});

test('where the package cannot be written, the code goes to the cache folder of the user, or nowhere', async (t) => {
  const installed = installation(t);
  await runOnce(t, installed);
  const name = codeIn(installed.bundle)[0]!;
  // Permissions would not hold back a superuser, but nobody renames a file onto a folder.
  rmSync(join(installed.bundle, name));
  mkdirSync(join(installed.bundle, name));
  const cache = temporaryDirectory(t);
  await runOnce(t, installed, { XDG_CACHE_HOME: cache });
  assert.deepEqual(readdirSync(join(cache, 'posthorn')), [name]);
  await runOnce(t, installed, { XDG_CACHE_HOME: installed.file });
  assert.deepEqual(codeIn(installed.bundle), [name]);
});
