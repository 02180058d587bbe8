import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { startBroker } from '../../../src/broker/index.ts';
import { recordFilter, type RawRecord } from '../../../src/cli/commands/live/record-filter.ts';
import { recordJson, recordLine } from '../../../src/cli/commands/console/record-line.ts';
import { tailOptions, timeIn } from '../../../src/cli/commands/live/tail-options.ts';
import { tailOn } from '../../../src/cli/commands/live/tail.ts';
import { exitCodeOf } from '../../../src/cli/tools/exit-code.ts';
import { Kafka, string } from '../../../src/client/index.ts';
import { until } from '../../client/consumer/consumer-world.ts';
import { fakeWorld, plainScreen, terminal, type FakeWorld } from './fake-world.ts';

function record(value: string | null, more: Partial<RawRecord> = {}): RawRecord {
  const bytes = value === null ? null : Buffer.from(value);
  const at = { topic: 'orders', partition: 1, offset: 42, timestamp: 0, timestampType: 'create-time' } as const;
  return { ...at, leaderEpoch: 0, key: Buffer.from('k'), value: bytes, headers: [], ...more };
}

function complaint(...args: string[]): string {
  try {
    tailOptions(args, fakeWorld());
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
}

const none = { keys: [], partitions: new Set<number>(), fields: [] };

suite('tail, without a cluster', () => {
  test('filters look at key, partition and fields of JSON values, and all have to hold', () => {
    const order = record('{"status":"paid","customer":{"id":7,"tags":["new"]},"note":null}');
    const passes = (...fields: string[]): boolean => recordFilter({ ...none, fields })(order);
    assert.equal(passes(), true);
    assert.equal(passes('status=paid', 'customer.id=7', 'customer.tags.0=new', 'note', 'note=null'), true);
    assert.equal(passes('status=paid', 'customer.id=8'), false);
    assert.deepEqual(
      [passes('status!=paid'), passes('status!=open'), passes('missing'), passes('missing!=x')],
      [false, true, false, true],
    );
    assert.equal(passes('toString'), false, 'only what is in the value');
    assert.equal(recordFilter({ ...none, fields: ['a'] })(record('no json')), false);
    assert.equal(recordFilter({ ...none, fields: ['a'] })(record(null)), false);
    assert.equal(recordFilter({ ...none, keys: ['x', 'k'] })(order), true);
    assert.equal(recordFilter({ ...none, keys: ['x'] })(order), false);
    assert.equal(recordFilter({ ...none, partitions: new Set([0]) })(order), false);
    assert.throws(() => recordFilter({ ...none, fields: ['=x'] }), /--where takes FIELD/);
  });

  test('lines are for people, and leave the time out where there is little room', () => {
    const wide = recordLine(record('a\nb'), plainScreen);
    assert.match(wide, /^\d\d:\d\d:\d\d\.\d{3} orders-1 @42 k a\\nb$/);
    assert.equal(recordLine(record(null), terminal(40, 20)), 'orders-1 @42 k null');
    assert.equal(recordLine(record('x', { key: null }), terminal(40, 20)), 'orders-1 @42 x');
    const binary = record(null, { value: Buffer.from('ff'.repeat(20), 'hex') });
    assert.equal(recordLine(binary, terminal(40, 20)), `orders-1 @42 k <20 bytes: ${'ff'.repeat(16)}…>`);
    assert.ok(recordLine(record('x'), terminal(40, 20, true)).includes('\u001b[33mk\u001b[0m'));
  });

  test('JSON lines carry everything, bytes that are no text in base64', () => {
    const headers = [{ key: 'h', value: Buffer.from('v') }];
    assert.deepEqual(JSON.parse(recordJson(record('x', { headers }))), {
      topic: 'orders',
      partition: 1,
      offset: 42,
      timestamp: 0,
      key: 'k',
      value: 'x',
      headers: [{ name: 'h', value: 'v' }],
    });
    const binary = JSON.parse(recordJson(record(null, { value: Buffer.of(0xff), key: null }))) as object;
    assert.deepEqual(
      { ...binary, headers: 0 },
      { topic: 'orders', partition: 1, offset: 42, timestamp: 0, key: null, valueBase64: '/w==', headers: 0 },
    );
  });

  test('options that cannot be are told', () => {
    assert.equal(complaint('--last', '5', '--from-beginning'), '--from-beginning and --last do not go together');
    assert.match(complaint('--since', 'yesterday'), /--since takes 30s, 15m/);
    assert.match(complaint('--partition', 'x'), /--partition takes numbers/);
    assert.match(complaint('--max', '0'), /--max takes/);
    assert.match(complaint('(('), /invalid regex/);
    assert.equal(complaint('--wat'), 'wat is not a recognized option');
    assert.equal(timeIn('15m', 1_000_000), 100_000);
    assert.equal(timeIn('2026-05-01T12:00:00Z', 0), Date.parse('2026-05-01T12:00:00Z'));
    const all = tailOptions([], fakeWorld());
    assert.deepEqual([all?.fits('orders'), all?.fits('__consumer_offsets')], [true, false]);
  });
});

interface Cluster {
  readonly bootstrapServers: string;
  readonly send: (topic: string, value: string, key?: string) => Promise<unknown>;
  readonly tail: (...args: string[]) => { readonly world: FakeWorld; readonly done: Promise<number> };
}

async function cluster(context: TestContext): Promise<Cluster> {
  const broker = await startBroker({ port: 0, storage: 'memory', logLevel: 'silent' });
  const { bootstrapServers } = broker;
  const producer = new Kafka({ bootstrapServers, logLevel: 'silent' }).producer({
    keySerializer: string,
    valueSerializer: string,
    lingerMs: 0,
  });
  const worlds: FakeWorld[] = [];
  context.after(async () => {
    for (const world of worlds) world.stop();
    await producer.close();
    await broker.close();
  });
  return {
    bootstrapServers,
    send: (topic, value, key = 'k') => producer.send({ topic, key, value, partition: 0 }),
    tail: (...args) => {
      const world = fakeWorld();
      worlds.push(world);
      const all = [...args, '--bootstrap-server', bootstrapServers];
      return { world, done: exitCodeOf(tailOn(plainScreen), all, world) };
    },
  };
}

const values = (world: FakeWorld): string[] => world.lines.map((line) => (JSON.parse(line) as { value: string }).value);

suite('tail, at a broker', { timeout: 60_000 }, () => {
  test('what is there, from wherever one likes', async (context) => {
    const { send, tail } = await cluster(context);
    for (const value of ['a', 'b', 'c']) await send('orders', value);
    await send('other', 'x', 'y');
    const read = async (...args: string[]): Promise<string[]> => {
      const { world, done } = tail(...args, '--no-follow', '--json');
      assert.equal(await done, 0);
      return values(world);
    };
    assert.deepEqual(await read('orders', '--from-beginning'), ['a', 'b', 'c']);
    assert.deepEqual(await read('orders', '--last', '2'), ['b', 'c']);
    assert.deepEqual(await read('orders', '--since', '1h', '--max', '1'), ['a']);
    assert.deepEqual(await read('orders'), [], 'the end is where it begins');
    assert.deepEqual((await read('--from-beginning')).toSorted(), ['a', 'b', 'c', 'x']);
    assert.deepEqual(await read('o.*', '--from-beginning', '--key', 'y'), ['x']);
  });

  test('what comes, also in topics that were not there, until it is told to stop', async (context) => {
    const { send, tail } = await cluster(context);
    await send('shop.a', 'old');
    const { world, done } = tail('shop\\..*', '--json');
    await until(() => {
      void send('shop.a', 'new');
      return values(world).includes('new');
    });
    assert.ok(!values(world).includes('old'));
    await send('shop.b', 'fresh');
    await until(() => values(world).includes('fresh'));
    world.stop();
    assert.equal(await done, 0);
    assert.deepEqual(world.errors, []);
  });

  test('a reader that goes away ends it without a word', async (context) => {
    const { send, tail } = await cluster(context);
    for (const value of ['a', 'b', 'c']) await send('orders', value);
    const { world, done } = tail('orders', '--from-beginning');
    await until(() => world.lines.length === 3);
    world.hangUp();
    await send('orders', 'd');
    assert.equal(await done, 0);
    assert.deepEqual([world.lines.length, world.errors], [3, []]);
  });

  test('no topic and no broker are told; stopping does not wait for a broker', async (context) => {
    const { tail } = await cluster(context);
    const { world, done } = tail('nothing', '--no-follow');
    assert.equal(await done, 1);
    assert.deepEqual(world.errors, ['no topic fits']);
    const lost = fakeWorld();
    const running = exitCodeOf(tailOn(plainScreen), ['--bootstrap-server', '127.0.0.1:1'], lost);
    lost.stop();
    assert.equal(await running, 0);
    assert.deepEqual(lost.errors, []);
  });
});
