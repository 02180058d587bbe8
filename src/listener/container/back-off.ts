/**
 * How long to wait after an attempt failed before the next one: the number of the attempt that failed, from 1, to milliseconds; undefined
 * when that was enough. `random` is between 0 and 1.
 */
export type BackOff = (failedAttempt: number, random: () => number) => number | undefined;

/** The same pause each time: Spring's FixedBackOff. `maxRetries` attempts follow the first one. */
export function fixedBackOff(intervalMs: number, maxRetries: number): BackOff {
  check({ intervalMs, maxRetries });
  return (failedAttempt) => (failedAttempt > maxRetries ? undefined : intervalMs);
}

export interface ExponentialOptions {
  /** Before the second attempt; 2000. */
  readonly initialMs?: number;
  /** Each pause is so many times the one before; 1.5. */
  readonly multiplier?: number;
  /** No pause is longer, jitter apart; 30,000. */
  readonly maxMs?: number;
  /** Up to so much is added to or taken from each pause at random; 0. */
  readonly jitterMs?: number;
}

/** Pauses that grow: Spring's ExponentialBackOffWithMaxRetries. `maxRetries` attempts follow the first one. */
export function exponentialBackOff(maxRetries: number, options: ExponentialOptions = {}): BackOff {
  const { initialMs = 2000, multiplier = 1.5, maxMs = 30_000, jitterMs = 0 } = options;
  check({ maxRetries, initialMs, multiplier, maxMs, jitterMs });
  return (failedAttempt, random) => {
    if (failedAttempt > maxRetries) return undefined;
    const pauseMs = Math.min(maxMs, initialMs * multiplier ** (failedAttempt - 1));
    return Math.max(0, Math.round(pauseMs + jitterMs * (2 * random() - 1)));
  };
}

function check(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!(value >= 0)) throw new RangeError(`${name} is ${value}; it has to be 0 or more`);
  }
}
