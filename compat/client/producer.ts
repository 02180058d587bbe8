import assert from 'node:assert/strict';
import { FencedError } from '../../src/client/client-error.ts';
import { string } from '../../src/client/serializers.ts';
import type { ClientScenario } from './scenario.ts';

const RECORDS = 5000;
const FAULT_ROUNDS = 30;
const FAULT_ROUND_RECORDS = 50;

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

const compressed: readonly ClientScenario[] = codecs.map((compression) => ({
  name: `producer: ${RECORDS} records with ${compression}, in order, at the offsets that were told`,
  async run(world) {
    const topic = await world.topic(compression, 3);
    const producer = world.kafka.producer({ keySerializer: string, valueSerializer: string, compression });
    const sent = await Promise.all(
      Array.from({ length: RECORDS }, (_, index) => producer.send({ topic, key: `k${index % 11}`, value: `${index}` })),
    );
    await producer.close();
    let total = 0;
    for (const partition of [0, 1, 2]) {
      const values = await world.values(topic, partition);
      total += values.length;
      for (const [offset, value] of values.entries()) {
        assert.deepEqual([sent[Number(value)]?.partition, sent[Number(value)]?.offset], [partition, offset]);
      }
    }
    assert.equal(total, RECORDS);
  },
}));

const acknowledged: readonly ClientScenario[] = ([0, 1, 'all'] as const).map((acks) => ({
  name: `producer: acks ${acks}`,
  async run(world) {
    const topic = await world.topic(`acks-${acks}`, 1);
    const producer = world.kafka.producer({ valueSerializer: string, acks });
    for (const value of ['a', 'b', 'c']) await producer.send({ topic, value });
    await producer.close();
    const last = world.kafka.producer({ valueSerializer: string });
    await last.send({ topic, value: 'd' });
    await last.close();
    assert.deepEqual(await world.values(topic, 0), ['a', 'b', 'c', 'd']);
  },
}));

const refusals: ClientScenario = {
  name: 'producer: a record that the broker finds too large fails alone, with its name',
  async run(world) {
    const topic = await world.topic('large', 1);
    const producer = world.kafka.producer({ valueSerializer: string, requestBytesMax: 4 << 20, batchSize: 4 << 20 });
    const values = ['a', 'b', 'x'.repeat(2 << 20), 'c', 'd'];
    const outcomes = await Promise.allSettled(values.map((value) => producer.send({ topic, value })));
    await producer.send({ topic, value: 'e' });
    await producer.close();
    const codes = outcomes.map((each) => (each.status === 'rejected' ? (each.reason as { code: string }).code : ''));
    assert.deepEqual(codes, ['', '', 'MESSAGE_TOO_LARGE', '', '']);
    assert.deepEqual(await world.values(topic, 0), ['a', 'b', 'c', 'd', 'e']);
  },
};

const faults: ClientScenario = {
  name: 'producer: connections cut in the middle of a request; nothing lost, repeated or out of order',
  async run(world) {
    const topic = await world.topic('faults', 1);
    const producer = world.kafka.producer({ valueSerializer: string, batchSize: 500, lingerMs: 1 });
    const wanted: string[] = [];
    const sent: Promise<unknown>[] = [];
    for (let round = 0; round < FAULT_ROUNDS; round++) {
      world.network.faults = { cut: round % 3 === 0 ? 0 : 0.1, deafen: 0 };
      for (let count = 0; count < FAULT_ROUND_RECORDS; count++) {
        const value = `${round}-${count}`;
        wanted.push(value);
        sent.push(producer.send({ topic, value }));
      }
      if (round % 10 === 9) await producer.flush();
    }
    world.network.faults = { cut: 0, deafen: 0 };
    await Promise.all(sent);
    await producer.close();
    assert.ok(world.network.cuts > 0, 'no connection was cut');
    assert.deepEqual(await world.values(topic, 0), wanted);
  },
};

const transactions: readonly ClientScenario[] = [
  {
    name: 'producer: transactions, committed ones seen and aborted ones not',
    async run(world) {
      const topic = await world.topic('txn', 2);
      const producer = world.kafka.producer({ valueSerializer: string, transactionalId: `${world.prefix}-txn` });
      for (const value of ['a', 'b', 'c', 'd']) {
        await producer.begin();
        for (const partition of [0, 1]) await producer.send({ topic, value, partition });
        if (value === 'b') await producer.abort();
        else await producer.commit();
      }
      await producer.transaction((tx) =>
        tx.sendOffsets([{ topic, partition: 0, offset: 3 }], { groupId: `${world.prefix}-g` }),
      );
      await producer.close();
      for (const partition of [0, 1]) {
        assert.deepEqual(await world.values(topic, partition, true), ['a', 'c', 'd']);
        assert.deepEqual(await world.values(topic, partition), ['a', 'b', 'c', 'd']);
      }
    },
  },
  {
    name: 'producer: fenced by another with its transactional id',
    async run(world) {
      const topic = await world.topic('fenced', 1);
      const options = { valueSerializer: string, transactionalId: `${world.prefix}-fenced` };
      const old = world.kafka.producer(options);
      await old.begin();
      await old.send({ topic, value: 'old' });
      const young = world.kafka.producer(options);
      await young.transaction((tx) => tx.send({ topic, value: 'young' }));
      await assert.rejects(old.send({ topic, value: 'old' }), FencedError);
      await assert.rejects(old.commit(), FencedError);
      await assert.rejects(old.abort(), FencedError);
      await assert.rejects(old.begin(), FencedError);
      await young.transaction((tx) => tx.send({ topic, value: 'young' }));
      await Promise.all([old.close(), young.close()]);
      assert.deepEqual(await world.values(topic, 0, true), ['young', 'young']);
    },
  },
  {
    name: 'producer: a refused record fails its transaction, the next one is well',
    async run(world) {
      const topic = await world.topic('refused', 2);
      const producer = world.kafka.producer({ valueSerializer: string, transactionalId: `${world.prefix}-refused` });
      await producer.begin();
      await producer.send({ topic, value: 'x', partition: 1 });
      const future = { topic, value: 'bad', partition: 0, timestamp: 8_000_000_000_000_000 };
      await assert.rejects(producer.send(future), { code: 'INVALID_TIMESTAMP' });
      await assert.rejects(producer.commit(), { code: 'INVALID_TIMESTAMP' });
      await producer.abort();
      for (const value of ['y', 'z']) {
        await producer.transaction(async (tx) => {
          await Promise.all([0, 1].map((partition) => tx.send({ topic, value, partition })));
        });
      }
      await producer.close();
      assert.deepEqual(await world.values(topic, 0, true), ['y', 'z']);
      assert.deepEqual(await world.values(topic, 1, true), ['y', 'z']);
    },
  },
];

export const producerScenarios: readonly ClientScenario[] = [
  ...compressed,
  ...acknowledged,
  refusals,
  faults,
  ...transactions,
];
