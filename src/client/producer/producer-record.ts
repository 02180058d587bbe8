import type { RecordHeader } from '../../records/record-cursor.ts';
import type { Receipt } from './receipt.ts';

/** Headers by name, or as a list when a name comes more than once. Text is written as UTF-8. */
export type ProducerHeaders = Readonly<Record<string, string | Uint8Array | null>> | readonly RecordHeader[];

/** A record to be sent. */
export interface ProducerRecord<K, V> {
  readonly topic: string;
  /** Left out: no key. Records of one key go to one partition and keep their order. */
  readonly key?: K;
  readonly value: V;
  readonly headers?: ProducerHeaders;
  /** Milliseconds since 1970; now when left out. */
  readonly timestamp?: number;
  /** Left out: the partitioner chooses. */
  readonly partition?: number;
}

/** A record as bytes, and who is told of it. */
export interface OutgoingRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
  readonly timestamp: number;
  /** At most this many bytes in a batch. */
  readonly size: number;
  readonly receipt: Receipt;
}

const NO_HEADERS: readonly RecordHeader[] = [];
/** Length, attributes, deltas and the lengths of key and value, each as long as it can be. */
const RECORD_OVERHEAD_BYTES = 36;
const HEADER_OVERHEAD_BYTES = 10;

export function headerList(headers: ProducerHeaders | undefined): readonly RecordHeader[] {
  if (headers === undefined) return NO_HEADERS;
  if (isList(headers)) return headers;
  return Object.entries(headers).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? Buffer.from(value) : value,
  }));
}

/** The most bytes that a record takes in a batch. */
export function recordSize(key: Uint8Array | null, value: Uint8Array | null, headers: readonly RecordHeader[]): number {
  let size = RECORD_OVERHEAD_BYTES + (key === null ? 0 : key.length) + (value === null ? 0 : value.length);
  for (const header of headers) {
    size += HEADER_OVERHEAD_BYTES + Buffer.byteLength(header.key) + (header.value?.length ?? 0);
  }
  return size;
}

function isList(headers: ProducerHeaders): headers is readonly RecordHeader[] {
  return Array.isArray(headers);
}
