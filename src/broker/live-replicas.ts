import type { BrokerServices } from './services.ts';

/** Tells which replicas of a partition can serve: those of live brokers, this one's only while its log is online. */
export function liveReplicas(topic: string, index: number, broker: BrokerServices): (replica: number) => boolean {
  const { brokers } = broker.image();
  const isOffline = broker.partitions.isOffline(topic, index);
  return (id) => brokers.get(id)?.fenced === false && !(id === broker.brokerId && isOffline);
}
