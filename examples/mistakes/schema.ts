import assert from 'node:assert/strict';
import { json, KafkaError, string, type Deserializer } from 'posthorn/client';
import type { Stage } from '../story.ts';

/** What the shop wrote from the first day on. */
interface Sale {
  readonly saleId: string;
  readonly cents: number;
}

/** Checks what it reads, so that a bad record is found where it comes in, and not in next month's accounts. */
const sales: Deserializer<Sale> = {
  deserialize(bytes, context) {
    const value = json<Partial<Sale>>().deserialize(bytes, context);
    if (typeof value?.saleId === 'string' && Number.isInteger(value.cents)) return value as Sale;
    throw new KafkaError('SERIALIZATION', `no sale in ${context.topic}: ${JSON.stringify(value)}`);
  },
};

/**
 * Mistake 4: a schema change that breaks a reader. Writers and readers are never replaced at the same moment, and old records stay. So what
 * readers need must stay; what is new has to be optional.
 */
export async function schema(stage: Stage): Promise<void> {
  await stage.freshTopics({ 'sales-wrong': 1, 'sales-right': 1 });
  const old = { saleId: 's-1', cents: 500 };

  // Wrong: `cents` gets a better name and another unit. Readers that do not know of it stop there, and when they are started again they stop again.
  const renamed = { saleId: 's-2', amount: 7.5, currency: 'EUR' };
  await write(stage, 'sales-wrong', [old, renamed, { saleId: 's-3', cents: 100 }]);
  for (const attempt of ['first', 'second'] as const) {
    const { cents, error } = await total(stage, 'sales-wrong', 3);
    assert.equal(error?.code, 'SERIALIZATION');
    assert.equal(cents, attempt === 'first' ? 500 : 0, 'and what lies behind it is never reached');
  }
  console.log('schema, wrong: a field renamed; the reader is stuck at offset 1, however often it is started');

  // Right: `cents` stays as it is, what is new comes beside it. Readers of yesterday read on, those of today know more.
  const added = { saleId: 's-2', cents: 750, currency: 'EUR' };
  await write(stage, 'sales-right', [old, added, { saleId: 's-3', cents: 100 }]);
  const { cents, error } = await total(stage, 'sales-right', 3);
  assert.equal(error, undefined);
  assert.equal(cents, 1350);
  console.log('schema, right: a field added; the old reader reads all three sales');
}

async function write({ kafka }: Stage, topic: string, values: readonly object[]): Promise<void> {
  const producer = kafka.producer({ keySerializer: string, valueSerializer: json<object>() });
  for (const value of values) await producer.send({ topic, value });
  await producer.close();
}

/** What the reader adds up before it has read so many, or before it fails. */
async function total({ kafka }: Stage, topic: string, count: number): Promise<{ cents: number; error?: KafkaError }> {
  const consumer = kafka.consumer({
    groupId: `${topic}-accounts`,
    groupProtocol: 'classic',
    valueDeserializer: sales,
    offsetReset: 'earliest',
  });
  let cents = 0;
  try {
    await consumer.subscribe([topic]);
    for await (const { offset, value } of consumer) {
      cents += value.cents;
      if (offset === count - 1) consumer.stop();
    }
    return { cents };
  } catch (error) {
    if (error instanceof KafkaError) return { cents, error };
    throw error;
  } finally {
    await consumer.close();
  }
}
