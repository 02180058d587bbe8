import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { startBroker } from '../../src/broker/index.ts';
import type { Kafka, string } from '../../src/client/index.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Not a literal: its declarations come from the build that compiles this. */
const ENTRY: string = 'posthorn/broker';
const CLIENT_ENTRY: string = 'posthorn/client';

interface ClientEntry {
  readonly Kafka: typeof Kafka;
  readonly string: typeof string;
}

interface Entry {
  readonly startBroker: typeof startBroker;
}

test('posthorn/broker is there for import and require, and is the same module', async () => {
  const imported = (await import(ENTRY)) as Entry;
  const required = createRequire(import.meta.url)(ENTRY) as Entry;
  assert.equal(imported.startBroker, required.startBroker);
  const broker = await imported.startBroker({ port: 0, storage: 'memory' });
  assert.match(broker.bootstrapServers, /^localhost:\d+$/);
  await broker.close();
});

test('the errors of posthorn/broker are those that it exports', async () => {
  const { startBroker: start, ...rest } = (await import(ENTRY)) as Entry & Record<string, unknown>;
  const InvalidConfiguration = rest['InvalidConfiguration'] as new () => Error;
  await assert.rejects(start({ config: { 'num.partition': 1 } }), (error) => error instanceof InvalidConfiguration);
});

test('posthorn/client writes to the broker of posthorn/broker', async () => {
  const { startBroker: start } = (await import(ENTRY)) as Entry;
  const { Kafka, string } = (await import(CLIENT_ENTRY)) as ClientEntry;
  const broker = await start({ port: 0, storage: 'memory', logLevel: 'silent' });
  const producer = new Kafka({ bootstrapServers: broker.bootstrapServers }).producer({ valueSerializer: string });
  const { offset } = await producer.send({ topic: 'orders', value: 'a book' });
  assert.equal(offset, 0);
  await producer.close();
  await broker.close();
});

test('the package holds the program, its declarations and documents, and nothing of its making', () => {
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ files }] = JSON.parse(listed) as [{ files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  const needed = [
    'package.json',
    'LICENSE',
    'README.md',
    'bin/posthorn.js',
    'bin/package.json',
    'dist/bundle/broker.cjs',
    'dist/bundle/cleaner.cjs',
    'dist/bundle/client.cjs',
  ];
  const made = [
    'dist/bundle/posthorn.cjs',
    'dist/bundle/types/broker/index.d.ts',
    'dist/bundle/types/client/index.d.ts',
    'dist/bundle/types/package.json',
  ];
  for (const path of [...needed, ...made]) assert(paths.includes(path), `${path} is missing`);
  const allowed =
    /^(package\.json|LICENSE|README\.md|bin\/.*|docs\/.*\.(md|svg)|dist\/bundle\/(types\/.*|\w+\.cjs(\.map)?))$/;
  assert.deepEqual(
    paths.filter((path) => !allowed.test(path)),
    [],
  );
});
