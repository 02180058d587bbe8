import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { PosthornProcess, temporaryDirectory } from './posthorn-process.ts';

test('a broker whose last directory fails ends with exit code 1 and says why in a sentence', async (t) => {
  const directory = temporaryDirectory(t);
  const posthorn = new PosthornProcess(t, { args: ['--data-dir', directory, '--port', '0'] });
  await posthorn.ready();
  rmSync(directory, { recursive: true });
  const { code, stderr } = await posthorn.ended;
  assert.equal(code, 1);
  assert.match(stderr, /^posthorn: every log directory has failed, the last one was .*; the broker ends$/m);
});
