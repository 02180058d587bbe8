import assert from 'node:assert/strict';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { E } from '../../src/protocol/errors.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { offsetFetch } from '../../src/protocol/messages/009-offset-fetch.ts';
import { findCoordinator } from '../../src/protocol/messages/010-find-coordinator.ts';
import { initProducerId } from '../../src/protocol/messages/022-init-producer-id.ts';
import { addPartitionsToTxn } from '../../src/protocol/messages/024-add-partitions-to-txn.ts';
import { addOffsetsToTxn } from '../../src/protocol/messages/025-add-offsets-to-txn.ts';
import { endTxn } from '../../src/protocol/messages/026-end-txn.ts';
import { txnOffsetCommit } from '../../src/protocol/messages/028-txn-offset-commit.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import type { Api, Fields, Read, Write } from '../../src/protocol/schema.ts';
import { batchSizeWithin } from '../../src/records/batch-cursor.ts';
import { decodeRecords } from '../../src/records/batch-records.ts';
import { baseOffset, isControl, isTransactional, producerId } from '../../src/records/batch.ts';
import { ControlType, readControlType } from '../../src/records/control-records.ts';
import { batchOf } from '../log/log-fixture.ts';
import { fetchOf, produceOf, type BrokerFixture } from './broker-fixture.ts';
import type { RawClient } from './raw-client.ts';

const GROUP_KEY = 0;
const TRANSACTION_KEY = 1;
const INIT_ATTEMPTS = 200;
const RETRY_MS = 20;
/** What a client tries again: the transaction of its predecessor is still being ended, or the coordinator is not up. */
const RETRIED: ReadonlySet<string> = new Set([
  'CONCURRENT_TRANSACTIONS',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
]);

/** The name of an error, `NONE` for none. */
export function errorName(code: number): string {
  for (const error of Object.values(E)) if (error.code === code) return error.name;
  return String(code);
}

/** How a client of transaction version 1 or 2 speaks. */
export interface TransactionVersions {
  readonly produce: number;
  readonly endTxn: number;
  readonly txnOffsetCommit: number;
}
export const TV1: TransactionVersions = { produce: 11, endTxn: 4, txnOffsetCommit: 4 };
export const TV2: TransactionVersions = { produce: 12, endTxn: 5, txnOffsetCommit: 5 };

/** A transactional producer that does exactly what it is told, request by request, on one connection. */
export class TransactionalProducer {
  readonly id: string;
  readonly versions: TransactionVersions;
  producerId = -1;
  epoch = -1;
  readonly #fixture: BrokerFixture;
  readonly #sequences = new Map<string, number>();
  #client: RawClient | undefined;

  constructor(fixture: BrokerFixture, id: string, versions: TransactionVersions = TV2) {
    this.#fixture = fixture;
    this.id = id;
    this.versions = versions;
  }

  /** Finds the coordinator, which makes its topic, and takes an id and an epoch. */
  async init(): Promise<this> {
    await this.find(TRANSACTION_KEY, this.id);
    for (let attempt = 0; attempt < INIT_ATTEMPTS; attempt++) {
      const answer = await this.call(initProducerId, 5, { transactionalId: this.id, transactionTimeoutMs: 60_000 });
      const error = errorName(answer.errorCode);
      if (error === 'NONE') {
        this.producerId = answer.producerId;
        this.epoch = answer.producerEpoch;
        this.#sequences.clear();
        return this;
      }
      assert.ok(RETRIED.has(error), error);
      await this.#fixture.time.run(RETRY_MS);
    }
    return assert.fail('the transaction before is never ended');
  }

  async find(keyType: number, key: string): Promise<void> {
    for (let attempt = 0; attempt < 5; attempt++) {
      const { coordinators } = await this.call(findCoordinator, 4, { key: '', keyType, coordinatorKeys: [key] });
      if (coordinators[0]?.errorCode === 0) return;
    }
    assert.fail('no coordinator');
  }

  async add(topic: string, ...partitions: number[]): Promise<string> {
    const { resultsByTopicV3AndBelow: results } = await this.call(addPartitionsToTxn, 3, {
      transactions: [],
      v3AndBelowTransactionalId: this.id,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.epoch,
      v3AndBelowTopics: [{ name: topic, partitions }],
    });
    return errorName(results[0]!.resultsByPartition[0]!.partitionErrorCode);
  }

  /** The next batch of its sequence, unless one is given. Returns the error. */
  async send(
    topic: string,
    values: readonly string[],
    options: { partition?: number; sequence?: number; transactionalId?: string | null; version?: number } = {},
  ): Promise<string> {
    return this.told(
      await this.call(produce, options.version ?? this.versions.produce, this.request(topic, values, options)),
    );
  }

  told({ responses }: { responses: readonly { partitionResponses: readonly { errorCode: number }[] }[] }): string {
    return errorName(responses[0]!.partitionResponses[0]!.errorCode);
  }

  request(
    topic: string,
    values: readonly string[],
    options: { partition?: number; sequence?: number; transactionalId?: string | null } = {},
  ) {
    const { partition = 0, transactionalId = this.id } = options;
    const place = `${topic} ${partition}`;
    const sequence = options.sequence ?? this.#sequences.get(place) ?? 0;
    this.#sequences.set(place, sequence + values.length);
    const batch = batchOf(
      values,
      { producerId: this.producerId, producerEpoch: this.epoch, baseSequence: sequence, transactional: true },
      this.#fixture.time.nowMs(),
    );
    return { ...produceOf(topic, values, { partition, batch }), transactionalId };
  }

  async addOffsets(groupId: string): Promise<string> {
    const { errorCode } = await this.call(addOffsetsToTxn, 3, {
      transactionalId: this.id,
      producerId: this.producerId,
      producerEpoch: this.epoch,
      groupId,
    });
    return errorName(errorCode);
  }

  async commitOffset(groupId: string, topic: string, offset: number, partition = 0): Promise<string> {
    await this.find(GROUP_KEY, groupId);
    const { topics } = await this.call(txnOffsetCommit, this.versions.txnOffsetCommit, {
      transactionalId: this.id,
      groupId,
      producerId: this.producerId,
      producerEpoch: this.epoch,
      topics: [
        { name: topic, partitions: [{ partitionIndex: partition, committedOffset: offset, committedMetadata: null }] },
      ],
    });
    return errorName(topics[0]!.partitions[0]!.errorCode);
  }

  async end(committed: boolean): Promise<string> {
    const answer = await this.call(endTxn, this.versions.endTxn, {
      transactionalId: this.id,
      producerId: this.producerId,
      producerEpoch: this.epoch,
      committed,
    });
    if (answer.errorCode === 0 && this.versions.endTxn >= 5) {
      this.producerId = answer.producerId;
      this.epoch = answer.producerEpoch;
      this.#sequences.clear();
    }
    return errorName(answer.errorCode);
  }

  async client(): Promise<RawClient> {
    this.#client ??= await this.#fixture.connect();
    return this.#client;
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  async call<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    body: Write<Req>,
  ): Promise<Read<Res>> {
    return this.#fixture.call(api, version, body, await this.client());
  }
}

/** What a reader of committed records sees, and what it was told. */
export interface CommittedRead {
  readonly values: string[];
  readonly lastStableOffset: number;
  readonly highWatermark: number;
  readonly aborted: readonly { readonly producerId: number; readonly firstOffset: number }[];
}

/** Reads as consumers do that want committed records: leaves out what the list of aborted transactions tells. */
export async function readCommitted(fixture: BrokerFixture, topic: string, partition = 0): Promise<CommittedRead> {
  const request = { ...fetchOf(topic, { partition, maxWaitMs: 0 }), isolationLevel: 1 };
  const { responses } = await fixture.call(fetch, 12, request);
  const answer = responses[0]!.partitions[0]!;
  assert.equal(errorName(answer.errorCode), 'NONE');
  const { lastStableOffset, highWatermark } = answer;
  const aborted = answer.abortedTransactions ?? [];
  return { values: committedIn(answer.records, aborted), lastStableOffset, highWatermark, aborted };
}

export function committedIn(
  records: Uint8Array | null,
  abortedTransactions: readonly { readonly producerId: number; readonly firstOffset: number }[],
): string[] {
  const values: string[] = [];
  if (records === null) return values;
  const left = abortedTransactions.toSorted((one, other) => one.firstOffset - other.firstOffset);
  const aborting = new Set<number>();
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  for (let at = 0; ;) {
    const size = batchSizeWithin(view, at, records.length);
    if (size === 0) return values;
    const base = baseOffset(view, at);
    while (left.length > 0 && left[0]!.firstOffset <= base) aborting.add(left.shift()!.producerId);
    const found = [...decodeRecords(records, at)];
    if (isControl(view, at)) {
      if (readControlType(found[0]!.key) === ControlType.abort) aborting.delete(producerId(view, at));
    } else if (!(isTransactional(view, at) && aborting.has(producerId(view, at)))) {
      for (const { value } of found) values.push(Buffer.from(value ?? []).toString());
    }
    at += size;
  }
}

/** A group's committed offset; -1 for none, the error's name while it is not decided. */
export async function committedOffset(
  fixture: BrokerFixture,
  groupId: string,
  topic: string,
  partition = 0,
): Promise<number | string> {
  const { groups } = await fixture.call(offsetFetch, 8, {
    groupId: '',
    topics: [],
    groups: [{ groupId, topics: [{ name: topic, topicId: ZERO_UUID, partitionIndexes: [partition] }] }],
    requireStable: true,
  });
  const group = groups[0]!;
  if (group.errorCode !== 0) return errorName(group.errorCode);
  const found = group.topics[0]!.partitions[0]!;
  return found.errorCode === 0 ? found.committedOffset : errorName(found.errorCode);
}
