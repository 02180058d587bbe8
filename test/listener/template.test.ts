import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokerError, KafkaError, type ConsumerRecord } from '../../src/client/index.ts';
import { listener } from '../../src/listener/index.ts';
import { ApplicationWorld, Heard } from './application-world.ts';

test('every way to say what to send', async (context) => {
  const world = await ApplicationWorld.open(context);
  const heard = new Heard<string>();
  const application = await world.start(
    {
      topics: [{ name: 'orders', partitions: 3 }],
      listeners: [
        listener(
          { topics: 'orders', groupId: 'g' },
          ({ key, value, partition, timestamp }: ConsumerRecord<string, string>) => {
            const time = timestamp < 1000 ? timestamp : 'now';
            heard.add(`${value}: ${key} ${value.startsWith('placed') ? partition : '-'} ${time}`);
          },
        ),
      ],
    },
    { 'spring.kafka.template.default-topic': 'orders', 'topic.orders': 'orders' },
  );
  const { template } = application;
  assert.equal(template.defaultTopic, 'orders');
  await template.send('orders', 'value');
  await template.send('${topic.orders}', 'key', 'keyed');
  await template.send('orders', 2, 'key', 'placed');
  await template.send('orders', 1, 99, 'key', 'placed and timed');
  await template.send('orders', null, null, null, 'neither');
  const { record, metadata } = await template.send({ topic: 'orders', key: 'key', value: 'record', partition: 0 });
  assert.equal(record.value, 'record');
  assert.equal(metadata.partition, 0);
  await template.sendDefault('default');
  await template.sendDefault('key', 'default, keyed');
  await template.sendDefault(1, 'key', 'placed by default');
  await template.sendDefault(1, 7, 'key', 'placed and timed by default');
  assert.deepEqual((await heard.count(10)).toSorted(), [
    'default, keyed: key - now',
    'default: null - now',
    'keyed: key - now',
    'neither: null - now',
    'placed and timed by default: key 1 7',
    'placed and timed: key 1 99',
    'placed by default: key 1 now',
    'placed: key 2 now',
    'record: key - now',
    'value: null - now',
  ]);
});

test('without a default topic, and for what is no text, it says what to set', async (context) => {
  const world = await ApplicationWorld.open(context);
  const { template } = world.application({}, { 'spring.kafka.producer.value-serializer': 'string' });
  await assert.rejects(template.sendDefault('x'), /there is no default topic: set spring.kafka.template.default-topic/);
  await assert.rejects(template.send('orders', 'k', { n: 1 }), (error: Error) => {
    assert.ok(error instanceof KafkaError);
    assert.equal(error.code, 'SERIALIZATION');
    assert.match(error.message, /set spring.kafka.producer.value-serializer: json/);
    return true;
  });
  await assert.rejects(template.send('no such name!', 'x'), BrokerError);
});

test('a transaction is committed as a whole, or aborted; several go side by side', async (context) => {
  const world = await ApplicationWorld.open(context);
  const heard = new Heard<string>();
  const application = await world.start(
    {
      topics: [{ name: 'orders', partitions: 1 }],
      listeners: [
        listener({ topics: 'orders', groupId: 'g' }, ({ value }: ConsumerRecord<string, string>) => heard.add(value)),
      ],
    },
    {
      'spring.kafka.producer.transaction-id-prefix': 'tx-',
      'spring.kafka.consumer.isolation-level': 'read-committed',
      'spring.kafka.template.default-topic': 'orders',
    },
  );
  const { template } = application;
  await assert.rejects(
    template.send('orders', 'x'),
    /send within executeInTransaction, or set spring.kafka.template.allow-non-transactional/,
  );
  const aborting = template.executeInTransaction(async ({ send }) => {
    await send('orders', 'never seen');
    throw new RangeError('after all not');
  });
  await assert.rejects(aborting, /after all not/);
  const results = await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      template.executeInTransaction(async ({ send, sendDefault }) => {
        await send('orders', `${name}1`);
        await sendDefault(`${name}2`);
        return name;
      }),
    ),
  );
  assert.deepEqual(results, ['a', 'b', 'c']);
  assert.deepEqual((await heard.count(6)).toSorted(), ['a1', 'a2', 'b1', 'b2', 'c1', 'c2']);
});

test('without a prefix there are no transactions; with leave, a template with one sends outside of them', async (context) => {
  const world = await ApplicationWorld.open(context);
  await assert.rejects(
    world.application().template.executeInTransaction(async () => {}),
    /transactions need spring.kafka.producer.transaction-id-prefix/,
  );
  const settings = {
    'spring.kafka.producer.transaction-id-prefix': 'tx-',
    'spring.kafka.template.allow-non-transactional': true,
  };
  const { metadata } = await world.application({}, settings).template.send('orders', 'x');
  assert.equal(metadata.offset, 0);
});

test('a closed template sends nothing more', async (context) => {
  const world = await ApplicationWorld.open(context);
  const application = world.application();
  await application.template.send('orders', 'x');
  await application.stop();
  await assert.rejects(application.template.send('orders', 'x'), { code: 'CLOSED' });
});
