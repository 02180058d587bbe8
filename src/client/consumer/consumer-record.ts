import { RecordCursor, type RecordHeader } from '../../records/record-cursor.ts';
import { TimestampType } from '../../records/batch.ts';
import type { Deserializer } from '../serializers.ts';

/** A record as a consumer gets it. Key, value and headers are decoded when they are first looked at; that may throw SERIALIZATION. */
export interface ConsumerRecord<K, V> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly timestampType: 'create-time' | 'log-append-time';
  /** -1 when the broker told none. */
  readonly leaderEpoch: number;
  readonly key: K;
  readonly value: V;
  readonly headers: readonly RecordHeader[];
}

/** What the records of one batch share. */
export interface RecordSource<K, V> {
  readonly topic: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly timestampType: TimestampType;
  readonly keyDeserializer: Deserializer<K>;
  readonly valueDeserializer: Deserializer<V>;
}

const UNREAD = Symbol('unread');

/** A record that knows where its parts lie and reads them when asked. Holds the memory of its batch. */
export class FetchedRecord<K, V> implements ConsumerRecord<K, V> {
  readonly offset: number;
  readonly timestamp: number;
  readonly #source: RecordSource<K, V>;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  readonly #keyStart: number;
  readonly #keyLength: number;
  readonly #valueStart: number;
  readonly #valueLength: number;
  #key: K | typeof UNREAD = UNREAD;
  #value: V | typeof UNREAD = UNREAD;
  #headers: readonly RecordHeader[] | undefined;

  constructor(source: RecordSource<K, V>, cursor: RecordCursor, offset: number, timestamp: number) {
    this.offset = offset;
    this.timestamp = timestamp;
    this.#source = source;
    this.#bytes = cursor.bytes;
    this.#start = cursor.recordStart;
    this.#end = cursor.recordEnd;
    this.#keyStart = cursor.keyStart;
    this.#keyLength = cursor.keyLength;
    this.#valueStart = cursor.valueStart;
    this.#valueLength = cursor.valueLength;
  }

  get topic(): string {
    return this.#source.topic;
  }

  get partition(): number {
    return this.#source.partition;
  }

  get leaderEpoch(): number {
    return this.#source.leaderEpoch;
  }

  get timestampType(): 'create-time' | 'log-append-time' {
    return this.#source.timestampType === TimestampType.logAppendTime ? 'log-append-time' : 'create-time';
  }

  get key(): K {
    if (this.#key === UNREAD) {
      const { topic, keyDeserializer } = this.#source;
      const bytes = part(this.#bytes, this.#keyStart, this.#keyLength);
      this.#key = keyDeserializer.deserialize(bytes, { topic, isKey: true });
    }
    return this.#key;
  }

  get value(): V {
    if (this.#value === UNREAD) {
      const { topic, valueDeserializer } = this.#source;
      const bytes = part(this.#bytes, this.#valueStart, this.#valueLength);
      this.#value = valueDeserializer.deserialize(bytes, { topic, isKey: false });
    }
    return this.#value;
  }

  get headers(): readonly RecordHeader[] {
    if (this.#headers === undefined) {
      const cursor = new RecordCursor(this.#bytes, 1, this.#start, this.#end);
      cursor.next();
      this.#headers = cursor.headers();
    }
    return this.#headers;
  }
}

function part(bytes: Uint8Array, start: number, length: number): Uint8Array | null {
  return length < 0 ? null : bytes.subarray(start, start + length);
}
