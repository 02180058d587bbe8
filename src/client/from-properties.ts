import { nearestNames } from '../config/nearest.ts';
import { readBytes } from '../runtime/read-bytes.ts';
import { KafkaError } from './client-error.ts';
import type { KafkaOptions } from './kafka.ts';
import type {
  AssignorName,
  CommitMode,
  ConsumerOptions,
  GroupProtocol,
  OffsetReset,
} from './consumer/consumer-options.ts';
import type { Compression, ProducerOptions } from './producer/producer-options.ts';
import { SECURITY_PROPERTIES, securityFrom } from './security-properties.ts';

/** Options as {@link fromProperties} gives them: for `new Kafka`, `kafka.producer` and `kafka.consumer`. */
export interface OptionsFromProperties {
  readonly kafka: KafkaOptions;
  readonly producer: ProducerOptions<Uint8Array | null, Uint8Array | null>;
  readonly consumer: ConsumerOptions<Uint8Array | null, Uint8Array | null>;
}

type Value = string | number | boolean;
type Part = keyof OptionsFromProperties;
/** Where a key goes, and how its text is read. Throws with what is allowed. */
interface Target {
  readonly part: Part;
  readonly option: string;
  readonly read: (text: string) => unknown;
}

const ASSIGNORS: Readonly<Record<string, AssignorName>> = {
  range: 'range',
  rangeassignor: 'range',
  roundrobin: 'roundrobin',
  roundrobinassignor: 'roundrobin',
  sticky: 'sticky',
  stickyassignor: 'sticky',
  'cooperative-sticky': 'cooperative-sticky',
  cooperativestickyassignor: 'cooperative-sticky',
};
const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const RESETS: Readonly<Record<string, OffsetReset>> = {
  earliest: 'earliest',
  smallest: 'earliest',
  beginning: 'earliest',
  latest: 'latest',
  largest: 'latest',
  end: 'latest',
  none: 'none',
  error: 'none',
};
const MS_OF: Readonly<Record<string, number>> = { D: 86_400_000, H: 3_600_000, M: 60_000, S: 1000 };

const kafka = (option: keyof KafkaOptions, read: Target['read']): Target => ({ part: 'kafka', option, read });
const producer = (option: keyof OptionsFromProperties['producer'], read: Target['read']): Target => ({
  part: 'producer',
  option,
  read,
});
const consumer = (option: keyof OptionsFromProperties['consumer'], read: Target['read']): Target => ({
  part: 'consumer',
  option,
  read,
});

/** Keys of Java's clients and of librdkafka. */
const TARGETS: Readonly<Record<string, Target>> = {
  'bootstrap.servers': kafka('bootstrapServers', text),
  'metadata.broker.list': kafka('bootstrapServers', text),
  'client.id': kafka('clientId', text),
  'request.timeout.ms': kafka('requestTimeoutMs', whole),
  'socket.timeout.ms': kafka('requestTimeoutMs', whole),
  'default.api.timeout.ms': kafka('apiTimeoutMs', whole),
  'socket.connection.setup.timeout.ms': kafka('connectTimeoutMs', whole),
  'retry.backoff.ms': kafka('retryBackoffMs', whole),
  'retry.backoff.max.ms': kafka('retryBackoffMaxMs', whole),
  'metadata.max.age.ms': kafka('metadataMaxAgeMs', whole),
  'metadata.max.idle.ms': kafka('metadataMaxIdleMs', whole),
  'connections.max.idle.ms': kafka('connectionsMaxIdleMs', whole),
  acks: producer('acks', acks),
  'request.required.acks': producer('acks', acks),
  'compression.type': producer('compression', oneOf(COMPRESSIONS)),
  'compression.codec': producer('compression', oneOf(COMPRESSIONS)),
  'batch.size': producer('batchSize', whole),
  'linger.ms': producer('lingerMs', real),
  'queue.buffering.max.ms': producer('lingerMs', real),
  'enable.idempotence': producer('idempotence', bool),
  'max.in.flight.requests.per.connection': producer('maxInFlight', whole),
  'max.in.flight': producer('maxInFlight', whole),
  retries: producer('retries', whole),
  'message.send.max.retries': producer('retries', whole),
  'delivery.timeout.ms': producer('deliveryTimeoutMs', whole),
  'message.timeout.ms': producer('deliveryTimeoutMs', whole),
  'buffer.memory': producer('bufferBytes', whole),
  'max.block.ms': producer('maxBlockMs', whole),
  'max.request.size': producer('requestBytesMax', whole),
  'message.max.bytes': producer('requestBytesMax', whole),
  'transactional.id': producer('transactionalId', text),
  'transaction.timeout.ms': producer('transactionTimeoutMs', whole),
  'group.id': consumer('groupId', text),
  'group.instance.id': consumer('groupInstanceId', text),
  'group.protocol': consumer('groupProtocol', oneOf<GroupProtocol>(['classic', 'consumer'])),
  'group.remote.assignor': consumer('serverAssignor', text),
  'partition.assignment.strategy': consumer('assignors', assignors),
  'client.rack': consumer('rackId', text),
  'auto.offset.reset': consumer('offsetReset', reset),
  'isolation.level': consumer('isolation', oneOf(['read_uncommitted', 'read_committed'])),
  'enable.auto.commit': consumer('commitMode', commits),
  'auto.commit.interval.ms': consumer('autoCommitIntervalMs', whole),
  'session.timeout.ms': consumer('sessionTimeoutMs', whole),
  'heartbeat.interval.ms': consumer('heartbeatIntervalMs', whole),
  'max.poll.interval.ms': consumer('maxPollIntervalMs', whole),
  'fetch.min.bytes': consumer('fetchMinBytes', whole),
  'fetch.max.wait.ms': consumer('fetchMaxWaitMs', whole),
  'fetch.wait.max.ms': consumer('fetchMaxWaitMs', whole),
  'fetch.max.bytes': consumer('fetchMaxBytes', whole),
  'max.partition.fetch.bytes': consumer('partitionMaxBytes', whole),
  'fetch.message.max.bytes': consumer('partitionMaxBytes', whole),
  'allow.auto.create.topics': consumer('allowAutoCreateTopics', bool),
};

/** How {@link fromProperties} reads. */
export interface PropertiesReading {
  /** Names that are not known are passed over, as Java's clients do; refused when left out. */
  readonly isUnknownSkipped?: boolean;
  /** Settings of the other parts are passed over. */
  readonly only?: Part;
  /** Reads the files that settings name: certificates, keys, tokens. Node's file system when left out. */
  readonly readFile?: (path: string) => Uint8Array;
}

/**
 * Options out of settings with the dotted names of Java's clients and of librdkafka, TLS and logins included (keys and certificates
 * as PEM). Throws INVALID_ARGUMENT for a name that is not known, with the nearest that is, and for a value that cannot be read.
 * `enable.auto.commit` stands for commits after processing: no record is committed that was
 * not handed out.
 */
export function fromProperties(
  properties: Readonly<Record<string, Value>>,
  { isUnknownSkipped = false, only, readFile = readBytes }: PropertiesReading = {},
): OptionsFromProperties {
  const parts: Record<Part, Record<string, unknown>> = { kafka: {}, producer: {}, consumer: {} };
  const security = new Map<string, string>();
  for (const [key, value] of Object.entries(properties)) {
    const target = Object.hasOwn(TARGETS, key) ? TARGETS[key] : undefined;
    const isSecurity = SECURITY_PROPERTIES.has(key);
    if (isSecurity) security.set(key, String(value).trim());
    if (target === undefined) {
      if (isSecurity || isUnknownSkipped) continue;
      throw unknown(key);
    }
    if (only !== undefined && target.part !== only) continue;
    const read = target.read(String(value).trim());
    if (read instanceof Refusal) throw new KafkaError('INVALID_ARGUMENT', `${key} is "${value}"; ${read.allowed}`);
    parts[target.part][target.option] = read;
  }
  if (parts.kafka['bootstrapServers'] === undefined) {
    throw new KafkaError('INVALID_ARGUMENT', 'bootstrap.servers is missing');
  }
  Object.assign(parts.kafka, securityFrom(security, readFile));
  return parts as unknown as OptionsFromProperties;
}

/** What a text should have been. */
class Refusal {
  readonly allowed: string;

  constructor(allowed: string) {
    this.allowed = allowed;
  }
}

function unknown(key: string): KafkaError {
  const near = nearestNames(key, [...Object.keys(TARGETS), ...SECURITY_PROPERTIES]);
  const hint = near.length === 0 ? 'no known setting has a similar name' : `did you mean ${near.join(', ')}?`;
  return new KafkaError('INVALID_ARGUMENT', `${key} is not known: ${hint}`);
}

function text(value: string): string {
  return value;
}

function whole(value: string): number | Refusal {
  return /^\d+$/.test(value) ? Number(value) : new Refusal('a whole number from 0 is needed');
}

function real(value: string): number | Refusal {
  return /^\d+(\.\d+)?$/.test(value) ? Number(value) : new Refusal('a number from 0 is needed');
}

function bool(value: string): boolean | Refusal {
  const word = value.toLowerCase();
  return word === 'true' || word === 'false' ? word === 'true' : new Refusal('true or false is needed');
}

function commits(value: string): CommitMode | Refusal {
  const isAuto = bool(value);
  if (isAuto instanceof Refusal) return isAuto;
  return isAuto ? 'after-processing' : 'manual';
}

function oneOf<T extends string>(allowed: readonly T[]): (value: string) => T | Refusal {
  return (value) =>
    allowed.find((each) => each === value.toLowerCase()) ?? new Refusal(`there are ${allowed.join(', ')}`);
}

function acks(value: string): 'all' | 1 | 0 | Refusal {
  if (value === 'all' || value === '-1') return 'all';
  if (value === '0' || value === '1') return value === '0' ? 0 : 1;
  return new Refusal('all, -1, 1 or 0 is needed');
}

/** Names as librdkafka writes them, or Java's classes. */
function assignors(value: string): AssignorName[] | Refusal {
  const found = value.split(',').map((name) => ASSIGNORS[name.trim().toLowerCase().split('.').at(-1) ?? '']);
  const known = found.filter((name) => name !== undefined);
  return known.length === found.length ? known : new Refusal('there are range, roundrobin, sticky, cooperative-sticky');
}

/** A place, or `by_duration:PnDTnHnMnS` (KIP-1106). */
function reset(value: string): OffsetReset | Refusal {
  const place = RESETS[value.toLowerCase()];
  if (place !== undefined) return place;
  const found = /^by_duration:P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i.exec(value);
  if (found === null) return new Refusal('earliest, latest, none or by_duration: with an ISO 8601 duration is needed');
  const durationMs = ['D', 'H', 'M', 'S'].reduce(
    (sum, unit, index) => sum + Number(found[index + 1] ?? 0) * (MS_OF[unit] ?? 0),
    0,
  );
  return { durationMs };
}
