import type { Deserializer } from '../serializers.ts';
import { KafkaError } from '../client-error.ts';
import type { TopicPartition } from './topic-partition.ts';

/** Where to go on when nothing was committed or the offset is gone: an end of the log, nowhere (an error), or so far back in time. */
export type OffsetReset = 'earliest' | 'latest' | 'none' | { readonly durationMs: number };

/**
 * When offsets are committed. `after-processing`: what was handed out counts once the next is asked for, or its handler has returned
 * (at least once). `before-processing`: before it is handed out (at most once). `manual`: by `commit()` alone.
 */
export type CommitMode = 'after-processing' | 'before-processing' | 'manual';

/** `auto`: KIP-848 where the broker offers it, else classic. */
export type GroupProtocol = 'auto' | 'classic' | 'consumer';

/** Names of the classic assignors, as they travel. */
export type AssignorName = 'range' | 'roundrobin' | 'sticky' | 'cooperative-sticky';

/**
 * Called when partitions come and go. What a handler returns is awaited: before `revoked` has settled nobody else gets them, so it
 * may finish work and commit. `lost` ones belong to others already. All are bounded by `maxPollIntervalMs`.
 */
export interface RebalanceHandlers {
  assigned?(partitions: readonly TopicPartition[]): Promise<void> | void;
  revoked?(partitions: readonly TopicPartition[]): Promise<void> | void;
  lost?(partitions: readonly TopicPartition[]): Promise<void> | void;
}

/** Times in milliseconds, sizes in bytes. Kafka's defaults unless said otherwise. */
export interface ConsumerOptions<K, V> {
  readonly groupId?: string;
  /** A static member (KIP-345): keeps its partitions over a restart. */
  readonly groupInstanceId?: string;
  readonly groupProtocol?: GroupProtocol;
  /** Classic groups: what this member offers, best first; range and cooperative-sticky. */
  readonly assignors?: readonly AssignorName[];
  /** KIP-848 groups: the assignor at the broker; its choice when left out. */
  readonly serverAssignor?: string;
  readonly rackId?: string;
  /** Bytes when left out. */
  readonly keyDeserializer?: Deserializer<K>;
  readonly valueDeserializer?: Deserializer<V>;
  /** `latest`. */
  readonly offsetReset?: OffsetReset;
  readonly isolation?: 'read_uncommitted' | 'read_committed';
  /** `after-processing`. */
  readonly commitMode?: CommitMode;
  /** 5000; 0 commits after every record or batch. */
  readonly autoCommitIntervalMs?: number;
  /** Classic groups; 45,000. */
  readonly sessionTimeoutMs?: number;
  /** Classic groups; 3000. */
  readonly heartbeatIntervalMs?: number;
  /** Who does not ask for the next record for so long leaves the group; 300,000. */
  readonly maxPollIntervalMs?: number;
  readonly fetchMinBytes?: number;
  readonly fetchMaxWaitMs?: number;
  readonly fetchMaxBytes?: number;
  readonly partitionMaxBytes?: number;
  /** Fetching pauses while so much waits to be consumed; 64 MiB. */
  readonly prefetchMaxBytes?: number;
  readonly rebalance?: RebalanceHandlers;
  /** Stops the consumer as {@link Consumer.stop} does. */
  readonly signal?: AbortSignal;
  /** Topics that are not there may be made by the broker; true. */
  readonly allowAutoCreateTopics?: boolean;
}

/** {@link ConsumerOptions} with every default filled in, but for what has none. */
export type ConsumerSettings = Required<
  Pick<
    ConsumerOptions<unknown, unknown>,
    | 'groupProtocol'
    | 'assignors'
    | 'rackId'
    | 'offsetReset'
    | 'isolation'
    | 'commitMode'
    | 'autoCommitIntervalMs'
    | 'sessionTimeoutMs'
    | 'heartbeatIntervalMs'
    | 'maxPollIntervalMs'
    | 'fetchMinBytes'
    | 'fetchMaxWaitMs'
    | 'fetchMaxBytes'
    | 'partitionMaxBytes'
    | 'prefetchMaxBytes'
    | 'rebalance'
    | 'allowAutoCreateTopics'
  >
> & {
  readonly groupId: string | undefined;
  readonly groupInstanceId: string | null;
  readonly serverAssignor: string | null;
};

const DEFAULTS = {
  groupProtocol: 'auto',
  assignors: ['range', 'cooperative-sticky'],
  rackId: '',
  offsetReset: 'latest',
  isolation: 'read_uncommitted',
  commitMode: 'after-processing',
  autoCommitIntervalMs: 5000,
  sessionTimeoutMs: 45_000,
  heartbeatIntervalMs: 3000,
  maxPollIntervalMs: 300_000,
  fetchMinBytes: 1,
  fetchMaxWaitMs: 500,
  fetchMaxBytes: 50 * 1024 * 1024,
  partitionMaxBytes: 1024 * 1024,
  prefetchMaxBytes: 64 * 1024 * 1024,
  rebalance: {},
  allowAutoCreateTopics: true,
} as const;

/** Throws {@link KafkaError} INVALID_ARGUMENT. */
export function consumerSettings<K, V>(options: ConsumerOptions<K, V>): ConsumerSettings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: ConsumerSettings = {
    ...DEFAULTS,
    ...given,
    groupId: options.groupId,
    groupInstanceId: options.groupInstanceId ?? null,
    serverAssignor: options.serverAssignor ?? null,
  };
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === 'number' && !(value >= 0)) throw invalid(`${name} is ${value}; it has to be 0 or more`);
  }
  if (settings.groupId === '') throw invalid('groupId is empty');
  if (settings.assignors.length === 0) throw invalid('assignors is empty; name at least one');
  if (settings.heartbeatIntervalMs >= settings.sessionTimeoutMs) {
    throw invalid('heartbeatIntervalMs has to be less than sessionTimeoutMs');
  }
  return settings;
}

function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_ARGUMENT', message);
}
