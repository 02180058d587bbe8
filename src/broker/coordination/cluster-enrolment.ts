import { coordinatorPartition } from '../../base/java-hash.ts';
import type { BrokerConfig } from '../../config/broker-config.ts';
import type { TopicPartition } from '../../coordinator/txn/marker-sender.ts';
import type { Enrolment, TransactionEnrolment } from '../../coordinator/txn/transaction-enrolment.ts';
import type { ClusterImage } from '../../metadata/cluster-image.ts';
import { E, errorOf, type ErrorSpec } from '../../protocol/errors.ts';
import { addPartitionsToTxn } from '../../protocol/messages/024-add-partitions-to-txn.ts';
import type { ReadMessage } from '../../protocol/schema.ts';
import { PeerFailure } from '../../wire/peer-connection.ts';
import type { Peers } from '../../wire/peers.ts';
import { byTopic } from '../requests/by-topic.ts';
import { TRANSACTIONS_TOPIC } from './coordinator-topics.ts';

/** The version in which the leaders of partitions ask, and the one in which they add. */
const VERSION = 5;
/** Fields of versions 0 to 3. */
const NOT_IN_THIS_VERSION = {
  v3AndBelowTransactionalId: '',
  v3AndBelowProducerId: 0,
  v3AndBelowProducerEpoch: 0,
  v3AndBelowTopics: [],
} as const;

export interface ClusterEnrolmentParts {
  readonly config: BrokerConfig;
  readonly peers: Peers;
  readonly brokerId: number;
  /** The coordinator of this broker's own partitions. */
  readonly local: TransactionEnrolment;
  readonly image: () => ClusterImage;
}

/** Asks the transaction's coordinator, here or on another broker (AddPartitionsToTxnManager, KIP-890). */
export class ClusterEnrolment implements TransactionEnrolment {
  readonly #parts: ClusterEnrolmentParts;

  constructor(parts: ClusterEnrolmentParts) {
    this.#parts = parts;
  }

  enrol(enrolment: Enrolment): Promise<readonly ErrorSpec[]> {
    const { brokerId, local } = this.#parts;
    const leader = this.#coordinatorOf(enrolment.transactionalId);
    // Without a coordinator this broker's own says what is missing.
    if (leader === brokerId || leader === undefined) return local.enrol(enrolment);
    if (leader < 0) return Promise.resolve(enrolment.partitions.map(() => E.COORDINATOR_NOT_AVAILABLE));
    return this.#ask(leader, enrolment);
  }

  #coordinatorOf(transactionalId: string): number | undefined {
    const partitions = this.#parts.image().topics.get(TRANSACTIONS_TOPIC)?.partitions;
    return partitions?.[coordinatorPartition(transactionalId, partitions.length)]?.leader;
  }

  #ask(brokerId: number, enrolment: Enrolment): Promise<readonly ErrorSpec[]> {
    const { peers, config } = this.#parts;
    const { transactionalId, producerId, producerEpoch, partitions, mode } = enrolment;
    const topics = byTopic(partitions, ({ partition }) => partition).map(({ topic, items }) => ({
      name: topic,
      partitions: items,
    }));
    const transaction = { transactionalId, producerId, producerEpoch, verifyOnly: mode === 'verify', topics };
    const body = { transactions: [transaction], ...NOT_IN_THIS_VERSION };
    const timeoutMs = config.get('request.timeout.ms');
    const request = { api: addPartitionsToTxn, version: VERSION, body, timeoutMs };
    return new Promise((resolve) => {
      peers.send(brokerId, 'requests', request, (answer) =>
        resolve(
          answer instanceof PeerFailure
            ? partitions.map(() => E.NETWORK_EXCEPTION)
            : partitions.map((place) => errorIn(answer, place)),
        ),
      );
    });
  }
}

function errorIn(
  { errorCode, resultsByTransaction }: ReadMessage<typeof addPartitionsToTxn.response>,
  { topic, partition }: TopicPartition,
): ErrorSpec {
  if (errorCode !== E.NONE.code) return errorOf(errorCode);
  const results = resultsByTransaction[0]?.topicResults.find(({ name }) => name === topic)?.resultsByPartition;
  const found = results?.find(({ partitionIndex }) => partitionIndex === partition);
  return found === undefined ? E.UNKNOWN_SERVER_ERROR : errorOf(found.partitionErrorCode);
}
