import type { BrokerConfig } from '../../config/broker-config.ts';
import { resolveTopicConfig, type TopicConfig } from '../../config/topic-config.ts';
import type { ConfigTexts } from '../../metadata/cluster-image.ts';
import type { MetadataView } from '../../metadata/metadata-view.ts';
import {
  parseThrottledReplicas,
  ReplicationQuota,
  type ThrottledReplicas,
} from '../../replication/replication-quota.ts';

const MS_PER_SECOND = 1000;

export interface ReplicationQuotaParts {
  readonly config: BrokerConfig;
  readonly view: MetadataView;
  readonly brokerId: number;
}

/** What this broker holds back as a leader, and as a follower (KIP-73); both can be changed while it runs. */
export interface ReplicationQuotas {
  readonly leader: ReplicationQuota;
  readonly follower: ReplicationQuota;
}

export function replicationQuotas(parts: ReplicationQuotaParts): ReplicationQuotas {
  const { config } = parts;
  return {
    leader: quotaOf(parts, {
      rate: () => config.get('leader.replication.throttled.rate'),
      replicas: ({ leaderThrottledReplicas }) => leaderThrottledReplicas,
    }),
    follower: quotaOf(parts, {
      rate: () => config.get('follower.replication.throttled.rate'),
      replicas: ({ followerThrottledReplicas }) => followerThrottledReplicas,
    }),
  };
}

function quotaOf(
  { config, view, brokerId }: ReplicationQuotaParts,
  side: { readonly rate: () => number; readonly replicas: (settings: TopicConfig) => readonly string[] },
): ReplicationQuota {
  const named = new WeakMap<ConfigTexts, ThrottledReplicas>();
  const replicasIn = (settings: ConfigTexts): ThrottledReplicas => {
    let replicas = named.get(settings);
    if (replicas === undefined) {
      replicas = parseThrottledReplicas(side.replicas(resolveTopicConfig(settings, config)), brokerId);
      named.set(settings, replicas);
    }
    return replicas;
  };
  return new ReplicationQuota({
    windows: {
      count: config.get('replication.quota.window.num'),
      windowMs: config.get('replication.quota.window.size.seconds') * MS_PER_SECOND,
    },
    limitPerSecond: () => {
      const limit = side.rate();
      return limit >= Number.MAX_SAFE_INTEGER ? Infinity : limit;
    },
    isNamed: (topic, index) => {
      const replicas = replicasIn(view.image.config({ type: 'topic', name: topic }));
      return replicas === 'all' || replicas.has(index);
    },
  });
}
