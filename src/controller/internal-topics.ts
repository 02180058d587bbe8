import type { BrokerConfig } from '../config/broker-config.ts';
import type { NewTopic } from './create-topics.ts';
import type { DecisionContext } from './decision.ts';

/** The topics that brokers write for themselves, and the settings that decide their shape. */
const INTERNAL = {
  __consumer_offsets: {
    partitions: 'offsets.topic.num.partitions',
    replicas: 'offsets.topic.replication.factor',
    segmentBytes: 'offsets.topic.segment.bytes',
    minIsr: undefined,
    configs: { 'cleanup.policy': 'compact', 'compression.type': 'producer' },
  },
  __transaction_state: {
    partitions: 'transaction.state.log.num.partitions',
    replicas: 'transaction.state.log.replication.factor',
    segmentBytes: 'transaction.state.log.segment.bytes',
    minIsr: 'transaction.state.log.min.isr',
    configs: {
      'cleanup.policy': 'compact',
      'compression.type': 'uncompressed',
      'unclean.leader.election.enable': 'false',
    },
  },
  __share_group_state: {
    partitions: 'share.coordinator.state.topic.num.partitions',
    replicas: 'share.coordinator.state.topic.replication.factor',
    segmentBytes: 'share.coordinator.state.topic.segment.bytes',
    minIsr: 'share.coordinator.state.topic.min.isr',
    configs: { 'cleanup.policy': 'delete', 'compression.type': 'producer', 'retention.ms': '-1' },
  },
} as const;
export type InternalTopic = keyof typeof INTERNAL;
export const INTERNAL_TOPICS = Object.keys(INTERNAL) as readonly InternalTopic[];

export function isInternalTopic(name: string): name is InternalTopic {
  return Object.hasOwn(INTERNAL, name);
}

/** Replicas of an internal topic where there are brokers for them. */
export function wantedReplicas(name: string, config: BrokerConfig): number {
  return isInternalTopic(name) ? config.get(INTERNAL[name].replicas) : 0;
}

/** What the brokers' settings want in sync of an internal topic; undefined where they leave it to those for all topics. */
export function wantedMinIsr(name: InternalTopic, config: BrokerConfig): number | undefined {
  const { minIsr } = INTERNAL[name];
  return minIsr === undefined ? undefined : config.get(minIsr);
}

/**
 * An internal topic as Kafka would ask for it, except that it takes no more replicas, and wants no more of them in sync,
 * than there are brokers: so that a single broker works with Kafka's defaults. More follow with further brokers.
 */
export function internalTopic(
  { image, config }: Pick<DecisionContext, 'image' | 'config'>,
  name: InternalTopic,
): NewTopic {
  const shape = INTERNAL[name];
  const live = Math.max(1, image.liveBrokers().length);
  const replicationFactor = Math.min(wantedReplicas(name, config), live);
  const configs = Object.entries<string>(shape.configs).map(([key, value]) => ({ name: key, value }));
  configs.push({ name: 'segment.bytes', value: String(config.get(shape.segmentBytes)) });
  const minIsr = wantedMinIsr(name, config);
  if (minIsr !== undefined) {
    configs.push({ name: 'min.insync.replicas', value: String(Math.min(minIsr, replicationFactor)) });
  }
  return { name, numPartitions: config.get(shape.partitions), replicationFactor, assignments: [], configs };
}
