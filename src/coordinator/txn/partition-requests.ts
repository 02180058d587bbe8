import type { addPartitionsToTxn } from '../../protocol/messages/024-add-partitions-to-txn.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import type { TransactionalProducer } from './add-partitions.ts';
import type { TopicPartition } from './marker-sender.ts';
import { TransactionPartitions } from './transaction-partitions.ts';

type AddPartitionsRequest = ReadMessage<typeof addPartitionsToTxn.request>;
type TopicResult = WriteMessage<typeof addPartitionsToTxn.response>['resultsByTopicV3AndBelow'][number];

/** What AddPartitionsToTxn asks about one transaction. */
export interface AskedTransaction extends TransactionalProducer {
  readonly verifyOnly: boolean;
  /** Each partition once. */
  readonly partitions: readonly TopicPartition[];
}

/** From this version on the request is about many transactions; it comes from brokers (KIP-890). */
const MANY_VERSION = 4;

/** The transactions of a request in the form of any version; of an id or a topic that is named twice, the first counts. */
export function transactionsIn(request: AddPartitionsRequest, apiVersion: number): AskedTransaction[] {
  if (apiVersion < MANY_VERSION) {
    return [
      {
        transactionalId: request.v3AndBelowTransactionalId,
        producerId: request.v3AndBelowProducerId,
        producerEpoch: request.v3AndBelowProducerEpoch,
        verifyOnly: false,
        partitions: partitionsOf(request.v3AndBelowTopics),
      },
    ];
  }
  const asked = new Map<string, AskedTransaction>();
  for (const { topics, ...transaction } of request.transactions) {
    if (asked.has(transaction.transactionalId)) continue;
    asked.set(transaction.transactionalId, { ...transaction, partitions: partitionsOf(topics) });
  }
  return [...asked.values()];
}

/** Codes of partitions, by topic in the order of the request. */
export function resultsByTopic(partitions: readonly TopicPartition[], codes: readonly number[]): TopicResult[] {
  const byTopic = new Map<string, { partitionIndex: number; partitionErrorCode: number }[]>();
  partitions.forEach(({ topic, partition }, index) => {
    const results = byTopic.get(topic) ?? [];
    results.push({ partitionIndex: partition, partitionErrorCode: codes[index]! });
    byTopic.set(topic, results);
  });
  return Array.from(byTopic, ([name, resultsByPartition]) => ({ name, resultsByPartition }));
}

function partitionsOf(topics: AddPartitionsRequest['v3AndBelowTopics']): TopicPartition[] {
  const byName = new Map<string, readonly number[]>();
  for (const { name, partitions } of topics) if (!byName.has(name)) byName.set(name, partitions);
  const named = Array.from(byName, ([topic, indexes]) => indexes.map((partition) => ({ topic, partition }))).flat();
  return [...TransactionPartitions.of(named)];
}
