import assert from 'node:assert/strict';
import { existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { metadata } from '../../src/protocol/messages/003-metadata.ts';
import { apiVersions } from '../../src/protocol/messages/018-api-versions.ts';
import { fetchOf, produceOf, valuesIn } from '../broker/broker-fixture.ts';
import { connect, createTopic } from './client.ts';
import { launcher, PosthornProcess, temporaryDirectory } from './posthorn-process.ts';

function status(url: string): Promise<{ code: number | undefined; body: unknown }> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      let text = '';
      response.on('data', (part: Buffer) => (text += part.toString()));
      response.on('end', () => resolve({ code: response.statusCode, body: JSON.parse(text) }));
    }).on('error', reject);
  });
}

test('nothing set: the development profile on this machine only, data below the working directory', async (t) => {
  const cwd = temporaryDirectory(t);
  const posthorn = new PosthornProcess(t, { cwd, args: ['--port', '0'] });
  const { port, dataDirectory, banner } = await posthorn.ready();
  assert.equal(dataDirectory, join(cwd, 'posthorn-data'));
  assert.match(banner, /profile {2}development/);
  for (const host of ['127.0.0.1', 'localhost']) {
    const client = await connect(t, port, host);
    const known = await client.send(apiVersions, 0, { clientSoftwareName: '', clientSoftwareVersion: '' }).response;
    assert.equal(known.errorCode, 0);
  }
  assert.equal((await posthorn.end('SIGTERM')).code, 0);
});

test('runs through a link and from any directory, as npx and a global installation do it', async (t) => {
  const cwd = temporaryDirectory(t);
  const link = join(cwd, 'posthorn');
  symlinkSync(launcher, link);
  const { code, stdout } = await new PosthornProcess(t, { cwd, file: link, args: ['--version'] }).ended;
  assert.equal(code, 0);
  assert.match(stdout, /^posthorn \d+\.\d+\.\d+\n$/);
});

test('--ephemeral leaves nothing behind', async (t) => {
  const cwd = temporaryDirectory(t);
  const posthorn = new PosthornProcess(t, { cwd, args: ['--ephemeral', '--port', '0'] });
  const { port } = await posthorn.ready();
  const client = await connect(t, port);
  await createTopic(client, 'gone');
  const produced = await client.send(produce, 12, produceOf('gone', ['a'])).response;
  assert.equal(produced.responses[0]!.partitionResponses[0]!.errorCode, 0);
  await posthorn.end('SIGTERM');
  assert.deepEqual(readdirSync(cwd), []);
});

test('opened to others, it says how to reach it and sends each client to the address that it dialled', async (t) => {
  const posthorn = new PosthornProcess(t, { args: ['--ephemeral', '--host', '0.0.0.0', '--port', '0'] });
  const { port, banner } = await posthorn.ready();
  assert.match(banner, /clients .*each is sent to the address that it dialled\n/);
  const client = await connect(t, port, '127.0.0.1');
  const { brokers } = await client.send(metadata, 12, {
    topics: [],
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  }).response;
  assert.deepEqual(
    brokers.map((broker) => [broker.host, broker.port]),
    [['127.0.0.1', port]],
  );
});

test('health and readiness answer on a port of their own', async (t) => {
  const posthorn = new PosthornProcess(t, { args: ['--ephemeral', '--port', '0', '--health-port', '0'] });
  await posthorn.ready();
  const [, address] = await posthorn.output(/health +(http:\/\/[^/]+)\/health/);
  assert.deepEqual(await status(`${address}/ready`).then(({ code }) => code), 200);
  const { code, body } = await status(`${address}/health`);
  assert.equal(code, 200);
  assert.equal((body as { status: string }).status, 'ok');
  assert.equal((await status(`${address}/`)).code, 404);
  assert.equal((await posthorn.end('SIGTERM')).code, 0);
});

test('metrics are told in the text format of Prometheus', async (t) => {
  const posthorn = new PosthornProcess(t, { args: ['--ephemeral', '--port', '0', '--health-port', '0'] });
  const { port } = await posthorn.ready();
  const [, address] = await posthorn.output(/health +(http:\/\/[^/]+)\/health/);
  const client = await connect(t, port, '127.0.0.1');
  await client.send(apiVersions, 0, { clientSoftwareName: '', clientSoftwareVersion: '' }).response;
  const answer = await globalThis.fetch(`${address}/metrics`);
  const text = await answer.text();
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.match(text, /^posthorn_requests_total\{api="ApiVersions"\} 1$/m);
  assert.match(text, /^posthorn_connections 1$/m);
  assert.match(text, /^posthorn_partitions_offline 0$/m);
  assert.match(text, /^posthorn_group_rebalances\{type="consumer"\} 0$/m);
  assert.match(text, /^posthorn_log_directory_online\{directory="[^"]+"\} 1$/m);
});

test('environment variables of the official image set it up', async (t) => {
  const directory = join(temporaryDirectory(t), 'logs');
  const posthorn = new PosthornProcess(t, {
    environment: {
      KAFKA_LISTENERS: 'PLAINTEXT://127.0.0.1:0',
      KAFKA_LOG_DIRS: directory,
      KAFKA_NUM_PARTITIONS: '3',
      KAFKA_HEAP_OPTS: '-Xmx1G',
    },
  });
  const { port, dataDirectory } = await posthorn.ready();
  assert.equal(dataDirectory, directory);
  assert.equal(await createTopic(await connect(t, port), 'orders'), 3);
  assert(existsSync(join(directory, 'meta.properties')));
});

test('a port in use is said in one sentence', async (t) => {
  const first = new PosthornProcess(t, { args: ['--ephemeral', '--port', '0'] });
  const { port } = await first.ready();
  const second = new PosthornProcess(t, { args: ['--ephemeral', '--port', String(port)] });
  const { code, stderr, stdout } = await second.ended;
  assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
  assert.match(stderr, /^posthorn: cannot listen on .*the port is in use.*\n$/);
});

test('a data directory in use is said in one sentence, and stays unharmed', async (t) => {
  const directory = temporaryDirectory(t);
  const args = ['--data-dir', directory, '--port', '0'];
  const first = new PosthornProcess(t, { args });
  const { port } = await first.ready();
  const { code, stderr, stdout } = await new PosthornProcess(t, { args }).ended;
  assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
  assert.match(stderr, /^posthorn: .*in use.*\n$/);
  assert(stderr.includes(directory));
  await createTopic(await connect(t, port), 'still-works');
  assert.equal((await first.end('SIGTERM')).code, 0);
});

test('a data directory that cannot be made is said in one sentence', async (t) => {
  const file = join(temporaryDirectory(t), 'file');
  writeFileSync(file, '');
  const places = process.platform === 'linux' ? [file, join(file, 'below'), '/proc/posthorn'] : [file];
  for (const place of places) {
    const { code, stderr } = await new PosthornProcess(t, { args: ['--data-dir', place, '--port', '0'] }).ended;
    assert.equal(code, 1);
    assert.match(stderr, /^posthorn: the data directory .* cannot be used: .*\n$/);
  }
});

test('a health port in use is said in one sentence', async (t) => {
  const first = new PosthornProcess(t, { args: ['--ephemeral', '--port', '0'] });
  const { port } = await first.ready();
  const args = ['--ephemeral', '--port', '0', '--host', '127.0.0.1', '--health-port', String(port)];
  const { code, stderr } = await new PosthornProcess(t, { args }).ended;
  assert.equal(code, 1);
  assert.match(stderr, /^posthorn: .*health port.*\n$/);
});

test('faulty settings are told all at once: key, value, what is allowed, the nearest name', async (t) => {
  const file = join(temporaryDirectory(t), 'server.properties');
  writeFileSync(file, 'num.partitions=many\nlog.retention.hour=1\n');
  const { code, stderr, stdout } = await new PosthornProcess(t, {
    args: [file],
    environment: { KAFKA_COMPRESSION_TYPE: 'rar' },
  }).ended;
  assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
  const lines = stderr.trimEnd().split('\n');
  assert.equal(lines.length, 3, stderr);
  for (const line of lines) assert.match(line, /^posthorn: /);
  assert.match(stderr, /line 1: num\.partitions=many is not valid\. Allowed: .*1/);
  assert.match(stderr, /line 2: there is no setting log\.retention\.hour .*Did you mean log\.retention\.hours/);
  assert.match(stderr, /KAFKA_COMPRESSION_TYPE: compression\.type=rar is not valid\. Allowed: .*zstd/);
});

test('a command line that makes no sense ends with exit code 2', async (t) => {
  const { code, stderr } = await new PosthornProcess(t, { args: ['--prot', '1'] }).ended;
  assert.equal(code, 2);
  assert.match(stderr, /--prot.*\nTry 'posthorn --help'\.\n$/);
});

test('killed, it recovers at the next start, says so and has every record', async (t) => {
  const directory = temporaryDirectory(t);
  const args = ['--data-dir', directory, '--port', '0'];
  const first = new PosthornProcess(t, { args });
  const client = await connect(t, (await first.ready()).port);
  await createTopic(client, 'kept');
  const { responses } = await client.send(produce, 12, produceOf('kept', ['a', 'b'])).response;
  assert.equal(responses[0]!.partitionResponses[0]!.errorCode, 0);
  await first.end('SIGKILL');

  const second = new PosthornProcess(t, { args });
  const reader = await connect(t, (await second.ready()).port);
  const fetched = await reader.send(fetch, 12, fetchOf('kept')).response;
  assert.deepEqual(valuesIn(fetched.responses[0]!.partitions[0]!.records), ['a', 'b']);
  const { code, stderr } = await second.end('SIGTERM');
  assert.equal(code, 0);
  assert.match(stderr, /"recovered logs"/);

  const third = new PosthornProcess(t, { args });
  await third.ready();
  assert.doesNotMatch((await third.end('SIGTERM')).stderr, /recovered/);
});

test('log lines are readable text when asked for', async (t) => {
  const args = [
    '--ephemeral',
    '--port',
    '0',
    '--override',
    'posthorn.log.format=pretty',
    '--override',
    'ssl.cipher.suites=x',
  ];
  const posthorn = new PosthornProcess(t, { args, environment: { NO_COLOR: '1' } });
  await posthorn.ready();
  const { stderr } = await posthorn.end('SIGTERM');
  assert.match(stderr, /warn .*settings that are accepted but have no effect.*ssl\.cipher\.suites/);
  assert(!stderr.includes('{"'), stderr);
});

test('a start loads no package, nor what serves HTTP, encrypts or compresses', async (t) => {
  const fixture = new URL('loaded-modules.js', import.meta.url).href;
  const posthorn = new PosthornProcess(t, {
    args: ['--data-dir', temporaryDirectory(t), '--port', '0'],
    environment: { NODE_OPTIONS: `--import=${fixture}` },
  });
  const client = await connect(t, (await posthorn.ready()).port);
  await client.send(apiVersions, 0, { clientSoftwareName: '', clientSoftwareVersion: '' }).response;
  const { code, stderr } = await posthorn.end('SIGTERM');
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stderr), []);
});
