import type { HandedOut } from './assigned-partitions.ts';
import type { ConsumerBatch } from './consumer-batch.ts';
import type { ConsumerRecord } from './consumer-record.ts';
import type { Delivery } from './delivery.ts';
import type { StreamOwner } from './record-stream.ts';

interface Common {
  /** How many partitions are worked on side by side; 1. */
  readonly concurrency?: number;
}

/** Either handler; what it returns is awaited before the next record or batch of that partition. */
export type RunOptions<K, V> = Common &
  (
    | { readonly eachRecord: (record: ConsumerRecord<K, V>) => Promise<void> | void }
    | { readonly eachBatch: (batch: ConsumerBatch<K, V>) => Promise<void> | void }
  );

/** Workers that take batches of whichever partition has one, until the delivery stops or a handler throws. */
export async function runHandlers<K, V>(
  delivery: Delivery<K, V>,
  owner: StreamOwner<K, V>,
  options: RunOptions<K, V>,
): Promise<void> {
  const work = async (): Promise<void> => {
    for (let handed = await delivery.next(); handed !== undefined; handed = await delivery.next()) {
      try {
        await owner.beforeHandOut(handed);
        await handle(delivery, owner, handed, options);
      } finally {
        delivery.finished(handed);
      }
      await owner.afterProcessing();
    }
  };
  const workers = Array.from({ length: Math.max(1, options.concurrency ?? 1) }, async () => {
    try {
      await work();
    } catch (error) {
      // The others finish what they have.
      delivery.stop();
      throw error;
    }
  });
  const outcomes = await Promise.allSettled(workers);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function handle<K, V>(
  delivery: Delivery<K, V>,
  owner: StreamOwner<K, V>,
  handed: HandedOut<K, V>,
  options: RunOptions<K, V>,
): Promise<void> {
  const { nextOffset: offset, leaderEpoch } = handed.batch;
  if ('eachBatch' in options) {
    await options.eachBatch(handed.batch);
  } else {
    for (const record of handed.batch) {
      if (!delivery.isLive(handed)) return;
      await options.eachRecord(record);
      delivery.processed(handed, { offset: record.offset + 1, leaderEpoch: record.leaderEpoch });
      await owner.afterProcessing();
    }
  }
  delivery.processed(handed, { offset, leaderEpoch });
}
