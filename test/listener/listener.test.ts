import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kafka, partitionValuesOf, valuesOf, type ConsumerRecord } from '../../src/client/index.ts';
import {
  BatchListenerFailedError,
  deadLetterOrigin,
  fixedBackOff,
  listener,
  type Acknowledgment,
  type KafkaApplication,
} from '../../src/listener/index.ts';
import { ApplicationWorld, Heard } from './application-world.ts';

interface Event {
  readonly n: number;
}
type Record = ConsumerRecord<string, Event>;

async function send(application: KafkaApplication, topic: string, numbers: readonly number[]): Promise<void> {
  await Promise.all(numbers.map((n) => application.template.send(topic, 0, `k${n}`, { n })));
}

/** What a group has committed for partition 0. */
async function committed(world: ApplicationWorld, groupId: string, topic: string): Promise<number | undefined> {
  const admin = new Kafka({ bootstrapServers: world.bootstrapServers, logLevel: 'silent' }).admin();
  try {
    const groups = valuesOf(await admin.listGroupOffsets([groupId]));
    return partitionValuesOf(groups.get(groupId)!).get(topic)?.get(0)?.offset;
  } finally {
    admin.close();
  }
}

const NO_PAUSE = { backOff: fixedBackOff(0, 2) };

test('several topics, a topic by placeholder, and a pattern', async (context) => {
  const world = await ApplicationWorld.open(context);
  const heard = new Heard<string>();
  const on = (name: string) => (record: Record) => heard.add(`${name} ${record.topic} ${record.value.n}`);
  const application = await world.start(
    {
      topics: ['a', 'b', 'x.one', 'x.two'].map((name) => ({ name, partitions: 1 })),
      listeners: [
        listener({ topics: ['${topics.first}', 'b'], groupId: 'names' }, on('names')),
        listener({ topicPattern: 'x\\..*', groupId: 'pattern' }, on('pattern')),
      ],
    },
    { 'topics.first': 'a' },
  );
  for (const [n, topic] of ['a', 'b', 'x.one', 'x.two'].entries()) await send(application, topic, [n]);
  assert.deepEqual((await heard.count(4)).toSorted(), ['names a 0', 'names b 1', 'pattern x.one 2', 'pattern x.two 3']);
});

test('the listener that throws is called again, then its record goes to the dead letters: same partition, key, value, and why', async (context) => {
  const world = await ApplicationWorld.open(context);
  const attempts = new Heard<string>();
  const dead = new Heard<Record>();
  const application = await world.start({
    topics: [{ name: 'orders', partitions: 3 }],
    listeners: [
      listener<string, Event>(
        {
          topics: 'orders',
          groupId: 'stock',
          errorHandling: { ...NO_PAUSE, deadLetters: true },
          onDeadLetter: (record) => dead.add(record),
        },
        ({ value }) => {
          attempts.add(`${value.n}`);
          if (value.n === 2) throw new RangeError('no stock');
        },
      ),
    ],
  });
  for (const n of [1, 2, 3]) await application.template.send('orders', 2, `k${n}`, { n });
  assert.deepEqual(await attempts.count(5), ['1', '2', '2', '2', '3']);
  const [letter] = await dead.count(1);
  assert.equal(letter!.topic, 'orders-dlt');
  assert.equal(letter!.partition, 2);
  assert.equal(letter!.key, 'k2');
  assert.deepEqual(letter!.value, { n: 2 });
  const { timestamp: _, ...origin } = deadLetterOrigin(letter!)!;
  assert.deepEqual(origin, {
    topic: 'orders',
    partition: 2,
    offset: 1,
    groupId: 'stock',
    exceptionName: 'RangeError',
    exceptionMessage: 'no stock',
  });
});

test('what is not retryable, and what cannot be read, goes to the dead letters at once; the others go on', async (context) => {
  const world = await ApplicationWorld.open(context);
  const attempts = new Heard<number>();
  const dead = new Heard<ConsumerRecord<string, unknown>>();
  const application = await world.start({
    topics: [{ name: 'orders', partitions: 1 }],
    listeners: [
      listener<string, Event>(
        {
          topics: 'orders',
          groupId: 'stock',
          errorHandling: { notRetryable: [RangeError], deadLetters: { suffix: '.dead' } },
        },
        ({ value }) => {
          attempts.add(value.n);
          if (value.n === 1) throw new Error('wrapped', { cause: new RangeError('for good') });
        },
      ),
      listener<string, unknown>(
        { topics: 'orders.dead', groupId: 'dead', valueDeserializer: { deserialize: (bytes) => String(bytes) } },
        (record) => dead.add(record),
      ),
    ],
  });
  const raw = application.newTemplate({ valueSerializer: { serialize: (text: string) => Buffer.from(text) } });
  await send(application, 'orders', [1]);
  await raw.send('orders', 'poison', 'this is no JSON');
  await send(application, 'orders', [2]);
  const letters = await dead.count(2);
  assert.deepEqual(await attempts.count(2), [1, 2]);
  assert.equal(letters[1]!.value, String(Buffer.from('this is no JSON')), 'the bytes as they came');
  assert.match(deadLetterOrigin(letters[1]!)!.exceptionMessage, /is not JSON/);
});

test('without dead letters what fails is passed over, and the rest is handled', async (context) => {
  const world = await ApplicationWorld.open(context);
  const heard = new Heard<number>();
  const told: number[] = [];
  const application = await world.start({
    topics: [{ name: 'orders', partitions: 1 }],
    errorHandling: { ...NO_PAUSE, onFailedAttempt: (_record, _error, attempt) => told.push(attempt) },
    listeners: [
      listener<string, Event>({ topics: 'orders', groupId: 'g' }, ({ value }) => {
        if (value.n === 1) throw new Error('never');
        heard.add(value.n);
      }),
    ],
  });
  await send(application, 'orders', [1, 2]);
  assert.deepEqual(await heard.count(1), [2]);
  assert.deepEqual(told, [1, 2, 3]);
});

test('a record that cannot be given up is tried from the start', async (context) => {
  const world = await ApplicationWorld.open(context);
  const attempts = new Heard<number>();
  let isRefused = true;
  const given = new Heard<string>();
  const application = await world.start({
    topics: [{ name: 'orders', partitions: 1 }],
    listeners: [
      listener<string, Event>(
        {
          topics: 'orders',
          groupId: 'g',
          errorHandling: {
            backOff: fixedBackOff(0, 1),
            recover: (_record, error) => {
              if (isRefused) {
                isRefused = false;
                throw new Error('nobody takes it');
              }
              given.add(error.message);
            },
          },
        },
        ({ value }) => {
          attempts.add(value.n);
          throw new Error('never');
        },
      ),
    ],
  });
  await send(application, 'orders', [1]);
  assert.deepEqual(await given.count(1), ['never']);
  assert.deepEqual(attempts.items, [1, 1, 1, 1]);
});

test('manual: what is not acknowledged comes again after a restart; a nack comes again at once', async (context) => {
  const world = await ApplicationWorld.open(context);
  const run = async (
    mode: 'manual' | 'manual_immediate',
    acknowledgesTo: number,
    expected: number,
  ): Promise<number[]> => {
    const heard = new Heard<number>();
    let hasNacked = false;
    const application = await world.start({
      topics: [{ name: mode, partitions: 1 }],
      listeners: [
        listener<string, Event>({ topics: mode, groupId: mode, ackMode: mode }, async ({ value }, acknowledgment) => {
          heard.add(value.n);
          if (value.n === 1 && !hasNacked) {
            hasNacked = true;
            acknowledgment.nack(1);
          } else if (value.n <= acknowledgesTo) await acknowledgment.acknowledge();
        }),
      ],
    });
    if (acknowledgesTo === 2) await send(application, mode, [1, 2, 3]);
    await heard.count(expected);
    await application.stop();
    return heard.items;
  };
  for (const mode of ['manual', 'manual_immediate'] as const) {
    assert.deepEqual(await run(mode, 2, 4), [1, 1, 2, 3], mode);
    assert.equal(await committed(world, mode, mode), 2, mode);
    assert.deepEqual(await run(mode, 3, 1), [3], mode);
    assert.equal(await committed(world, mode, mode), 3, mode);
  }
});

test('in the other modes acknowledging is an error that says so', async (context) => {
  const world = await ApplicationWorld.open(context);
  const said = new Heard<string>();
  const application = await world.start({
    topics: [{ name: 'orders', partitions: 1 }],
    errorHandling: { recover: (_record, error) => said.add(error.message), backOff: fixedBackOff(0, 0) },
    listeners: [
      listener({ topics: 'orders', groupId: 'g' }, async (_record, ack: Acknowledgment) => ack.acknowledge()),
    ],
  });
  await send(application, 'orders', [1]);
  assert.match((await said.count(1))[0]!, /only with spring.kafka.listener.ack-mode manual/);
});

test('record, batch, count and time commit by themselves, the rest when it stops', async (context) => {
  const world = await ApplicationWorld.open(context);
  for (const ackMode of ['record', 'batch', 'count', 'time', 'count_time'] as const) {
    const heard = new Heard<number>();
    const application = await world.start(
      {
        topics: [{ name: ackMode, partitions: 1 }],
        listeners: [listener<string, Event>({ topics: ackMode, groupId: ackMode }, ({ value }) => heard.add(value.n))],
      },
      { 'spring.kafka.listener.ack-mode': ackMode, 'spring.kafka.listener.ack-count': 100 },
    );
    await send(application, ackMode, [1, 2, 3]);
    await heard.count(3);
    await application.stop();
    assert.equal(await committed(world, ackMode, ackMode), 3, ackMode);
  }
});

test('enable-auto-commit leaves the commits to the consumer', async (context) => {
  const world = await ApplicationWorld.open(context);
  const heard = new Heard<number>();
  const application = await world.start(
    {
      topics: [{ name: 'orders', partitions: 1 }],
      listeners: [listener<string, Event>({ topics: 'orders', groupId: 'g' }, ({ value }) => heard.add(value.n))],
    },
    { 'spring.kafka.consumer.enable-auto-commit': true },
  );
  await send(application, 'orders', [1, 2]);
  await heard.count(2);
  await application.stop();
  assert.equal(await committed(world, 'g', 'orders'), 2);
});

const filter = ({ value }: Record): boolean => value.n % 2 === 0;

test("an acknowledgement that comes after the listener returned is committed at once; one that is nobody's business any more is not", async (context) => {
  const world = await ApplicationWorld.open(context);
  const heard = new Heard<Acknowledgment>();
  const application = await world.start({
    topics: [{ name: 'orders', partitions: 1 }],
    listeners: [
      listener<string, Event>({ topics: 'orders', groupId: 'g', ackMode: 'manual' }, (_record, acknowledgment) =>
        heard.add(acknowledgment),
      ),
    ],
  });
  await send(application, 'orders', [1]);
  await send(application, 'orders', [2]);
  const [first, second] = await heard.count(2);
  await first!.acknowledge();
  await application.stopListeners();
  assert.equal(await committed(world, 'g', 'orders'), 1);
  await second!.acknowledge();
  assert.equal(await committed(world, 'g', 'orders'), 1);
});

test('a function that is told of failures, and fails itself, ends nothing', async (context) => {
  const world = await ApplicationWorld.open(context);
  const heard = new Heard<number>();
  const application = await world.start({
    topics: [{ name: 'orders', partitions: 1 }],
    errorHandling: {
      ...NO_PAUSE,
      onFailedAttempt: () => {
        throw new Error('it fails as well');
      },
    },
    listeners: [
      listener<string, Event>({ topics: 'orders', groupId: 'g' }, ({ value }) => {
        if (value.n === 1) throw new Error('never');
        heard.add(value.n);
      }),
    ],
  });
  await send(application, 'orders', [1, 2]);
  assert.deepEqual(await heard.count(1), [2]);
});

test('a filter passes records over, for records and batches', async (context) => {
  const world = await ApplicationWorld.open(context);
  const [single, batches] = [new Heard<number>(), new Heard<number>()];
  const application = await world.start({
    topics: [{ name: 'orders', partitions: 1 }],
    listeners: [
      listener<string, Event>({ topics: 'orders', groupId: 'a', filter }, ({ value }) => single.add(value.n)),
      listener<string, Event>({ topics: 'orders', groupId: 'b', filter, batch: true }, (records) => {
        for (const { value } of records) batches.add(value.n);
      }),
    ],
  });
  await send(application, 'orders', [1, 2, 3, 4]);
  assert.deepEqual(await single.count(2), [2, 4]);
  assert.deepEqual(await batches.count(2), [2, 4]);
  await application.stop();
  assert.equal(await committed(world, 'a', 'orders'), 4);
  assert.equal(await committed(world, 'b', 'orders'), 4);
});

test('batches: at most max-poll-records at a time, of one partition, without what cannot be read', async (context) => {
  const world = await ApplicationWorld.open(context);
  const heard = new Heard<number>();
  const sizes: number[] = [];
  const dead: number[] = [];
  const application = world.application(
    {
      topics: [{ name: 'orders', partitions: 1 }],
      errorHandling: { recover: ({ offset }) => void dead.push(offset) },
      listeners: [
        listener<string, Event>({ topics: 'orders', groupId: 'g', batch: true }, (records) => {
          sizes.push(records.length);
          for (const { value } of records) heard.add(value.n);
        }),
      ],
    },
    { 'spring.kafka.consumer.max-poll-records': 2 },
  );
  const raw = application.newTemplate({ valueSerializer: { serialize: (text: string) => Buffer.from(text) } });
  await application.start();
  await raw.send('orders', 'k', '{"n":1}');
  await raw.send('orders', 'k', 'poison');
  await send(application, 'orders', [2, 3, 4]);
  assert.deepEqual(await heard.count(4), [1, 2, 3, 4]);
  assert.ok(
    sizes.every((size) => size <= 2),
    String(sizes),
  );
  assert.deepEqual(dead, [1]);
});

test('a batch listener that names the record that failed has only this one again, and given up', async (context) => {
  const world = await ApplicationWorld.open(context);
  const calls: string[] = [];
  const heard = new Heard<string>();
  const dead: (string | null)[] = [];
  const application = world.application({
    topics: [{ name: 'orders', partitions: 1 }],
    errorHandling: { backOff: fixedBackOff(0, 1), recover: ({ key }) => void dead.push(String(key)) },
    listeners: [
      listener<string, Event>({ topics: 'orders', groupId: 'g', batch: true }, (records) => {
        const failed = records.findIndex(({ value }) => value.n === 2);
        calls.push(records.map(({ value }) => value.n).join(' '));
        if (failed >= 0) throw new BatchListenerFailedError('two', failed);
        for (const { key } of records) heard.add(key);
      }),
    ],
  });
  await send(application, 'orders', [1, 2, 3]);
  await application.start();
  assert.equal((await heard.count(1))[0], 'k3');
  assert.deepEqual(calls, ['1 2 3', '2 3', '3']);
  assert.equal(dead.length, 1);
});

test('a batch that fails as a whole is tried again as a whole, and given up record by record', async (context) => {
  const world = await ApplicationWorld.open(context);
  const calls: number[] = [];
  const dead = new Heard<number>();
  const application = world.application({
    topics: [{ name: 'orders', partitions: 1 }],
    errorHandling: { backOff: fixedBackOff(0, 1), recover: ({ offset }) => dead.add(offset) },
    listeners: [
      listener({ topics: 'orders', groupId: 'g', batch: true }, (records) => {
        calls.push(records.length);
        throw new Error('all of it');
      }),
    ],
  });
  await send(application, 'orders', [1, 2]);
  await application.start();
  assert.deepEqual(await dead.count(2), [0, 1]);
  assert.deepEqual(calls, [2, 2]);
});

test('manual batches: acknowledged as a whole, or from a record on again', async (context) => {
  const world = await ApplicationWorld.open(context);
  const calls = new Heard<string>();
  const application = world.application(
    {
      topics: [{ name: 'orders', partitions: 1 }],
      listeners: [
        listener<string, Event>({ topics: 'orders', groupId: 'g', batch: true }, async (records, acknowledgment) => {
          calls.add(records.map(({ value }) => value.n).join(' '));
          if (calls.items.length === 1) acknowledgment.nack(1, 1);
          else await acknowledgment.acknowledge();
        }),
      ],
    },
    { 'spring.kafka.listener.ack-mode': 'manual_immediate' },
  );
  await send(application, 'orders', [1, 2, 3]);
  await application.start();
  assert.deepEqual(await calls.count(2), ['1 2 3', '2 3']);
  await application.stop();
  assert.equal(await committed(world, 'g', 'orders'), 3);
});
