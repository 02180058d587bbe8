import { KafkaError, type ConsumerRecord } from '../../client/index.ts';
import type { RetrySettings } from '../config/kafka-settings.ts';
import { exponentialBackOff, fixedBackOff, type BackOff } from './back-off.ts';

/** A class of errors; what extends it counts as well. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** A record whose key or value could not be read: its parts are the bytes that came. */
export type UnreadRecord = ConsumerRecord<Uint8Array | null, Uint8Array | null>;

/** Where dead letters go. */
export interface DeadLetterOptions {
  /** Follows the topic's name; `-dlt`, as in Spring. */
  readonly suffix?: string;
  /** The topic for a record that failed, in place of name and suffix. */
  readonly topic?: (record: UnreadRecord, error: Error) => string;
}

/**
 * What happens when a listener throws, or a record cannot be read. What a listener leaves out is as for all, then as
 * `spring.kafka.retry.topic` says, then as in Spring's DefaultErrorHandler.
 */
export interface ErrorHandling {
  /** Pauses between attempts; none, nine times. */
  readonly backOff?: BackOff;
  /** Not tried again, themselves or as a cause; records that cannot be read never are. */
  readonly notRetryable?: readonly ErrorClass[];
  /** Only these are tried again; all when left out. */
  readonly retryable?: readonly ErrorClass[];
  /** What is given up goes to a topic of its own; otherwise it is logged and passed over. */
  readonly deadLetters?: boolean | DeadLetterOptions;
  /** Called in place of both with what is given up; when it throws, the record is tried again from the start. */
  readonly recover?: (record: UnreadRecord, error: Error) => Promise<void> | void;
  /** Told of each attempt that failed, from 1. */
  readonly onFailedAttempt?: (record: UnreadRecord, error: Error, attempt: number) => void;
}

const RETRIES = 9;

export function backOffOf(handling: ErrorHandling): BackOff {
  return handling.backOff ?? fixedBackOff(0, RETRIES);
}

/** `spring.kafka.retry.topic`, as error handling: attempts in place, and then the dead letter topic. */
export function errorHandlingOf(retry: RetrySettings | undefined): ErrorHandling {
  if (retry === undefined) return {};
  const { attempts, delayMs: initialMs, multiplier, maxDelayMs, jitterMs } = retry;
  // A multiplier of 1, the default, is a fixed pause: the longest pause bounds growing ones only.
  const maxMs = multiplier > 1 ? maxDelayMs : initialMs;
  return {
    backOff: exponentialBackOff(attempts - 1, { initialMs, multiplier: Math.max(1, multiplier), maxMs, jitterMs }),
    deadLetters: true,
  };
}

/** Whether another attempt may end differently. An error's causes count as itself. */
export function isRetryable({ notRetryable = [], retryable }: ErrorHandling, error: Error): boolean {
  const chain = causes(error);
  const isOneOf = (classes: readonly ErrorClass[]): boolean =>
    chain.some((each) => classes.some((type) => each instanceof type));
  if (chain.some((each) => each instanceof KafkaError && each.code === 'SERIALIZATION')) return false;
  return !isOneOf(notRetryable) && (retryable === undefined || isOneOf(retryable));
}

const CAUSES_MAX = 16;

function causes(error: Error): Error[] {
  const chain: Error[] = [];
  for (let each: unknown = error; each instanceof Error && chain.length < CAUSES_MAX; each = each.cause)
    chain.push(each);
  return chain;
}

/** Any thrown thing as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
