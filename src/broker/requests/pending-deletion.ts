import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { Timer } from '../../runtime/clock.ts';
import type { AppendWaiter } from '../replicas/append-waiters.ts';
import type { Partition } from '../replicas/partition.ts';
import type { BrokerServices } from '../services.ts';

/** What is answered for one partition: below `lowWatermark` no replica has records. */
export interface Deletion {
  readonly error: ErrorSpec;
  readonly lowWatermark: number;
}

/**
 * The records of one partition below an offset on their way out: the leader has let go of them, and the answer waits until
 * the other replicas have too, lest one of them show them again as the next leader (DelayedDeleteRecords). Those that are
 * away hear of it before they are in sync again, and are not awaited. Resolves once.
 */
export function whenDeletedEverywhere(
  partition: Partition,
  { offset, timeoutMs }: { offset: number; timeoutMs: number },
  { timers, turn }: Pick<BrokerServices, 'timers' | 'turn'>,
): Promise<Deletion> {
  return new Promise((resolve) => {
    let timer: Timer | undefined;
    const before = partition.lowWatermark;
    const waiter: AppendWaiter = {
      appended: (error) => {
        timer?.cancel();
        resolve({ error, lowWatermark: error === E.NONE ? partition.lowWatermark : NO_LOW_WATERMARK });
      },
    };
    timer = timers.set(Math.max(0, timeoutMs), () =>
      turn.run(() => {
        partition.forget(waiter);
        resolve({ error: E.REQUEST_TIMED_OUT, lowWatermark: before });
      }),
    );
    partition.whenDeleted(offset, waiter);
  });
}

export const NO_LOW_WATERMARK = -1;
