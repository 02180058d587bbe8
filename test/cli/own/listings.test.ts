import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { startBroker } from '../../../src/broker/index.ts';
import { toolNamed } from '../../../src/cli/tools/all-tools.ts';
import { exitCodeOf } from '../../../src/cli/tools/exit-code.ts';
import { Kafka, string } from '../../../src/client/index.ts';
import { fakeWorld } from './fake-world.ts';

interface Told {
  readonly code: number;
  readonly items: Record<string, unknown>[];
  readonly errors: readonly string[];
}

/** Runs a command as `posthorn NAME ARGS --json` does. */
async function told(bootstrap: string, name: string, ...args: string[]): Promise<Told> {
  const world = fakeWorld();
  const all = [...args, '--json', '--bootstrap-server', bootstrap];
  const entry = toolNamed(name, all);
  assert.ok(entry !== undefined);
  const code = await exitCodeOf(await entry.load(), all, world);
  const items = world.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, items, errors: world.errors };
}

async function shop(context: TestContext): Promise<string> {
  const broker = await startBroker({ port: 0, storage: 'memory', logLevel: 'silent' });
  const kafka = new Kafka({ bootstrapServers: broker.bootstrapServers, logLevel: 'silent' });
  const admin = kafka.admin();
  const producer = kafka.producer({ valueSerializer: string, lingerMs: 0 });
  const consumer = kafka.consumer({ groupId: 'readers' });
  context.after(async () => {
    admin.close();
    await Promise.all([producer.close(), consumer.close()]);
    await broker.close();
  });
  await admin.createTopics([{ name: 'orders', partitions: 2, configs: { 'retention.ms': '1000' } }, { name: 'other' }]);
  for (const value of ['a', 'b', 'c']) await producer.send({ topic: 'orders', partition: 1, value, timestamp: 5 });
  consumer.assign([{ topic: 'orders', partition: 1 }]);
  await consumer.commit([{ topic: 'orders', partition: 1, offset: 1 }]);
  return broker.bootstrapServers;
}

/** What is said to a command that cannot be. */
async function complaint(name: string, ...args: string[]): Promise<string | undefined> {
  const { code, errors } = await told('127.0.0.1:1', name, ...args);
  assert.equal(code, 1);
  return errors[0];
}

suite('what programs read', { timeout: 60_000 }, () => {
  test('topics, with their partitions and their own settings', async (context) => {
    const bootstrap = await shop(context);
    const list = await told(bootstrap, 'kafka-topics.sh', '--list', '--exclude-internal');
    assert.deepEqual(
      list.items.map(({ topic, isInternal }) => [topic, isInternal]),
      [
        ['orders', false],
        ['other', false],
      ],
    );
    const { items, code } = await told(bootstrap, 'topics', '--describe', '--topic', 'orders');
    assert.equal(code, 0);
    const partition = { leader: 1, leaderEpoch: 0, replicas: [1], inSync: [1], offline: [] };
    assert.deepEqual(items, [
      {
        topic: 'orders',
        topicId: list.items[0]?.['topicId'],
        isInternal: false,
        partitions: [
          { partition: 0, ...partition },
          { partition: 1, ...partition },
        ],
        configs: { 'retention.ms': '1000' },
      },
    ]);
  });

  test('groups, their offsets and their lag', async (context) => {
    const bootstrap = await shop(context);
    const listed = { group: 'readers', type: 'classic', state: 'Empty', protocol: '' };
    assert.deepEqual((await told(bootstrap, 'groups', '--list')).items, [listed]);
    assert.deepEqual((await told(bootstrap, 'consumer-groups', '--list')).items, [listed]);
    const offsets = [{ group: 'readers', topic: 'orders', partition: 1, committed: 1, end: 3, lag: 2, memberId: null }];
    assert.deepEqual((await told(bootstrap, 'consumer-groups', '--describe', '--group', 'readers')).items, offsets);
    assert.deepEqual((await told(bootstrap, 'consumer-groups', '--describe', '--all-groups')).items, offsets);
    const [state] = (await told(bootstrap, 'consumer-groups', '--describe', '--state', '--group', 'readers')).items;
    assert.deepEqual([state?.['group'], state?.['state'], state?.['members']], ['readers', 'Empty', []]);
  });

  test('settings and offsets', async (context) => {
    const bootstrap = await shop(context);
    const topic = await told(bootstrap, 'configs', '--describe', '--entity-type', 'topics', '--entity-name', 'orders');
    assert.deepEqual(topic.items, [
      {
        type: 'topics',
        name: 'orders',
        configs: [
          { name: 'retention.ms', value: '1000', source: 'dynamic-topic', isReadOnly: false, isSensitive: false },
        ],
      },
    ]);
    const brokers = await told(bootstrap, 'configs', '--describe', '--entity-type', 'brokers', '--all');
    assert.equal(brokers.items.length, 1);
    const [{ configs } = { configs: [] }] = brokers.items;
    assert.ok((configs as object[]).length > 100);
    const ends = await told(bootstrap, 'get-offsets', '--topic', 'orders');
    assert.deepEqual(ends.items, [
      { topic: 'orders', partition: 0, offset: 0, timestamp: null },
      { topic: 'orders', partition: 1, offset: 3, timestamp: null },
    ]);
    const timed = await told(bootstrap, 'get-offsets', '--topic', 'orders', '--time', '5');
    assert.deepEqual(
      timed.items.map(({ offset, timestamp }) => [offset, timestamp]),
      [
        [null, null],
        [0, 5],
      ],
    );
  });

  test('what cannot be listed is told', async () => {
    assert.equal(await complaint('topics', '--create', '--topic', 'x'), 'create is not a recognized option');
    assert.equal(await complaint('topics'), '--json goes with --list or --describe');
    assert.equal(await complaint('groups'), '--json goes with --list');
    assert.equal(
      await complaint('get-offsets', '--time', 'noon'),
      "--time takes latest, earliest, max-timestamp or milliseconds, not 'noon'",
    );
    assert.match(
      (await complaint('configs', '--describe', '--entity-type', 'users')) ?? '',
      /takes topics, brokers or groups, not 'users'/,
    );
  });
});
