import type { HandedOut } from './assigned-partitions.ts';
import type { ConsumerBatch } from './consumer-batch.ts';
import type { ConsumerRecord } from './consumer-record.ts';
import type { Delivery } from './delivery.ts';
import type { StreamOwner } from './record-stream.ts';

interface Common {
  /** How many partitions are worked on side by side; 1. */
  readonly concurrency?: number;
}

/** For a handler of batches that works on one record after the other. */
export interface BatchControl {
  /** False as soon as the rest is not wanted any more: the partition is paused or goes away, or the consumer stops. */
  readonly isWanted: boolean;
  /** All up to and with this record is processed; a sign of life as well, within `maxPollIntervalMs`. */
  processed(record: Pick<ConsumerRecord<unknown, unknown>, 'offset' | 'leaderEpoch'>): void;
  /** The handler returns early: what follows the last processed record comes again. Without it a batch counts as processed. */
  leaveRest(): void;
}

/** Either handler; what it returns is awaited before the next record or batch of that partition. */
export type RunOptions<K, V> = Common &
  (
    | { readonly eachRecord: (record: ConsumerRecord<K, V>) => Promise<void> | void }
    | { readonly eachBatch: (batch: ConsumerBatch<K, V>, control: BatchControl) => Promise<void> | void }
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
    const control = new HandedBatch(delivery, handed);
    await options.eachBatch(handed.batch, control);
    if (control.isLeft) return;
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

class HandedBatch<K, V> implements BatchControl {
  readonly #delivery: Delivery<K, V>;
  readonly #handed: HandedOut<K, V>;
  isLeft = false;

  constructor(delivery: Delivery<K, V>, handed: HandedOut<K, V>) {
    this.#delivery = delivery;
    this.#handed = handed;
  }

  get isWanted(): boolean {
    return this.#delivery.isLive(this.#handed);
  }

  processed({ offset, leaderEpoch }: Pick<ConsumerRecord<K, V>, 'offset' | 'leaderEpoch'>): void {
    this.#delivery.processed(this.#handed, { offset: offset + 1, leaderEpoch });
  }

  leaveRest(): void {
    this.isLeft = true;
  }
}
