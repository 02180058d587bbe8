import type { addPartitionsToTxn } from '../../protocol/messages/024-add-partitions-to-txn.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import type { TransactionalProducer } from './add-partitions.ts';
import type { TopicPartition } from './marker-sender.ts';

type AddPartitionsRequest = ReadMessage<typeof addPartitionsToTxn.request>;
type Topics = AddPartitionsRequest['v3AndBelowTopics'];
type TopicResult = WriteMessage<typeof addPartitionsToTxn.response>['resultsByTopicV3AndBelow'][number];

/** What AddPartitionsToTxn asks about one transaction. */
export interface AskedTransaction extends TransactionalProducer {
  readonly verifyOnly: boolean;
  readonly topics: Topics;
}

/** From this version on the request is about many transactions; it comes from brokers (KIP-890). */
export const MANY_VERSION = 4;

/** The transactions of a request in the form of any version. */
export function transactionsIn(request: AddPartitionsRequest, apiVersion: number): readonly AskedTransaction[] {
  if (apiVersion >= MANY_VERSION) return request.transactions;
  return [
    {
      transactionalId: request.v3AndBelowTransactionalId,
      producerId: request.v3AndBelowProducerId,
      producerEpoch: request.v3AndBelowProducerEpoch,
      verifyOnly: false,
      topics: request.v3AndBelowTopics,
    },
  ];
}

/** All partitions that are asked about, in the order of the request. */
export function partitionsOf({ topics }: AskedTransaction): TopicPartition[] {
  return topics.flatMap(({ name, partitions }) => partitions.map((partition) => ({ topic: name, partition })));
}

/** The codes of {@link partitionsOf} in the form of the request. */
export function resultsOf({ topics }: AskedTransaction, codes: readonly number[]): TopicResult[] {
  let index = 0;
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: codes[index++]!,
    })),
  }));
}
