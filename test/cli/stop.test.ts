import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { fetchOf } from '../broker/broker-fixture.ts';
import { connect, createTopic } from './client.ts';
import { PosthornProcess } from './posthorn-process.ts';

const hanging = fileURLToPath(new URL('hanging-broker.js', import.meta.url));
const LONG_MS = '600000';

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} ends a broker cleanly`, async (t) => {
    const posthorn = new PosthornProcess(t, { args: ['--port', '0', '--ephemeral'] });
    await posthorn.ready();
    const { code, stderr } = await posthorn.end(signal);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  });
}

test('a fetch that waits for records does not hold up the stop', async (t) => {
  const posthorn = new PosthornProcess(t, { args: ['--port', '0', '--ephemeral'] });
  const { port } = await posthorn.ready();
  const client = await connect(t, port);
  await createTopic(client, 'empty');
  const waiting = client.send(fetch, 12, fetchOf('empty', { maxWaitMs: 600_000 }));
  const [ended] = await Promise.all([posthorn.end('SIGTERM'), assert.rejects(waiting.response, /closed/)]);
  assert.deepEqual([ended.code, ended.stderr], [0, '']);
});

test('a stop that takes longer than allowed ends the process, and says so', async (t) => {
  const program = new PosthornProcess(t, { file: hanging, args: ['50'] });
  await program.output(/ready/);
  const { code, stderr } = await program.end('SIGTERM');
  assert.equal(code, 1);
  assert.match(stderr, /^posthorn: not stopped after 50 ms; ending at once, the next start will recover the logs\n$/);
});

test('a second signal ends it at once, but not the same one delivered twice', async (t) => {
  const program = new PosthornProcess(t, { file: hanging, args: [LONG_MS] });
  await program.output(/ready/);
  program.kill('SIGINT');
  await program.output(/closing/);
  let sent = 0;
  const again = setInterval(() => {
    program.kill('SIGTERM');
    sent++;
  }, 20);
  const { code, stderr, stdout } = await program.ended;
  clearInterval(again);
  assert.equal(code, 1);
  assert.match(stderr, /^posthorn: told to stop again; ending at once/);
  assert.equal(stdout, 'ready\nclosing\n');
  assert(sent > 1, 'the first repetition counted as a second signal');
});
