import { ByteReader } from '../../base/byte-reader.ts';
import { ByteWriter } from '../../base/byte-writer.ts';
import { Malformed } from '../../base/malformed.ts';
import type { Disk } from '../../runtime/disk.ts';

const ENTRY_BYTES = 34;
const VERSION = 0;
const FILE_BYTES_MAX = 256 * 1024 * 1024;

/** A transaction that was aborted in this log. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** The offset of the marker. */
  readonly lastOffset: number;
  /** The last stable offset once this transaction was done: older entries may still matter below it. */
  readonly lastStableOffset: number;
}

/**
 * The aborted transactions whose markers lie in a segment (`.txnindex`), in the order of their markers. Most segments
 * have none: then there is no file (Kafka's TransactionIndex).
 */
export class TransactionIndex {
  readonly #disk: Disk;
  readonly #path: string;
  #entries: AbortedTransaction[] | undefined;
  #persistedCount = 0;
  #isUnsynced = false;
  #hasNewName = false;

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  /** What was persisted is not durable yet. Nobody can make it anew once the recovery point has passed it. */
  get isUnsynced(): boolean {
    return this.#isUnsynced;
  }

  /** The file was made, and the name it has is not durable yet. */
  get hasNewName(): boolean {
    return this.#hasNewName;
  }

  /** Its directory is being synced. */
  nameSynced(): void {
    this.#hasNewName = false;
  }

  /** Throws {@link Malformed} for a file that is none. */
  entries(): readonly AbortedTransaction[] {
    return this.#load();
  }

  append(transaction: AbortedTransaction): void {
    this.#load().push(transaction);
  }

  /** Forgets the transactions whose marker lies at or above `offset`. */
  truncateTo(offset: number): void {
    const entries = this.#load();
    let count = entries.length;
    while (count > 0 && entries[count - 1]!.lastOffset >= offset) count--;
    if (count === entries.length) return;
    entries.length = count;
    if (this.#persistedCount > count) this.#rewrite();
  }

  /** Starts over, after the file was found wrong or for a rebuild. */
  reset(): void {
    this.#entries = [];
    if (this.#disk.exists(this.#path)) this.#rewrite();
  }

  persist(): void {
    const entries = this.#entries;
    if (entries === undefined || entries.length === this.#persistedCount) return;
    const fresh = entries.slice(this.#persistedCount);
    this.#isUnsynced = true;
    this.#hasNewName ||= !this.#disk.exists(this.#path);
    const file = this.#disk.open(this.#path, 'create');
    try {
      file.write(encode(fresh), this.#persistedCount * ENTRY_BYTES);
    } finally {
      file.close();
    }
    this.#persistedCount = entries.length;
  }

  /** Makes what was persisted durable. */
  async sync(): Promise<void> {
    if (!this.#isUnsynced) return;
    this.#isUnsynced = false;
    const file = this.#disk.open(this.#path, 'existing');
    try {
      await file.sync();
    } finally {
      file.close();
    }
  }

  /** The same, before it returns. */
  syncNow(): void {
    if (!this.#isUnsynced) return;
    this.#isUnsynced = false;
    const file = this.#disk.open(this.#path, 'existing');
    try {
      file.syncNow();
    } finally {
      file.close();
    }
  }

  #load(): AbortedTransaction[] {
    if (this.#entries !== undefined) return this.#entries;
    const entries = this.#disk.exists(this.#path) ? decode(this.#disk.readFile(this.#path, FILE_BYTES_MAX)) : [];
    this.#persistedCount = entries.length;
    this.#entries = entries;
    return entries;
  }

  #rewrite(): void {
    const bytes = encode(this.#entries ?? []);
    this.#isUnsynced = true;
    this.#hasNewName ||= !this.#disk.exists(this.#path);
    const file = this.#disk.open(this.#path, 'create');
    try {
      file.truncate(bytes.length);
      if (bytes.length > 0) file.write(bytes, 0);
    } finally {
      file.close();
    }
    this.#persistedCount = this.#entries?.length ?? 0;
  }
}

function encode(entries: readonly AbortedTransaction[]): Uint8Array {
  const writer = new ByteWriter(entries.length * ENTRY_BYTES);
  for (const entry of entries) {
    writer.int16(VERSION);
    writer.int64(entry.producerId);
    writer.int64(entry.firstOffset);
    writer.int64(entry.lastOffset);
    writer.int64(entry.lastStableOffset);
  }
  return writer.finish();
}

function decode(bytes: Uint8Array): AbortedTransaction[] {
  const reader = new ByteReader(bytes);
  const entries: AbortedTransaction[] = [];
  while (reader.remaining >= ENTRY_BYTES) {
    const version = reader.int16();
    if (version !== VERSION) throw new Malformed(`transaction index of version ${version}`);
    const entry = {
      producerId: reader.int64(),
      firstOffset: reader.int64(),
      lastOffset: reader.int64(),
      lastStableOffset: reader.int64(),
    };
    if (entry.firstOffset > entry.lastOffset) throw new Malformed('transaction index entry ends before it starts');
    entries.push(entry);
  }
  return entries;
}
