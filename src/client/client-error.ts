import { E, isRetriable, type ErrorName, type ErrorSpec } from '../protocol/errors.ts';

/** What went wrong on this side of the wire; what a broker answers has the names of Kafka's error table. */
export const LOCAL_ERRORS = {
  CONNECTION_FAILED:
    'No connection could be made, or it broke before the answer came: what was asked may or may not have happened.',
  TIMED_OUT: 'No answer within the time allowed.',
  CLOSED: 'The client, or the thing that was waited for, was closed.',
  ABORTED: "The caller's AbortSignal fired.",
  BUFFER_FULL: 'More calls wait for room than may; wait for some of them.',
  INVALID_ARGUMENT: 'A setting or an argument that cannot be; the message names it and what is allowed.',
  INVALID_STATE: 'A call that the state does not allow, like a commit without a transaction.',
  UNSUPPORTED: 'The broker does not speak any version of what is needed.',
  AUTHENTICATION_FAILED:
    'Login was refused, the broker does not offer the mechanism, or one end does not trust the certificate of the other.',
  SECURITY_MISMATCH: 'One end speaks TLS and the other does not: the option `tls`, or the port, is wrong.',
  NO_OFFSET: "A consumer has nowhere to go on from: nothing committed, or gone, and `offsetReset` is 'none'.",
  LOG_TRUNCATED: 'Records that were read are not in the log any more: the leader lost them (KIP-320).',
  SERIALIZATION: 'A key or value could not be turned into bytes, or bytes into one.',
  MALFORMED: 'The broker sent what is no answer.',
} as const;

export type LocalErrorCode = keyof typeof LOCAL_ERRORS;

/** Those of them after which the same call may succeed later. */
export const LOCAL_RETRIABLE: ReadonlySet<string> = new Set<LocalErrorCode>([
  'CONNECTION_FAILED',
  'TIMED_OUT',
  'BUFFER_FULL',
]);

export type ClientErrorCode = ErrorName | LocalErrorCode;

/** Every failure of the client: `code` tells which, `retriable` whether the same call may succeed later. */
export class KafkaError extends Error {
  override name = 'KafkaError';
  readonly code: ClientErrorCode;
  readonly retriable: boolean;

  constructor(code: ClientErrorCode, message: string, options: ErrorOptions & { readonly retriable?: boolean } = {}) {
    super(message, options);
    this.code = code;
    this.retriable = options.retriable ?? LOCAL_RETRIABLE.has(code);
  }
}

/** No connection, or a broken one. Retriable. */
export class ConnectionError extends KafkaError {
  override name = 'ConnectionError';

  constructor(message: string, options: ErrorOptions = {}) {
    super('CONNECTION_FAILED', message, options);
  }
}

/** No answer, or no success, within the time allowed. Retriable. */
export class TimeoutError extends KafkaError {
  override name = 'TimeoutError';
  /** What was tried until time was up; undefined when one answer did not come. */
  readonly about: string | undefined;

  constructor(message: string, options: ErrorOptions & { readonly about?: string } = {}) {
    super('TIMED_OUT', message, options);
    this.about = options.about;
  }
}

/** A broker answered with an error of Kafka's table. */
export class BrokerError extends KafkaError {
  override name = 'BrokerError';
  readonly spec: ErrorSpec;
  /** What the broker said, or else the text of Kafka's table; without what was asked. */
  readonly text: string;

  /**
   * @param about what was asked; stands before the text.
   * @param told the broker's own words, in place of the text of Kafka's table.
   */
  constructor(spec: ErrorSpec, about: string, told?: string | null) {
    super(spec.name, `${about}: ${spec.name}. ${(told ?? '') === '' ? spec.text : told}`, {
      retriable: isRetriable(spec),
    });
    this.spec = spec;
    this.text = told ?? spec.text;
  }
}

/**
 * Somebody else took this one's place: a producer with the same transactional id, a member with the same instance id, or the
 * group went on without this member. Not retriable; make a new client.
 */
export class FencedError extends BrokerError {
  override name = 'FencedError';
}

const FENCED: ReadonlySet<ErrorSpec> = new Set([E.PRODUCER_FENCED, E.INVALID_PRODUCER_EPOCH, E.FENCED_INSTANCE_ID]);

/** The error for what a broker answered; `about` says what was asked, `told` what the broker said besides. */
export function brokerError(spec: ErrorSpec, about: string, told?: string | null): BrokerError {
  return FENCED.has(spec) ? new FencedError(spec, about, told) : new BrokerError(spec, about, told);
}

/** Any thrown thing as a {@link KafkaError}. */
export function asKafkaError(error: unknown, about: string): KafkaError {
  if (error instanceof KafkaError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new KafkaError('UNKNOWN_SERVER_ERROR', `${about}: ${text}`, { cause: error });
}
