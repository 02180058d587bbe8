import assert from 'node:assert/strict';
import { json, string, type ConsumerRecord } from 'posthorn/client';
import { readAll, type Stage } from '../story.ts';

const ACCOUNTS = 20;
const LIFE = ['opened', 'paid in', 'closed'] as const;

interface AccountEvent {
  readonly account: string;
  readonly what: (typeof LIFE)[number];
}

/**
 * Mistake 1: a key that breaks order. Kafka keeps the order within a partition, and only there; the key chooses the partition. Three consumers
 * never keep in step, so what lies in different partitions is processed in any order.
 */
export async function keys(stage: Stage): Promise<void> {
  await stage.freshTopics({ 'accounts-wrong': 3, 'accounts-right': 3 });

  // Wrong: each event has an id, and that is taken for the key. The events of one account are all over the topic.
  await write(stage, 'accounts-wrong', ({ account, what }) => `${account}/${what}`);
  const wrong = outOfOrder(await read(stage, 'accounts-wrong'));
  assert(wrong.size > 0);
  console.log(`keys, wrong: the id of the event; ${wrong.size} of ${ACCOUNTS} accounts were processed out of order`);

  // Right: the key is what has to stay in order, the account.
  await write(stage, 'accounts-right', ({ account }) => account);
  const right = outOfOrder(await read(stage, 'accounts-right'));
  assert.equal(right.size, 0);
  console.log('keys, right: the id of the account; all in order, however the consumers are in step');
}

async function write({ kafka }: Stage, topic: string, keyOf: (event: AccountEvent) => string): Promise<void> {
  const producer = kafka.producer({ keySerializer: string, valueSerializer: json<AccountEvent>() });
  for (const what of LIFE) {
    for (let index = 0; index < ACCOUNTS; index++) {
      const event = { account: `account-${index}`, what };
      await producer.send({ topic, key: keyOf(event), value: event });
    }
  }
  await producer.close();
}

/** What happens when the consumer of the last partition is the quickest and that of the first the slowest. */
async function read({ kafka }: Stage, topic: string): Promise<ConsumerRecord<unknown, AccountEvent | null>[]> {
  const records = await readAll(kafka, topic, { valueDeserializer: json<AccountEvent>() });
  return records.toSorted((a, b) => b.partition - a.partition || a.offset - b.offset);
}

/** Accounts of which something was processed before what came before it. */
function outOfOrder(records: readonly ConsumerRecord<unknown, AccountEvent | null>[]): Set<string> {
  const next = new Map<string, number>();
  const wrong = new Set<string>();
  for (const { value } of records) {
    if (value === null) continue;
    const expected = next.get(value.account) ?? 0;
    if (LIFE[expected] !== value.what) wrong.add(value.account);
    next.set(value.account, expected + 1);
  }
  return wrong;
}
