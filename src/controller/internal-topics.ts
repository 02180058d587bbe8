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

export function isInternalTopic(name: string): name is InternalTopic {
  return Object.hasOwn(INTERNAL, name);
}

/**
 * An internal topic as Kafka would ask for it, except that it takes no more replicas, and wants no more of them in sync,
 * than there are brokers: so that a single broker works with Kafka's defaults.
 */
export function internalTopic(
  { image, config }: Pick<DecisionContext, 'image' | 'config'>,
  name: InternalTopic,
): NewTopic {
  const shape = INTERNAL[name];
  const live = Math.max(1, image.liveBrokers().length);
  const replicationFactor = Math.min(config.get(shape.replicas), live);
  const configs = Object.entries<string>(shape.configs).map(([key, value]) => ({ name: key, value }));
  configs.push({ name: 'segment.bytes', value: String(config.get(shape.segmentBytes)) });
  if (shape.minIsr !== undefined) {
    configs.push({ name: 'min.insync.replicas', value: String(Math.min(config.get(shape.minIsr), replicationFactor)) });
  }
  return { name, numPartitions: config.get(shape.partitions), replicationFactor, assignments: [], configs };
}
