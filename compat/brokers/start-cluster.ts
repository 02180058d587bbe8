import type { BrokerCluster } from './broker-cluster.ts';
import { brokerKind, type BrokerKind } from './broker-kind.ts';
import { KafkaCluster } from './kafka-cluster.ts';
import { ProcessCluster } from './process-cluster.ts';

/** Three brokers of Posthorn over etcd, or three nodes of Apache Kafka; those that BROKER names when it is left out. */
export async function startBrokerCluster(
  kind: BrokerKind = brokerKind(),
  settings: Readonly<Record<string, string>> = {},
): Promise<BrokerCluster> {
  return kind === 'kafka' ? KafkaCluster.start(settings) : ProcessCluster.start({ brokers: 3, settings });
}
