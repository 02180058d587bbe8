import { setTimeout as pause } from 'node:timers/promises';
import { coordinatorPartition } from '../../src/base/java-hash.ts';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { decode } from '../../src/protocol/codec.ts';
import { transactionLogKey, transactionLogValue } from '../../src/protocol/internal-records/transaction-log.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { findCoordinator } from '../../src/protocol/messages/010-find-coordinator.ts';
import { initProducerId } from '../../src/protocol/messages/022-init-producer-id.ts';
import { addPartitionsToTxn } from '../../src/protocol/messages/024-add-partitions-to-txn.ts';
import { addOffsetsToTxn } from '../../src/protocol/messages/025-add-offsets-to-txn.ts';
import { endTxn } from '../../src/protocol/messages/026-end-txn.ts';
import { describeTransactions } from '../../src/protocol/messages/065-describe-transactions.ts';
import type { Read } from '../../src/protocol/schema.ts';
import { BatchCursor } from '../../src/records/batch-cursor.ts';
import { decodeRecords } from '../../src/records/batch-records.ts';
import type { Peer, Side } from './scenario.ts';

const READY_TRIES_MAX = 400;
const PAUSE_MS = 25;
const SETTLE_MS = 30_000;
const STATE_PARTITIONS = 50;
const CONCURRENT_TRANSACTIONS = 51;

/** A producer as a client knows itself. */
export interface ProducerId {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export const NOBODY: ProducerId = { producerId: -1, producerEpoch: -1 };

/** Partitions by topic. */
export type Wanted = Readonly<Record<string, readonly number[]>>;

/** One transactional id of a scenario, and the requests about it; every call becomes a step. */
export class Transactional {
  readonly id: string;
  readonly #side: Side;
  readonly #peer: Peer;

  private constructor(side: Side, peer: Peer, id: string) {
    this.#side = side;
    this.#peer = peer;
    this.id = id;
  }

  /** Waits until somebody coordinates the id. */
  static async open(side: Side, peer: Peer, name: string): Promise<Transactional> {
    const id = side.name(name);
    for (let tries = 0; tries < READY_TRIES_MAX; tries++) {
      const answer = await peer.quiet(findCoordinator, 4, { key: '', keyType: 1, coordinatorKeys: [id] });
      if (answer?.coordinators[0]?.errorCode === 0) return new Transactional(side, peer, id);
      await pause(PAUSE_MS);
    }
    throw new Error('no coordinator of transactions');
  }

  /** InitProducerId; hands out what it answered. */
  async init(
    label: string,
    options: { version?: number; timeoutMs?: number; expected?: ProducerId } = {},
  ): Promise<ProducerId> {
    const { version = 5, timeoutMs = 60_000, expected = NOBODY } = options;
    const request = { transactionalId: this.id, transactionTimeoutMs: timeoutMs, ...(version >= 3 ? expected : {}) };
    return this.#peer.need(label, initProducerId, version, request);
  }

  /** AddPartitionsToTxn of this id alone. */
  async add(
    label: string,
    producer: ProducerId,
    topics: Wanted,
    options: { version?: number; verifyOnly?: boolean } = {},
  ) {
    const { version = 3, verifyOnly = false } = options;
    const asked = Object.entries(topics).map(([name, partitions]) => ({ name, partitions }));
    const request =
      version < 4
        ? {
            transactions: [],
            v3AndBelowTransactionalId: this.id,
            v3AndBelowProducerId: producer.producerId,
            v3AndBelowProducerEpoch: producer.producerEpoch,
            v3AndBelowTopics: asked,
          }
        : {
            transactions: [{ transactionalId: this.id, ...pick(producer), verifyOnly, topics: asked }],
            v3AndBelowTransactionalId: '',
            v3AndBelowProducerId: 0,
            v3AndBelowProducerEpoch: 0,
            v3AndBelowTopics: [],
          };
    await this.#peer.call(label, addPartitionsToTxn, version, request, { pick: sortResults });
  }

  async addOffsets(label: string, producer: ProducerId, version = 4, groupId = this.#side.name('readers')) {
    await this.#peer.call(label, addOffsetsToTxn, version, { transactionalId: this.id, ...pick(producer), groupId });
  }

  /** EndTxn; hands out who the producer is now: the answer's word from version 5 on. */
  async end(label: string, producer: ProducerId, committed: boolean, version = 5): Promise<ProducerId> {
    const request = { transactionalId: this.id, ...pick(producer), committed };
    const answer = await this.#peer.need(label, endTxn, version, request);
    return version >= 5 && answer.errorCode === 0 ? answer : producer;
  }

  /** Records the state once no markers are on their way, and once it is none of `passing`. */
  async settled(label: string, passing: readonly string[] = []): Promise<void> {
    const deadline = Date.now() + SETTLE_MS;
    while (Date.now() < deadline) {
      const answer = await this.#peer.quiet(describeTransactions, 0, { transactionalIds: [this.id] });
      const state = answer?.transactionStates[0]?.transactionState ?? '';
      if (!state.startsWith('Prepare') && !passing.includes(state)) break;
      await pause(PAUSE_MS);
    }
    await this.describe(label);
  }

  async describe(label: string): Promise<void> {
    await this.#peer.call(label, describeTransactions, 0, { transactionalIds: [this.id] }, { pick: sortTopics });
  }

  /** InitProducerId again and again outside the record, as clients do, until what is under way is over. */
  async initAfterwards(label: string, version = 5): Promise<ProducerId> {
    const request = { transactionalId: this.id, transactionTimeoutMs: 60_000, ...NOBODY };
    for (let tries = 0; tries < READY_TRIES_MAX; tries++) {
      const answer = await this.#peer.quiet(initProducerId, version, request);
      if (answer === undefined) break;
      if (answer.errorCode !== CONCURRENT_TRANSACTIONS) {
        this.#side.note(label, answer);
        return answer;
      }
      await pause(PAUSE_MS);
    }
    throw new Error(`${label}: never`);
  }

  /** Records what `__transaction_state` holds about the id, as a reader of the topic sees it. */
  async logged(label: string): Promise<void> {
    const partition = coordinatorPartition(this.id, STATE_PARTITIONS);
    const found: unknown[] = [];
    for (let offset = 0; ;) {
      const answer = await this.#peer.quiet(fetch, 12, {
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: 1 << 24,
        topics: [
          {
            topic: '__transaction_state',
            topicId: ZERO_UUID,
            partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: 1 << 22 }],
          },
        ],
        forgottenTopicsData: [],
      });
      const records = answer?.responses[0]?.partitions[0]?.records;
      if (records === undefined || records === null || records.length === 0) break;
      offset = this.#readLog(records, found);
    }
    this.#side.note(label, found);
  }

  #readLog(bytes: Uint8Array, found: unknown[]): number {
    const cursor = new BatchCursor(bytes);
    let nextOffset = 0;
    while (cursor.next()) {
      for (const { key, value, offset } of decodeRecords(bytes, cursor.position)) {
        nextOffset = offset + 1;
        if (key === null) continue;
        const keyReader = new ByteReader(key);
        const type = keyReader.int16();
        if (decode(transactionLogKey, 0, keyReader).transactionalId !== this.id) continue;
        found.push(value === null ? { type, value } : { type, ...loggedValue(value) });
      }
    }
    return nextOffset;
  }
}

function pick({ producerId, producerEpoch }: ProducerId): ProducerId {
  return { producerId, producerEpoch };
}

function loggedValue(bytes: Uint8Array): object {
  const reader = new ByteReader(bytes);
  const version = reader.int16();
  const { producerId, previousProducerId, nextProducerId, transactionPartitions, ...rest } = decode(
    transactionLogValue,
    version,
    reader,
  );
  return {
    version,
    ...rest,
    partitions: transactionPartitions === null ? null : sortTopicPartitions(transactionPartitions),
    ids: [producerId, previousProducerId, nextProducerId].map((id) => ({ producerId: id })),
  };
}

function sortTopicPartitions(topics: readonly { topic: string; partitionIds: readonly number[] }[]): unknown {
  return topics
    .map(({ topic, partitionIds }) => ({ topic, partitionIds: partitionIds.toSorted((a, b) => a - b) }))
    .toSorted((a, b) => (a.topic < b.topic ? -1 : 1));
}

/** Kafka answers in the order of its hash tables. */
export function sortResults(response: Read<typeof addPartitionsToTxn.response.fields>): unknown {
  const sorted = (topics: typeof response.resultsByTopicV3AndBelow) =>
    topics
      .map(({ name, resultsByPartition }) => ({
        name,
        results: resultsByPartition
          .map(({ partitionIndex, partitionErrorCode: errorCode }) => ({ partitionIndex, errorCode }))
          .toSorted((a, b) => a.partitionIndex - b.partitionIndex),
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    errorCode: response.errorCode,
    resultsByTopic: sorted(response.resultsByTopicV3AndBelow),
    resultsByTransaction: response.resultsByTransaction
      .map(({ transactionalId, topicResults }) => ({ transactionalId, topicResults: sorted(topicResults) }))
      .toSorted((a, b) => (a.transactionalId < b.transactionalId ? -1 : 1)),
  };
}

function sortTopics(response: Read<typeof describeTransactions.response.fields>): unknown {
  return response.transactionStates.map((state) => ({
    ...state,
    topics: state.topics
      .map(({ topic, partitions }) => ({ topic, partitions: partitions.toSorted((a, b) => a - b) }))
      .toSorted((a, b) => (a.topic < b.topic ? -1 : 1)),
  }));
}
