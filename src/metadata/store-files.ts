import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { crc32c } from '../base/crc32c.ts';
import { Malformed } from '../base/malformed.ts';
import type { StoreEntry } from './metadata-store.ts';
import type { Change, StoreState } from './store-state.ts';

/**
 * The two files of the embedded store, both big-endian.
 *
 * `wal-<revision>`: the transactions after that revision, each as
 *   magic u32, length u32 of the payload, crc32c u32 of the payload; payload: revision i64, synced i64, count u32, changes.
 *   `synced` is the revision known to be on disk when the record was written. It tells a torn tail from damage:
 *   a bad record whose revision a later record calls synced was once whole.
 *   A record that repeats the revision and changes nothing says that the store was closed in order.
 * `snapshot`: magic u32, crc32c u32 of the rest; revision i64, count u32, entries.
 */
const RECORD_MAGIC = 0x50_48_57_31;
const SNAPSHOT_MAGIC = 0x50_48_53_31;
const RECORD_HEADER_BYTES = 12;
const PAYLOAD_BYTES_MIN = 20;

export interface LogRecord {
  readonly revision: number;
  readonly synced: number;
  readonly changes: readonly Change[];
}

/** A file of the store is not what was once written and synced. Nothing is repaired by guessing: restore a copy. */
export class StoreDamaged extends Error {
  override name = 'StoreDamaged';
  readonly path: string;
  readonly position: number;

  constructor(path: string, position: number, what: string) {
    super(`${path} is damaged at byte ${position}: ${what}`);
    this.path = path;
    this.position = position;
  }
}

export function writeRecord(writer: ByteWriter, { revision, synced, changes }: LogRecord): void {
  const start = writer.reserve(RECORD_HEADER_BYTES);
  writer.int64(revision);
  writer.int64(synced);
  writer.uint32(changes.length);
  for (const { key, value, lease } of changes) {
    writeText(writer, key);
    writeOptionalText(writer, value);
    writeOptionalText(writer, lease);
  }
  const payload = writer.bytes.subarray(start + RECORD_HEADER_BYTES, writer.position);
  writer.view.setUint32(start, RECORD_MAGIC);
  writer.view.setUint32(start + 4, payload.length);
  writer.view.setUint32(start + 8, crc32c(payload));
}

export interface Replayed {
  /** Where the whole records end: what follows is a torn tail to cut. */
  readonly end: number;
  /** The store was closed in order: all of the log is known to be on disk. */
  readonly closed: boolean;
}

/** Applies the records of a log to `state`, which stands at the log's first revision. Throws {@link StoreDamaged}. */
export function replay(state: StoreState, bytes: Buffer, path: string): Replayed {
  let position = 0;
  let closed = false;
  while (position < bytes.length) {
    const found = readRecord(bytes, position);
    if (found === undefined) {
      refuseDamage(bytes, path, { from: position, revision: state.revision + 1 });
      return { end: position, closed: false };
    }
    const { record, end } = found;
    const isMark = record.revision === state.revision && record.changes.length === 0;
    if (!isMark && record.revision !== state.revision + 1) {
      throw new StoreDamaged(path, position, `revision ${record.revision} follows ${state.revision}`);
    }
    if (!isMark) state.apply(record.changes);
    position = end;
    closed = isMark;
  }
  return { end: position, closed };
}

/** Throws when a whole record behind the bad one at `from` says that `revision` had been synced. */
function refuseDamage(bytes: Buffer, path: string, bad: { from: number; revision: number }): void {
  const magic = Buffer.alloc(4);
  magic.writeUInt32BE(RECORD_MAGIC);
  for (
    let position = bytes.indexOf(magic, bad.from + 1);
    position >= 0;
    position = bytes.indexOf(magic, position + 1)
  ) {
    const found = readRecord(bytes, position);
    if (found !== undefined && found.record.synced >= bad.revision) {
      throw new StoreDamaged(path, bad.from, `the record of revision ${bad.revision} does not match its checksum`);
    }
  }
}

function readRecord(bytes: Buffer, position: number): { record: LogRecord; end: number } | undefined {
  if (bytes.length - position < RECORD_HEADER_BYTES + PAYLOAD_BYTES_MIN) return undefined;
  if (bytes.readUInt32BE(position) !== RECORD_MAGIC) return undefined;
  const start = position + RECORD_HEADER_BYTES;
  const end = start + bytes.readUInt32BE(position + 4);
  if (end > bytes.length || end < start + PAYLOAD_BYTES_MIN) return undefined;
  if (crc32c(bytes.subarray(start, end)) !== bytes.readUInt32BE(position + 8)) return undefined;
  const reader = new ByteReader(bytes, start, end);
  const revision = reader.int64();
  const synced = reader.int64();
  const count = reader.uint32();
  const changes: Change[] = [];
  for (let index = 0; index < count; index++) {
    changes.push({ key: readText(reader), value: readOptionalText(reader), lease: readOptionalText(reader) });
  }
  return { record: { revision, synced, changes }, end };
}

export function writeSnapshot(state: StoreState): Uint8Array {
  const writer = new ByteWriter(65_536);
  writer.uint32(SNAPSHOT_MAGIC);
  writer.uint32(0);
  writer.int64(state.revision);
  writer.uint32(state.size);
  for (const entry of state.entries()) {
    writeText(writer, entry.key);
    writeText(writer, entry.value);
    writer.int64(entry.createRevision);
    writer.int64(entry.modRevision);
    writeOptionalText(writer, entry.lease);
  }
  const bytes = writer.finish();
  bytes.writeUInt32BE(crc32c(bytes.subarray(8)), 4);
  return bytes;
}

/** Fills `state` from a snapshot. Throws {@link StoreDamaged}. */
export function readSnapshot(state: StoreState, bytes: Buffer, path: string): void {
  const isWhole = bytes.length >= PAYLOAD_BYTES_MIN && bytes.readUInt32BE(0) === SNAPSHOT_MAGIC;
  if (!isWhole) throw new StoreDamaged(path, 0, 'not a snapshot');
  if (crc32c(bytes.subarray(8)) !== bytes.readUInt32BE(4)) throw new StoreDamaged(path, 4, 'checksum mismatch');
  const reader = new ByteReader(bytes, 8);
  try {
    state.restoreRevision(reader.int64());
    const count = reader.uint32();
    for (let index = 0; index < count; index++) state.restore(readEntry(reader));
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new StoreDamaged(path, reader.position, error.message);
  }
}

function readEntry(reader: ByteReader): StoreEntry {
  return {
    key: readText(reader),
    value: readText(reader),
    createRevision: reader.int64(),
    modRevision: reader.int64(),
    lease: readOptionalText(reader),
  };
}

function writeText(writer: ByteWriter, text: string): void {
  const start = writer.reserve(4);
  const length = writer.utf8(text);
  writer.view.setUint32(start, length);
}

/** A present text follows a byte 1, an absent one is a byte 0. */
function writeOptionalText(writer: ByteWriter, text: string | undefined): void {
  writer.int8(text === undefined ? 0 : 1);
  if (text !== undefined) writeText(writer, text);
}

function readText(reader: ByteReader): string {
  return reader.utf8(reader.uint32());
}

function readOptionalText(reader: ByteReader): string | undefined {
  return reader.int8() === 0 ? undefined : readText(reader);
}
