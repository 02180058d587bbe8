import type { BrokerConfig } from '../../config/broker-config.ts';
import type { Controller } from '../../controller/controller.ts';
import { isInternalTopic } from '../../controller/internal-topics.ts';
import { GroupCoordinator } from '../../coordinator/group/group-coordinator.ts';
import { compileTopicPattern } from '../../coordinator/group/topic-pattern.ts';
import type { MarkerSender } from '../../coordinator/txn/marker-sender.ts';
import { TransactionCoordinator } from '../../coordinator/txn/transaction-coordinator.ts';
import type { ClusterImage } from '../../metadata/cluster-image.ts';
import type { MetadataView } from '../../metadata/metadata-view.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { PartitionCoordinatorLog } from './coordinator-log.ts';
import { OFFSETS_TOPIC, TRANSACTIONS_TOPIC } from './coordinator-topics.ts';
import { groupSettings } from './group-settings.ts';
import { groupTopics } from './group-topics.ts';
import { LocalMarkerSender } from './local-marker-sender.ts';
import type { Partitions } from '../replicas/partitions.ts';
import { ProducerIds } from './producer-ids.ts';
import { transactionSettings } from './transaction-settings.ts';
import type { Turn } from '../turn.ts';
import type { TransactionEnrolment } from '../../coordinator/txn/transaction-enrolment.ts';
import type { Peers } from '../../wire/peers.ts';
import { ClusterEnrolment } from './cluster-enrolment.ts';
import { ClusterMarkerSender } from './cluster-marker-sender.ts';

/** What a coordinator stands on. */
export interface GroupCoordinatorParts {
  readonly config: BrokerConfig;
  readonly runtime: Runtime;
  readonly view: MetadataView;
  readonly partitions: Partitions;
  readonly turn: Turn;
}

/** The group coordinator over the partitions of `__consumer_offsets`. */
export function openGroups({ config, runtime, view, partitions, turn }: GroupCoordinatorParts): GroupCoordinator {
  const { clock, timers, random, logger } = runtime;
  const image = (): ClusterImage => view.image;
  const topics = groupTopics(image);
  return new GroupCoordinator(groupSettings(config, image), {
    log: new PartitionCoordinatorLog(OFFSETS_TOPIC, {
      partitions,
      turn,
      clock,
      mustVerify: () => config.get('transaction.partition.verification.enable'),
    }),
    clock,
    timers,
    random,
    logger,
    topics,
    partitionCount: () => topics.partitionCount(OFFSETS_TOPIC) ?? config.get('offsets.topic.num.partitions'),
  });
}

export interface TransactionCoordinatorParts extends GroupCoordinatorParts {
  readonly controller: Controller;
  readonly groups: GroupCoordinator;
  readonly peers: Peers;
  readonly brokerId: number;
}

/** The transaction coordinator over the partitions of `__transaction_state`, and the end of transactions in the partitions of this broker. */
export function openTransactions(parts: TransactionCoordinatorParts): {
  readonly transactions: TransactionCoordinator;
  readonly markers: MarkerSender;
  readonly enrolment: TransactionEnrolment;
} {
  const { config, runtime, view, partitions, turn, controller, groups, peers, brokerId } = parts;
  const { clock, timers, logger } = runtime;
  const producerIds = new ProducerIds(controller);
  const topicOf = (name: string) => view.image.topics.get(name);
  const markers = new LocalMarkerSender({ config, clock, timers, partitions, groups, turn });
  const image = (): ClusterImage => view.image;
  const transactions: TransactionCoordinator = new TransactionCoordinator(
    transactionSettings(config, () => view.image),
    {
      log: new PartitionCoordinatorLog(TRANSACTIONS_TOPIC, { partitions, turn, clock, mustVerify: () => false }),
      clock,
      timers,
      logger,
      markers: new ClusterMarkerSender({ config, peers, brokerId, turn, local: markers, image }),
      takeProducerId: (given) => producerIds.take(given),
      coordinatorEpoch: (index) => view.image.partition(TRANSACTIONS_TOPIC, index)?.leaderEpoch ?? 0,
      partitionCount: () =>
        topicOf(TRANSACTIONS_TOPIC)?.partitions.length ?? config.get('transaction.state.log.num.partitions'),
      partitionExists: ({ topic, partition }) => topicOf(topic)?.partitions[partition] !== undefined,
      isInternalTopic,
      compilePattern: (text) => {
        const pattern = compileTopicPattern(text);
        return typeof pattern === 'function' ? pattern : undefined;
      },
      offsetsPartition: (groupId) => ({ topic: OFFSETS_TOPIC, partition: groups.partitionFor(groupId) }),
    },
  );
  const enrolment = new ClusterEnrolment({ config, peers, brokerId, local: transactions, image });
  return { transactions, markers, enrolment };
}
