import { E, errorOf, type ErrorSpec } from '../../protocol/errors.ts';
import { produce } from '../../protocol/messages/000-produce.ts';
import { initProducerId } from '../../protocol/messages/022-init-producer-id.ts';
import { addPartitionsToTxn } from '../../protocol/messages/024-add-partitions-to-txn.ts';
import { addOffsetsToTxn } from '../../protocol/messages/025-add-offsets-to-txn.ts';
import { endTxn } from '../../protocol/messages/026-end-txn.ts';
import { txnOffsetCommit } from '../../protocol/messages/028-txn-offset-commit.ts';
import type { Api, Fields } from '../../protocol/schema.ts';
import type { BrokerConnection } from '../broker-connection.ts';
import { brokerError } from '../client-error.ts';
import type { Cluster, CoordinatorKind } from '../cluster.ts';
import { retried } from '../retry.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { ProducerSettings } from './producer-options.ts';
import {
  addOffsetsRequest,
  offsetsError,
  offsetsRequest,
  type GroupMetadata,
  type TransactionIdentity,
  type TransactionOffset,
} from './transaction-offsets.ts';

/** Versions 4 and up of AddPartitionsToTxn are for brokers. */
const ADD_PARTITIONS_CLIENT_MAX = 3;
/** The newest versions that belong to transactions of version 1; later ones mean version 2 (KIP-890). */
const V1_MAX = { endTxn: 4, txnOffsetCommit: 4 } as const;
const TRANSACTION_VERSION = 'transaction.version';
const V2_PRODUCE_MIN = 12;

export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** What a transactional producer asks of coordinators; each call repeats what can be repeated for up to `maxBlockMs`. */
export class CoordinatorCalls {
  readonly #cluster: Cluster;
  readonly #settings: ProducerSettings;
  readonly #transactionalId: string;

  constructor(cluster: Cluster, settings: ProducerSettings, transactionalId: string) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#transactionalId = transactionalId;
  }

  /** Whether brokers add partitions to a transaction by themselves and give a new epoch at its end (KIP-890). */
  isVersion2(): Promise<boolean> {
    return this.#call('transaction', this.#transactionalId, 'the transaction coordinator', async (connection) => {
      const level = connection.abilities.features.get(TRANSACTION_VERSION) ?? 0;
      return level >= 2 && (connection.versionOf(produce) ?? 0) >= V2_PRODUCE_MIN;
    });
  }

  /** A producer id, fencing whoever had the transactional id; given the current one, only its next epoch (KIP-360). */
  initialise(current: ProducerIdentity | undefined): Promise<ProducerIdentity> {
    return this.#transaction(initProducerId, async (connection) => {
      const { transactionTimeoutMs } = this.#settings;
      const answer = await connection.request(initProducerId, connection.versionFor(initProducerId), {
        transactionalId: this.#transactionalId,
        transactionTimeoutMs,
        producerId: current?.producerId ?? -1,
        producerEpoch: current?.producerEpoch ?? -1,
      });
      this.#check(errorOf(answer.errorCode), initProducerId.name);
      return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
    });
  }

  addPartitions(identity: TransactionIdentity, queues: Iterable<PartitionQueue>): Promise<void> {
    const topics = new Map<string, number[]>();
    for (const { topic, partition } of queues) topics.set(topic, [...(topics.get(topic) ?? []), partition]);
    return this.#transaction(addPartitionsToTxn, async (connection) => {
      const version = connection.versionFor(addPartitionsToTxn, ADD_PARTITIONS_CLIENT_MAX);
      const answer = await connection.request(addPartitionsToTxn, version, {
        transactions: [],
        v3AndBelowTransactionalId: identity.transactionalId,
        v3AndBelowProducerId: identity.producerId,
        v3AndBelowProducerEpoch: identity.producerEpoch,
        v3AndBelowTopics: Array.from(topics, ([name, partitions]) => ({ name, partitions })),
      });
      const codes = answer.resultsByTopicV3AndBelow.flatMap((topic) =>
        topic.resultsByPartition.map(({ partitionErrorCode }) => errorOf(partitionErrorCode)),
      );
      // The partitions beside a bad one are told only that they were not looked at.
      const told = codes.find((code) => code !== E.NONE && code !== E.OPERATION_NOT_ATTEMPTED);
      this.#check(told ?? codes.find((code) => code !== E.NONE) ?? E.NONE, addPartitionsToTxn.name);
    });
  }

  /** Ends the transaction; gives the next id and epoch where the coordinator tells them. */
  end(identity: TransactionIdentity, isCommit: boolean, isVersion2: boolean): Promise<ProducerIdentity | undefined> {
    return this.#transaction(endTxn, async (connection) => {
      const version = connection.versionFor(endTxn, isVersion2 ? undefined : V1_MAX.endTxn);
      const answer = await connection.request(endTxn, version, { ...identity, committed: isCommit });
      this.#check(errorOf(answer.errorCode), endTxn.name);
      const { producerId, producerEpoch } = answer;
      return producerId < 0 ? undefined : { producerId, producerEpoch };
    });
  }

  addOffsets(identity: TransactionIdentity, group: GroupMetadata): Promise<void> {
    return this.#transaction(addOffsetsToTxn, async (connection) => {
      const version = connection.versionFor(addOffsetsToTxn);
      const answer = await connection.request(addOffsetsToTxn, version, addOffsetsRequest(identity, group));
      this.#check(errorOf(answer.errorCode), addOffsetsToTxn.name);
    });
  }

  async commitOffsets(
    identity: TransactionIdentity,
    group: GroupMetadata,
    { offsets, isVersion2 }: { readonly offsets: readonly TransactionOffset[]; readonly isVersion2: boolean },
  ): Promise<void> {
    const about = `${txnOffsetCommit.name} of group ${group.groupId}`;
    await this.#call('group', group.groupId, about, async (connection) => {
      const version = connection.versionFor(txnOffsetCommit, isVersion2 ? undefined : V1_MAX.txnOffsetCommit);
      const answer = await connection.request(txnOffsetCommit, version, offsetsRequest(identity, group, offsets));
      this.#check(offsetsError(answer), txnOffsetCommit.name);
    });
  }

  #check(error: ErrorSpec, what: string): void {
    if (error !== E.NONE) throw brokerError(error, `${what} for transactional id ${this.#transactionalId}`);
  }

  #transaction<Req extends Fields, Res extends Fields, T>(
    { name }: Api<Req, Res>,
    attempt: (connection: BrokerConnection) => Promise<T>,
  ): Promise<T> {
    const about = `${name} for transactional id ${this.#transactionalId}`;
    return this.#call('transaction', this.#transactionalId, about, attempt);
  }

  #call<T>(
    kind: CoordinatorKind,
    key: string,
    about: string,
    attempt: (connection: BrokerConnection) => Promise<T>,
  ): Promise<T> {
    const beforeRetry = (error: { readonly code: string }): void => {
      // Any failure but a plain "later" may mean that the coordinator is elsewhere.
      if (error.code !== E.CONCURRENT_TRANSACTIONS.name) this.#cluster.forgetCoordinator(kind, key);
    };
    const options = { about, timeoutMs: this.#settings.maxBlockMs, beforeRetry };
    return retried(this.#cluster, options, async () => attempt(await this.#cluster.coordinator(kind, key)));
  }
}
