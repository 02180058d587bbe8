import type { BrokerConfig } from '../../config/broker-config.ts';
import type { ClusterImage } from '../../metadata/cluster-image.ts';

/** What has to be known of a partition. */
export interface SelectedFrom {
  readonly isLeader: boolean;
  readonly leadership: { readonly isr: readonly number[] };
  readonly followerEndOffsets: ReadonlyMap<number, number>;
  readonly log: { readonly logStartOffset: number };
}

/** The last part of the Java class that Kafka's users name. */
const RACK_AWARE = /(?:^|\.)RackAwareReplicaSelector$/;

/**
 * The replica that a consumer in `rackId` had better read from, as `replica.selector.class` says: one in its rack that has
 * what it asks for, the one furthest ahead (KIP-392, RackAwareReplicaSelector). Undefined for the leader itself.
 */
export function preferredReplica(
  partition: SelectedFrom,
  wish: { readonly rackId: string; readonly offset: number },
  broker: { readonly brokerId: number; readonly config: BrokerConfig; image(): Pick<ClusterImage, 'brokers'> },
): number | undefined {
  const { rackId, offset } = wish;
  if (rackId === '' || !partition.isLeader || offset < partition.log.logStartOffset) return undefined;
  if (!RACK_AWARE.test(broker.config.get('replica.selector.class') ?? '')) return undefined;
  const { brokers } = broker.image();
  if (brokers.get(broker.brokerId)?.rack === rackId) return undefined;
  let best: number | undefined;
  let bestEnd = -1;
  for (const [id, endOffset] of partition.followerEndOffsets) {
    // One that lags would keep the reader behind (KAFKA-14372).
    if (!partition.leadership.isr.includes(id)) continue;
    const replica = brokers.get(id);
    if (replica?.rack !== rackId || replica.fenced || endOffset < offset || endOffset <= bestEnd) continue;
    best = id;
    bestEnd = endOffset;
  }
  return best;
}
