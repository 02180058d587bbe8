import { SeededRandom } from '../../src/base/seeded-random.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { listOffsets } from '../../src/protocol/messages/002-list-offsets.ts';
import { findCoordinator } from '../../src/protocol/messages/010-find-coordinator.ts';
import { createTopics } from '../../src/protocol/messages/019-create-topics.ts';
import { initProducerId } from '../../src/protocol/messages/022-init-producer-id.ts';
import { addPartitionsToTxn } from '../../src/protocol/messages/024-add-partitions-to-txn.ts';
import { endTxn } from '../../src/protocol/messages/026-end-txn.ts';
import type { Api, Fields, Read, Write } from '../../src/protocol/schema.ts';
import { BatchCursor } from '../../src/records/batch-cursor.ts';
import { buildBatch, type BatchOptions, type NewRecord } from '../../src/records/batch-builder.ts';
import { decodeRecords } from '../../src/records/batch-records.ts';
import { Codec, isControl, nextOffset } from '../../src/records/batch.ts';
import { WirePeer } from '../oracle/wire-peer.ts';

const ANSWER_MS = 20_000;
const RETRY_MS = 5;
const FETCH_BYTES_MAX = 8 << 20;
const KEYS = 150;
const RECORDS_PER_BATCH = 20;
const VALUE_BYTES = 1000;
const CODECS = [Codec.none, Codec.lz4, Codec.none, Codec.gzip, Codec.snappy, Codec.zstd];
/** CONCURRENT_TRANSACTIONS: here, that the marker is not written yet. */
const UNSTABLE = 51;
/** Errors that pass: a coordinator or a topic that is not ready yet, a transaction that is still ending. */
const PASSING: ReadonlySet<number> = new Set([3, 5, 6, 14, 15, 16, UNSTABLE]);

/** One broker of the comparison, its one-partition topic, and a transactional producer. Both brokers get the same of it. */
export class CompactedTopic {
  readonly #peer: WirePeer;
  readonly #topic: string;
  #producer = { producerId: -1, producerEpoch: -1 };
  #sequence = 0;

  constructor(bootstrap: string, topic: string) {
    this.#peer = new WirePeer(bootstrap, 'compat-compaction');
    this.#topic = topic;
  }

  async create(configs: Readonly<Record<string, string>>): Promise<void> {
    const topic = {
      name: this.#topic,
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    };
    await this.#untilDone('create', async () => {
      const answer = await this.#ask(createTopics, 7, { topics: [topic], timeoutMs: ANSWER_MS });
      return answer.topics[0]!.errorCode;
    });
    await this.#untilDone('coordinator', async () => {
      const keys = { key: `${this.#topic}-producer`, keyType: 1, coordinatorKeys: [] };
      const answer = await this.#ask(findCoordinator, 3, keys);
      return answer.errorCode;
    });
    await this.#untilDone('init', async () => {
      const answer = await this.#ask(initProducerId, 3, {
        transactionalId: `${this.#topic}-producer`,
        transactionTimeoutMs: 60_000,
        producerId: -1,
        producerEpoch: -1,
      });
      this.#producer = { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
      return answer.errorCode;
    });
  }

  /** One round: batches of all codecs and kinds, some in transactions that commit or abort. The same for the same seed. */
  async round(seed: number, batches: number): Promise<void> {
    const random = new SeededRandom(seed);
    for (let index = 0; index < batches; index++) {
      const records = Array.from({ length: RECORDS_PER_BATCH }, () => someRecord(random, seed * 1e6 + index));
      const codec = CODECS[index % CODECS.length]!;
      if (index % 4 === 3) await this.#transact(records, codec, index % 8 === 7 ? 'abort' : 'commit');
      else await this.#produce(records, { codec });
    }
  }

  /** Fills more than a segment with keys of its own, so that everything before may be cleaned. */
  async close(mark: number): Promise<void> {
    for (let index = 0; index < 70; index++) {
      const records = Array.from({ length: RECORDS_PER_BATCH }, (_, at) => ({
        key: Buffer.from(`close-${mark}-${index}-${at}`),
        value: Buffer.alloc(VALUE_BYTES, index),
        timestamp: Date.UTC(2024, 0, mark + 1),
      }));
      await this.#produce(records, {});
    }
  }

  /** All data records as lines, and how many markers there are. */
  async contents(): Promise<{ lines: string[]; markers: number }> {
    const lines: string[] = [];
    let markers = 0;
    for (let fetchOffset = 0, end = 1; fetchOffset < end;) {
      const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: FETCH_BYTES_MAX }];
      const answer = await this.#ask(fetch, 12, {
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: FETCH_BYTES_MAX,
        topics: [{ topic: this.#topic, topicId: ZERO_UUID, partitions }],
        forgottenTopicsData: [],
      });
      const part = answer.responses[0]!.partitions[0]!;
      end = part.highWatermark;
      const records = part.records ?? new Uint8Array();
      if (records.length === 0) break;
      const cursor = new BatchCursor(records);
      while (cursor.next()) {
        fetchOffset = nextOffset(cursor.view, cursor.position);
        if (isControl(cursor.view, cursor.position)) markers++;
        else for (const record of decodeRecords(records, cursor.position)) lines.push(lineOf(record));
      }
    }
    return { lines, markers };
  }

  end(): void {
    this.#peer.close();
  }

  async #transact(records: readonly NewRecord[], codec: Codec, outcome: 'commit' | 'abort'): Promise<void> {
    const transaction = { transactionalId: `${this.#topic}-producer`, ...this.#producer };
    await this.#untilDone('add partitions', async () => {
      const answer = await this.#ask(addPartitionsToTxn, 3, {
        v3AndBelowTransactionalId: transaction.transactionalId,
        v3AndBelowProducerId: transaction.producerId,
        v3AndBelowProducerEpoch: transaction.producerEpoch,
        v3AndBelowTopics: [{ name: this.#topic, partitions: [0] }],
        transactions: [],
      });
      return answer.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode;
    });
    await this.#produce(records, { codec, ...this.#producer, baseSequence: this.#sequence, transactional: true });
    this.#sequence += records.length;
    await this.#untilDone('end', async () => {
      const answer = await this.#ask(endTxn, 3, { ...transaction, committed: outcome === 'commit' });
      return answer.errorCode;
    });
    // The marker has its offset before the next batch comes: both brokers give the same ones.
    await this.#untilDone('marker', async () =>
      (await this.#endOffset(0)) === (await this.#endOffset(1)) ? 0 : UNSTABLE,
    );
  }

  async #endOffset(isolationLevel: number): Promise<number> {
    const topics = [{ name: this.#topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
    const answer = await this.#ask(listOffsets, 5, { replicaId: -1, isolationLevel, topics, timeoutMs: 0 });
    return answer.topics[0]!.partitions[0]!.offset;
  }

  async #produce(records: readonly NewRecord[], options: BatchOptions): Promise<void> {
    const batch = buildBatch(records, options);
    const transactionalId = options.transactional === true ? `${this.#topic}-producer` : null;
    await this.#untilDone('produce', async () => {
      const answer = await this.#ask(produce, 9, {
        transactionalId,
        acks: -1,
        timeoutMs: ANSWER_MS,
        topicData: [
          { name: this.#topic, topicId: ZERO_UUID, partitionData: [{ index: 0, records: Buffer.from(batch) }] },
        ],
      });
      return answer.responses[0]!.partitionResponses[0]!.errorCode;
    });
  }

  async #untilDone(what: string, call: () => Promise<number>): Promise<void> {
    for (const deadline = Date.now() + ANSWER_MS; ;) {
      const errorCode = await call();
      if (errorCode === 0) return;
      if (!PASSING.has(errorCode) || Date.now() > deadline) throw new Error(`${what} ${this.#topic}: ${errorCode}`);
      await new Promise((done) => {
        setTimeout(done, RETRY_MS);
      });
    }
  }

  async #ask<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    body: Write<Req>,
  ): Promise<Read<Res>> {
    const outcome = await this.#peer.exchange(this.#peer.request(api, version, body), ANSWER_MS);
    if (!('frame' in outcome)) throw new Error(`no answer to API ${api.key}: ${outcome.ended}`);
    return this.#peer.response(api, version, outcome.frame);
  }
}

function someRecord(random: SeededRandom, mark: number): NewRecord {
  const key = Math.floor(random.next() * KEYS);
  const isTombstone = random.next() < 0.1;
  const value = Buffer.alloc(VALUE_BYTES, `${mark}-${random.next()} `);
  return {
    key: Buffer.from(`k${key}`),
    value: isTombstone ? null : value,
    timestamp: Date.UTC(2024, 0, 1) + Math.floor(random.next() * 1000),
    headers: key % 7 === 0 ? [{ key: 'h', value: Buffer.from(`${key}`) }] : [],
  };
}

function lineOf({ offset, timestamp, key, value, headers }: ReturnType<typeof decodeRecords>[number]): string {
  const shown = value === null ? 'tombstone' : Buffer.from(value).toString('latin1', 0, 40);
  const tags = headers.map((header) => `${header.key}=${Buffer.from(header.value ?? []).toString()}`).join(',');
  return `${offset} ${timestamp} ${Buffer.from(key ?? []).toString()} ${tags} ${shown}`;
}
