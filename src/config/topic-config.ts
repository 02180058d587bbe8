import { assert } from '../base/assert.ts';
import type { BrokerConfig } from './broker-config.ts';
import { readValue } from './check.ts';
import { inheritedText } from './inherited.ts';
import type { Setting } from './setting.ts';
import { TOPIC_SETTINGS, type TopicKey, type TopicValue } from './topic-settings.ts';

/** How a topic's records are compressed on disk; `producer` keeps what the producer chose. */
export type CompressionType = 'uncompressed' | 'zstd' | 'lz4' | 'snappy' | 'gzip' | 'producer';

/** A topic's effective settings. Times in milliseconds, sizes in bytes; -1 and 2^53 - 1 mean "no limit" as in Kafka. */
export interface TopicConfig {
  readonly cleanupPolicy: { readonly delete: boolean; readonly compact: boolean };
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segmentJitterMs: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  readonly maxMessageBytes: number;
  readonly minInsyncReplicas: number;
  readonly compressionType: CompressionType;
  readonly compressionLevels: { readonly gzip: number; readonly lz4: number; readonly zstd: number };
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime';
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;
  readonly deleteRetentionMs: number;
  readonly minCleanableDirtyRatio: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  readonly fileDeleteDelayMs: number;
  readonly flushMessages: number;
  readonly flushMs: number;
  readonly preallocate: boolean;
  readonly uncleanLeaderElectionEnable: boolean;
  readonly remoteStorageEnable: boolean;
  readonly localRetentionMs: number;
  readonly localRetentionBytes: number;
  readonly leaderThrottledReplicas: readonly string[];
  readonly followerThrottledReplicas: readonly string[];
  readonly flushPolicy: 'os' | 'group';
  readonly batchValidation: 'records' | 'headers';
}

/** The text of one topic setting: the topic's own, else what it inherits from the broker. Null where there is none. */
export function topicText(name: TopicKey, overrides: ReadonlyMap<string, string>, broker: BrokerConfig): string | null {
  return overrides.get(name) ?? inheritedText(TOPIC_SETTINGS[name], broker);
}

/** What topics without settings of their own have, until the broker's settings change: thousands of topics share it. */
const shared = new WeakMap<BrokerConfig, { readonly revision: number; readonly config: TopicConfig }>();

/** The effective settings of a topic with the given settings of its own, which were checked when they were set. */
export function resolveTopicConfig(overrides: ReadonlyMap<string, string>, broker: BrokerConfig): TopicConfig {
  if (overrides.size > 0) return resolve(overrides, broker);
  const known = shared.get(broker);
  if (known?.revision === broker.revision) return known.config;
  const config = resolve(overrides, broker);
  shared.set(broker, { revision: broker.revision, config });
  return config;
}

function resolve(overrides: ReadonlyMap<string, string>, broker: BrokerConfig): TopicConfig {
  const get = <K extends TopicKey>(name: K): TopicValue<K> => {
    const setting: Setting = TOPIC_SETTINGS[name];
    const text = topicText(name, overrides, broker);
    if (text === null) return null as TopicValue<K>;
    const parsed = readValue(name, setting, text);
    assert(parsed.ok, 'a topic setting was stored without having been checked');
    return parsed.value as TopicValue<K>;
  };
  const policies = get('cleanup.policy');
  return {
    cleanupPolicy: { delete: policies.includes('delete'), compact: policies.includes('compact') },
    retentionMs: get('retention.ms'),
    retentionBytes: get('retention.bytes'),
    segmentBytes: get('internal.segment.bytes') ?? get('segment.bytes'),
    segmentMs: get('segment.ms'),
    segmentJitterMs: get('segment.jitter.ms'),
    segmentIndexBytes: get('segment.index.bytes'),
    indexIntervalBytes: get('index.interval.bytes'),
    maxMessageBytes: get('max.message.bytes'),
    minInsyncReplicas: get('min.insync.replicas'),
    compressionType: get('compression.type') as CompressionType,
    compressionLevels: {
      gzip: get('compression.gzip.level'),
      lz4: get('compression.lz4.level'),
      zstd: get('compression.zstd.level'),
    },
    messageTimestampType: get('message.timestamp.type') as 'CreateTime' | 'LogAppendTime',
    messageTimestampBeforeMaxMs: get('message.timestamp.before.max.ms'),
    messageTimestampAfterMaxMs: get('message.timestamp.after.max.ms'),
    deleteRetentionMs: get('delete.retention.ms'),
    minCleanableDirtyRatio: get('min.cleanable.dirty.ratio'),
    minCompactionLagMs: get('min.compaction.lag.ms'),
    maxCompactionLagMs: get('max.compaction.lag.ms'),
    fileDeleteDelayMs: get('file.delete.delay.ms'),
    flushMessages: get('flush.messages'),
    flushMs: get('flush.ms'),
    preallocate: get('preallocate'),
    uncleanLeaderElectionEnable: get('unclean.leader.election.enable'),
    remoteStorageEnable: get('remote.storage.enable'),
    localRetentionMs: get('local.retention.ms'),
    localRetentionBytes: get('local.retention.bytes'),
    leaderThrottledReplicas: get('leader.replication.throttled.replicas'),
    followerThrottledReplicas: get('follower.replication.throttled.replicas'),
    flushPolicy: get('posthorn.flush.policy') as 'os' | 'group',
    batchValidation: get('posthorn.batch.validation') as 'records' | 'headers',
  };
}
