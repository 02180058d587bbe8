import { writeTxnMarkers } from '../../protocol/messages/027-write-txn-markers.ts';
import { describeProducers as describeProducersApi } from '../../protocol/messages/061-describe-producers.ts';
import type { BrokerConnection } from '../broker-connection.ts';
import { KafkaError } from '../client-error.ts';
import { byTopic, partitionName, type TopicPartition } from '../consumer/topic-partition.ts';
import type { AdminCalls, Items } from './admin-calls.ts';
import { checkInteger, checkPartitions } from './arguments.ts';
import { atLeaders, partitionItems } from './placed.ts';
import { partitionResults, toldError, type Outcome, type PartitionResults } from './results.ts';

const INT16_MAX = 0x7fff;

/** A producer that a partition remembers. */
export interface ProducerState {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  /** Milliseconds of the wall clock. */
  readonly lastTimestamp: number;
  /** Of the transaction coordinator; -1 when it wrote no marker yet. */
  readonly coordinatorEpoch: number;
  /** First offset of its open transaction; -1 when none is open. */
  readonly transactionStartOffset: number;
}

export interface DescribeProducersOptions {
  /** Asks this replica in place of the leaders. */
  readonly brokerId?: number;
}

export async function describeProducers(
  calls: AdminCalls,
  partitions: readonly TopicPartition[],
  { brokerId }: DescribeProducersOptions,
): Promise<PartitionResults<readonly ProducerState[]>> {
  checkPartitions(partitions);
  const about = 'describe producers';
  const attempt = async (
    connection: BrokerConnection,
    items: Items<TopicPartition>,
  ): Promise<Map<string, Outcome<readonly ProducerState[]>>> => {
    const answer = await calls.ask(connection, describeProducersApi, {
      topics: [...byTopic(items.values())].map(([name, some]) => ({
        name,
        partitionIndexes: some.map(({ partition }) => partition),
      })),
    });
    const told = new Map<string, Outcome<readonly ProducerState[]>>();
    for (const { name, partitions: some } of answer.topics) {
      for (const { partitionIndex, errorCode, errorMessage, activeProducers } of some) {
        const key = partitionName({ topic: name, partition: partitionIndex });
        const states = activeProducers.map(({ currentTxnStartOffset, ...rest }) => ({
          ...rest,
          transactionStartOffset: currentTxnStartOffset,
        }));
        told.set(key, toldError(`${about} of ${key}`, errorCode, errorMessage) ?? states);
      }
    }
    return told;
  };
  if (brokerId === undefined) return atLeaders(calls, about, partitions, attempt);
  checkInteger(brokerId, 'brokerId');
  const outcomes = await calls.each(about, 'broker', partitionItems(partitions), async (open) =>
    attempt(await calls.brokerOf(brokerId), open),
  );
  return partitionResults(partitions, outcomes);
}

/** A transaction that no coordinator will end: its state is what {@link describeProducers} tells. */
export interface HangingTransaction extends TopicPartition {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
}

/** Has the partition's leader write an abort marker, past the coordinator: only for transactions that hang (KIP-664). */
export async function abortTransaction(calls: AdminCalls, hanging: HangingTransaction): Promise<void> {
  const { topic, partition, producerId, producerEpoch, coordinatorEpoch } = hanging;
  checkPartitions([hanging]);
  checkInteger(producerId, 'producerId', 0, Number.MAX_SAFE_INTEGER);
  checkInteger(producerEpoch, 'producerEpoch', 0, INT16_MAX);
  checkInteger(coordinatorEpoch, 'coordinatorEpoch', -1);
  const about = `abort the transaction of producer ${producerId}`;
  const results = await atLeaders(calls, about, [hanging], async (connection) => {
    const answer = await calls.ask(connection, writeTxnMarkers, {
      markers: [
        {
          producerId,
          producerEpoch,
          transactionResult: false,
          topics: [{ name: topic, partitionIndexes: [partition] }],
          coordinatorEpoch,
        },
      ],
    });
    const told = answer.markers[0]?.topics[0]?.partitions[0];
    if (told === undefined) throw new KafkaError('MALFORMED', `${about}: the answer has no partition`);
    const key = partitionName({ topic, partition });
    return new Map<string, Outcome<undefined>>([[key, toldError(`${about} on ${key}`, told.errorCode)]]);
  });
  const outcome = results.get(topic)?.get(partition);
  if (outcome instanceof KafkaError) throw outcome;
}
