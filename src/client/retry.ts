import { KafkaError, TimeoutError, asKafkaError } from './client-error.ts';
import type { ClientContext } from './client-context.ts';
import type { ClientRuntime } from './client-runtime.ts';
import type { ClientSettings } from './client-options.ts';
import { events } from './observe/events.ts';

const JITTER = 0.2;
/** More doublings than any backoff maximum can need; keeps the power finite. */
const DOUBLINGS_MAX = 30;

/** The pause before the retry with this number, the first being 0 (KIP-580). */
export function backoffMs(
  { retryBackoffMs, retryBackoffMaxMs }: Pick<ClientSettings, 'retryBackoffMs' | 'retryBackoffMaxMs'>,
  attempt: number,
  random: number,
): number {
  const full = Math.min(retryBackoffMaxMs, retryBackoffMs * 2 ** Math.min(attempt, DOUBLINGS_MAX));
  return full * (1 - JITTER + 2 * JITTER * random);
}

/** Lets time pass; rejects with ABORTED when the signal fires first. */
export async function pause(
  { timers }: Pick<ClientRuntime, 'timers'>,
  ms: number,
  signal?: AbortSignal,
): Promise<void> {
  await new Promise<void>((done, fail) => {
    const aborted = (): void => {
      timer.cancel();
      fail(new KafkaError('ABORTED', 'aborted by its signal', { cause: signal?.reason }));
    };
    const timer = timers.set(ms, () => {
      signal?.removeEventListener('abort', aborted);
      done();
    });
    if (signal?.aborted === true) aborted();
    else signal?.addEventListener('abort', aborted, { once: true });
  });
}

export interface RetryOptions {
  /** What is done, for the error that tells of the timeout. */
  readonly about: string;
  /** Counted from the call. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Runs before each retry: the place to forget what was wrong, like a leader. */
  readonly beforeRetry?: (error: KafkaError) => void;
  /** Which errors are worth another try; those that are `retriable` when left out. */
  readonly isRetried?: (error: KafkaError) => boolean;
}

/**
 * Does something until it succeeds, fails for good, or time is up; then {@link TimeoutError} with the last failure as its
 * cause. Only what is `retriable`, or what `isRetried` names, is tried again.
 */
export async function retried<T>(
  { runtime, settings, counters }: ClientContext,
  options: RetryOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  const { about, timeoutMs, signal } = options;
  const deadlineMs = runtime.clock.monotonicMs() + timeoutMs;
  for (let retries = 0; ; retries++) {
    try {
      return await attempt();
    } catch (thrown) {
      const error = asKafkaError(thrown, about);
      if (!(options.isRetried?.(error) ?? error.retriable)) throw error;
      const waitMs = backoffMs(settings, retries, runtime.random.next());
      if (runtime.clock.monotonicMs() + waitMs >= deadlineMs) {
        throw new TimeoutError(`${about}: no success within ${timeoutMs} ms; last: ${error.message}`, {
          cause: error,
          about,
        });
      }
      counters.retries++;
      if (events.retry.isHeard) {
        events.retry.publish({ clientId: settings.clientId, about, attempt: retries + 1, waitMs, error });
      }
      options.beforeRetry?.(error);
      await pause(runtime, waitMs, signal);
    }
  }
}
