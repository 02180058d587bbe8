import type { Logger } from '../../runtime/logger.ts';
import type { DeadLetters } from './dead-letters.ts';
import { asError, backOffOf, isRetryable, type ErrorHandling, type UnreadRecord } from './error-handling.ts';

/** Waits; false when whoever waits should stop, at once or meanwhile. */
export type Wait = (ms: number) => Promise<boolean>;

/** What a container needs to deal with failures. */
export interface RecoveryOptions {
  readonly handling: ErrorHandling;
  readonly deadLetters: DeadLetters | undefined;
  readonly groupId: string;
  readonly logger: Logger;
  readonly random: () => number;
}

/** Before a record is tried from the start again, because it could not even be given up. */
const FAILED_RECOVERY_PAUSE_MS = 1000;

/** What becomes of records whose listener failed. */
export class Recovery {
  readonly #options: RecoveryOptions;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** An attempt failed: milliseconds until the next one, or undefined when there is none. */
  afterFailure(record: UnreadRecord, error: Error, attempt: number): number | undefined {
    const { handling, random, logger } = this.#options;
    this.#tell(record, error, attempt);
    const pauseMs = isRetryable(handling, error) ? backOffOf(handling)(attempt, random) : undefined;
    if (pauseMs !== undefined)
      logger.debug('a listener failed and is tried again', { ...placeOf(record), attempt, pauseMs });
    return pauseMs;
  }

  /** What only listens must not end the listener. */
  #tell(record: UnreadRecord, error: Error, attempt: number): void {
    try {
      this.#options.handling.onFailedAttempt?.(record, error, attempt);
    } catch (thrown) {
      this.#options.logger.error('onFailedAttempt failed', { ...placeOf(record), err: asError(thrown) });
    }
  }

  /** Gives a record up: to the caller's own function, to the dead letters, or to the log. False when it could not be, and the pause was waited for. */
  async giveUp(record: UnreadRecord, error: Error, wait: Wait): Promise<'given-up' | 'again' | 'interrupted'> {
    const { handling, deadLetters, groupId, logger } = this.#options;
    try {
      if (handling.recover !== undefined) {
        await handling.recover(record, error);
      } else if (deadLetters !== undefined) {
        await deadLetters.send(record, error, groupId);
        logger.warn('a record went to the dead letters', { ...placeOf(record), err: error });
      } else {
        logger.error('a record was given up', { ...placeOf(record), err: error });
      }
      return 'given-up';
    } catch (thrown) {
      logger.error('a record could not be given up: it is tried again', { ...placeOf(record), err: asError(thrown) });
      return (await wait(FAILED_RECOVERY_PAUSE_MS)) ? 'again' : 'interrupted';
    }
  }
}

function placeOf({ topic, partition, offset }: UnreadRecord): Record<string, unknown> {
  return { topic, partition, offset };
}
