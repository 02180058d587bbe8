import type { DecodedRecord } from '../../records/batch-records.ts';

interface Kept {
  readonly key: string;
  readonly value: string | null;
  isAborted: boolean;
}

/** A record as a consumer sees it; a null value deletes its key. */
export interface KeyedRecord {
  readonly offset: number;
  readonly key: string;
  readonly value: string | null;
}

/**
 * What was committed to a partition of a topic that is cleaned: of it compaction may take what a later record of the same key
 * stands for, what was aborted and what deletes a key; nothing else, and nothing may come to lie elsewhere (I13).
 */
export class KeptRecords {
  readonly #compacts: boolean;
  readonly #records = new Map<number, Kept>();
  /** The last offset of each key, transactions under way left out. */
  readonly #newest = new Map<string, number>();
  /** What open transactions wrote, by producer. */
  readonly #undecided = new Map<number, number[]>();

  constructor(compacts: boolean) {
    this.#compacts = compacts;
  }

  /** Takes records that were committed; those of a transaction count when it ends, and `producerId` names its producer. */
  take(records: readonly DecodedRecord[], producerId: number | undefined): void {
    for (const record of records) {
      const { offset, key, value } = textOf(record);
      this.#records.set(offset, { key, value, isAborted: false });
      if (producerId === undefined) this.#newest.set(key, offset);
      else this.#undecided.set(producerId, [...(this.#undecided.get(producerId) ?? []), offset]);
    }
  }

  /** The transaction of a producer ended. */
  ended(producerId: number, isCommitted: boolean): void {
    for (const offset of this.#undecided.get(producerId) ?? []) {
      const record = this.#records.get(offset)!;
      record.isAborted = !isCommitted;
      if (isCommitted) this.#newest.set(record.key, Math.max(offset, this.#newest.get(record.key) ?? 0));
    }
    this.#undecided.delete(producerId);
  }

  /** What is wrong with there being nothing from `from` to below `to`. */
  missing(from: number, to: number): string | undefined {
    for (let offset = from; offset < to; offset++) {
      const record = this.#records.get(offset);
      if (record !== undefined && !this.#mayGo(offset, record)) return `${shown(offset, record)} is missing`;
    }
    return undefined;
  }

  /** What is wrong with `records` being all there is from `from` to below `to`. */
  compare(records: readonly DecodedRecord[], from: number, to: number): string | undefined {
    let next = from;
    for (const record of records) {
      const fault = this.missing(next, record.offset) ?? this.differs(textOf(record));
      if (fault !== undefined) return fault;
      next = record.offset + 1;
    }
    return this.missing(next, to);
  }

  /** What is wrong with a record being where it was seen. */
  differs({ offset, key, value }: KeyedRecord): string | undefined {
    const known = this.#records.get(offset);
    if (known?.key === key && known.value === value) return undefined;
    return `at ${offset} is ${key}=${value}, and was ${known === undefined ? 'nothing' : `${known.key}=${known.value}`}`;
  }

  /** What must be read from `from` on by who reads everything: the newest record of each key, unless it deletes it. */
  *lasting(from: number): IterableIterator<number> {
    for (const [offset, record] of this.#records)
      if (offset >= from && !record.isAborted && !this.#mayGo(offset, record)) yield offset;
  }

  #mayGo(offset: number, { key, value, isAborted }: Kept): boolean {
    if (!this.#compacts) return false;
    return isAborted || value === null || offset < (this.#newest.get(key) ?? -1);
  }
}

function textOf({ offset, key, value }: DecodedRecord): KeyedRecord {
  return { offset, key: latin1(key) ?? '', value: latin1(value) };
}

/** The bytes as text: any of them, for keys and values of internal topics are none. */
function latin1(bytes: Uint8Array | null): string | null {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function shown(offset: number, { key, value }: Kept): string {
  return `${key}=${value} at ${offset}`;
}
