import { baseOffset, partitionLeaderEpoch, timestampType } from '../../records/batch.ts';
import { openRecords, recordTimestamp } from '../../records/batch-records.ts';
import type { RecordCursor } from '../../records/record-cursor.ts';
import type { Deserializer } from '../serializers.ts';
import { FetchedRecord, type ConsumerRecord, type RecordSource } from './consumer-record.ts';
import { corrupt, type FetchedBytes, type FetchedIndex } from './fetched-data.ts';

/** How keys and values are read. */
export interface Deserializers<K, V> {
  readonly keyDeserializer: Deserializer<K>;
  readonly valueDeserializer: Deserializer<V>;
}

/** What one fetch brought for one partition, in the order of offsets. Records are decoded as they are iterated, each time anew. */
export class ConsumerBatch<K, V> implements Iterable<ConsumerRecord<K, V>> {
  readonly topic: string;
  readonly partition: number;
  /** Where it was read from: no record is before it. */
  readonly firstOffset: number;
  /** The offset that follows the batch: what is committed once all of it was processed. */
  readonly nextOffset: number;
  /** Of the last record. */
  readonly leaderEpoch: number;
  /** Records at and beyond it could not be read yet when this was fetched. */
  readonly highWatermark: number;
  readonly sizeBytes: number;
  /** Records in the log's batches that it is made of; a first one may begin before {@link firstOffset}. */
  readonly recordCount: number;
  readonly #bytes: Uint8Array;
  readonly #positions: readonly number[];
  readonly #deserializers: Deserializers<K, V>;

  constructor(fetched: FetchedBytes, index: FetchedIndex, highWatermark: number, deserializers: Deserializers<K, V>) {
    this.topic = fetched.topic;
    this.partition = fetched.partition;
    this.firstOffset = fetched.fetchOffset;
    this.nextOffset = index.nextOffset;
    this.leaderEpoch = index.leaderEpoch;
    this.highWatermark = highWatermark;
    this.sizeBytes = fetched.bytes.length;
    this.recordCount = index.recordCount;
    this.#bytes = fetched.bytes;
    this.#positions = index.positions;
    this.#deserializers = deserializers;
  }

  /** Whether no record is in it: only markers, or what transactions aborted. */
  get isEmpty(): boolean {
    return this.#positions.length === 0;
  }

  /** Throws CORRUPT_MESSAGE where a batch cannot be unpacked. */
  [Symbol.iterator](): Iterator<ConsumerRecord<K, V>> {
    const { topic, partition } = this;
    const common = { topic, partition, ...this.#deserializers };
    return new BatchRecords(this.#bytes, this.#positions, this.firstOffset, common);
  }
}

/** Not a generator: this is called for each record, and a generator costs twice as much. */
class BatchRecords<K, V> implements Iterator<ConsumerRecord<K, V>> {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #positions: readonly number[];
  readonly #firstWanted: number;
  readonly #common: Omit<RecordSource<K, V>, 'leaderEpoch' | 'timestampType'>;
  #next = 0;
  #position = 0;
  #baseOffset = 0;
  #cursor: RecordCursor | undefined;
  #source: RecordSource<K, V> | undefined;

  constructor(
    bytes: Uint8Array,
    positions: readonly number[],
    firstWanted: number,
    common: Omit<RecordSource<K, V>, 'leaderEpoch' | 'timestampType'>,
  ) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#positions = positions;
    this.#firstWanted = firstWanted;
    this.#common = common;
  }

  next(): IteratorResult<ConsumerRecord<K, V>, undefined> {
    for (;;) {
      const cursor = this.#cursor ?? this.#open();
      if (cursor === undefined) return { done: true, value: undefined };
      if (!this.#moved(cursor)) {
        this.#cursor = undefined;
        continue;
      }
      const offset = this.#baseOffset + cursor.offsetDelta;
      if (offset < this.#firstWanted) continue;
      const timestamp = recordTimestamp(this.#view, this.#position, cursor);
      return { done: false, value: new FetchedRecord(this.#source!, cursor, offset, timestamp) };
    }
  }

  #moved(cursor: RecordCursor): boolean {
    try {
      return cursor.next();
    } catch (error) {
      throw corrupt(this.#common, this.#baseOffset, error);
    }
  }

  #open(): RecordCursor | undefined {
    const position = this.#positions[this.#next++];
    if (position === undefined) return undefined;
    const view = this.#view;
    this.#position = position;
    this.#baseOffset = baseOffset(view, position);
    this.#source = {
      ...this.#common,
      leaderEpoch: partitionLeaderEpoch(view, position),
      timestampType: timestampType(view, position),
    };
    try {
      this.#cursor = openRecords(this.#bytes, view, position);
    } catch (error) {
      throw corrupt(this.#common, this.#baseOffset, error);
    }
    return this.#cursor;
  }
}
