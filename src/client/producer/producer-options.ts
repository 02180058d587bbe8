import { Codec } from '../../records/batch.ts';
import { KafkaError } from '../client-error.ts';
import { bytes, type Serializer } from '../serializers.ts';
import type { Partitioner } from './partitioner.ts';

export type Compression = keyof typeof Codec;

/** How a producer batches, sends and repeats. Names and defaults are those of Kafka's producer where it has them. */
export interface ProducerOptions<K, V> {
  /** Bytes as they are, when left out. */
  readonly keySerializer?: Serializer<K>;
  /** Bytes as they are, when left out. */
  readonly valueSerializer?: Serializer<V>;
  /** Who has to have a record before its promise is kept: all in-sync replicas (default), the leader, or nobody. */
  readonly acks?: 'all' | 1 | 0;
  /** 'none' when left out. */
  readonly compression?: Compression;
  /**
   * Bytes of records that a batch takes before compression; 65,536. Four times as many as with Kafka's own producer, since each
   * batch costs as much as a hundred small records; one that is not full goes after `lingerMs` all the same.
   */
  readonly batchSize?: number;
  /** How long a batch that is not full waits for more; 5. */
  readonly lingerMs?: number;
  /** Which partition a record goes to that names none; 'default': by key as Kafka's clients, without key a batch at a time. */
  readonly partitioner?: Partitioner;
  /** Whether repetitions are written once and in order; on, unless acks or maxInFlight forbid it. */
  readonly idempotence?: boolean;
  /** Produce requests to one broker without an answer; 5. */
  readonly maxInFlight?: number;
  /** How often a batch is sent again; as often as its time allows when left out. 0 turns idempotence off, as in Java. */
  readonly retries?: number;
  /** From `send` to success or failure, repetitions included; 120,000. */
  readonly deliveryTimeoutMs?: number;
  /** Bytes of records that wait or are on their way; 33,554,432. More wait in line. */
  readonly bufferBytes?: number;
  /** How long `send` waits for metadata or room, and a call about a transaction for its answer; 60,000. */
  readonly maxBlockMs?: number;
  /** The largest request, and with it the largest record; 1,048,576. */
  readonly requestBytesMax?: number;
  /** Makes transactions possible; one producer at a time may have an id. */
  readonly transactionalId?: string;
  /** Records carry the span that is active at `send` in W3C headers, where `@opentelemetry/api` is installed; true. */
  readonly traceHeaders?: boolean;
  /** The coordinator aborts a transaction that is open for longer; 60,000. */
  readonly transactionTimeoutMs?: number;
}

/** {@link ProducerOptions} with every default filled in, serializers and partitioner apart. */
export interface ProducerSettings {
  /** As on the wire: -1 is all. */
  readonly acks: number;
  readonly codec: Codec;
  readonly batchSize: number;
  readonly lingerMs: number;
  readonly isIdempotent: boolean;
  readonly maxInFlight: number;
  readonly retries: number;
  readonly deliveryTimeoutMs: number;
  readonly bufferBytes: number;
  readonly maxBlockMs: number;
  readonly requestBytesMax: number;
  readonly transactionalId: string | null;
  readonly transactionTimeoutMs: number;
  readonly tracesHeaders: boolean;
}

const ACKS_ALL = -1;
/** A leader remembers as many batches of each producer. */
const IN_FLIGHT_IDEMPOTENT_MAX = 5;

/** Checks what a caller gave and fills in the rest. Throws INVALID_ARGUMENT. */
export function producerSettings<K, V>(options: ProducerOptions<K, V>): ProducerSettings {
  const acks = options.acks ?? 'all';
  const maxInFlight = options.maxInFlight ?? IN_FLIGHT_IDEMPOTENT_MAX;
  const retries = options.retries ?? Number.POSITIVE_INFINITY;
  const mayBeIdempotent = acks === 'all' && maxInFlight <= IN_FLIGHT_IDEMPOTENT_MAX && retries !== 0;
  const settings: ProducerSettings = {
    acks: acks === 'all' ? ACKS_ALL : acks,
    codec: codecOf(options.compression ?? 'none'),
    batchSize: options.batchSize ?? 65_536,
    lingerMs: options.lingerMs ?? 5,
    isIdempotent: options.idempotence ?? (mayBeIdempotent || options.transactionalId !== undefined),
    maxInFlight,
    retries,
    deliveryTimeoutMs: options.deliveryTimeoutMs ?? 120_000,
    bufferBytes: options.bufferBytes ?? 32 * 1024 * 1024,
    maxBlockMs: options.maxBlockMs ?? 60_000,
    requestBytesMax: options.requestBytesMax ?? 1024 * 1024,
    transactionalId: options.transactionalId ?? null,
    transactionTimeoutMs: options.transactionTimeoutMs ?? 60_000,
    tracesHeaders: options.traceHeaders ?? true,
  };
  check(options, settings, mayBeIdempotent);
  return settings;
}

/** Bytes as they are: what stands for a serializer that was not given. */
export function serializerOr<T>(given: Serializer<T> | undefined): Serializer<T> {
  return given ?? (bytes as Serializer<unknown>);
}

function check<K, V>(options: ProducerOptions<K, V>, settings: ProducerSettings, mayBeIdempotent: boolean): void {
  if (![ACKS_ALL, 0, 1].includes(settings.acks)) throw invalid(`acks is ${settings.acks}; 'all', 1 or 0 is needed`);
  for (const name of ['batchSize', 'maxInFlight', 'bufferBytes', 'requestBytesMax', 'transactionTimeoutMs'] as const) {
    if (!(settings[name] >= 1)) throw invalid(`${name} is ${settings[name]}; it has to be 1 or more`);
  }
  if (!(settings.retries >= 0)) throw invalid(`retries is ${settings.retries}; it has to be 0 or more`);
  for (const name of ['lingerMs', 'deliveryTimeoutMs', 'maxBlockMs'] as const) {
    if (!(settings[name] >= 0)) throw invalid(`${name} is ${settings[name]}; it has to be 0 or more milliseconds`);
  }
  if (settings.isIdempotent && !mayBeIdempotent) {
    throw invalid(
      `idempotence and transactions need acks 'all', maxInFlight of at most ${IN_FLIGHT_IDEMPOTENT_MAX}, and retries`,
    );
  }
  if (settings.transactionalId !== null && !settings.isIdempotent) throw invalid('transactions need idempotence');
  if (options.transactionalId === '') throw invalid('transactionalId is empty');
}

function codecOf(compression: Compression): Codec {
  const codec = Object.hasOwn(Codec, compression) ? Codec[compression] : undefined;
  if (codec !== undefined) return codec;
  throw invalid(`compression is "${compression}"; one of ${Object.keys(Codec).join(', ')} is needed`);
}

function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_ARGUMENT', message);
}
