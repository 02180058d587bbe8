import type { TopicImage } from '../../metadata/cluster-image.ts';
import type { BrokerServices } from '../services.ts';

/** Tells which replicas of a partition can serve: those of live brokers whose logs are online. */
export function liveReplicas(topic: TopicImage, index: number, broker: BrokerServices): (replica: number) => boolean {
  const image = broker.image();
  // Of its own this broker knows before the cluster does.
  const isOffline = broker.partitions.isOffline(topic.name, index);
  return (id) =>
    image.brokers.get(id)?.fenced === false &&
    !image.isReplicaOffline(id, topic.id, index) &&
    !(id === broker.brokerId && isOffline);
}
