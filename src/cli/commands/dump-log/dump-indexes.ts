import { basename, dirname, join, resolve } from 'node:path';
import { SegmentScanner } from '../../../log/segments/segment-scanner.ts';
import { lastOffset } from '../../../records/batch.ts';
import { decodeRecords } from '../../../records/batch-records.ts';
import type { DiskFile } from '../../../runtime/disk.ts';
import { javaFailure, uncaught } from '../../tools/java-failure.ts';
import { wholeBatch } from './dump-batches.ts';
import type { Dump } from './dump.ts';
import { wholeFile } from './dump-producers.ts';

const OFFSET_ENTRY_BYTES = 8;
const TIME_ENTRY_BYTES = 12;

interface OffsetEntry {
  readonly offset: number;
  readonly position: number;
}

interface TimeEntry {
  readonly offset: number;
  readonly timestamp: number;
}

/** Prints and checks an `.index` against its log. */
export function dumpOffsetIndex(path: string, dump: Dump): void {
  const { plan, output, findings } = dump;
  const base = baseOf(path);
  const log = dump.open(besides(path, '.log'));
  try {
    const bytes = wholeFile(path, dump);
    const entries = offsetEntries(bytes, base);
    if (entries.length === 0) {
      output.text(`${path} is empty.\n`);
      return;
    }
    if (plan.isSanityOnly) {
      checkLength(path, bytes, OFFSET_ENTRY_BYTES, 'Index');
      output.text(`${path} passed sanity check.\n`);
      return;
    }
    for (const { offset, position } of usedEntries(entries, base)) {
      const scanner = new SegmentScanner(log, { from: position, to: log.size(), checkCrc: false });
      if (!scanner.next()) throw new Error(`there is no batch at position ${position} of ${besides(path, '.log')}`);
      const found = lastOffset(scanner.view, scanner.at);
      if (found !== offset) findings.indexMismatch(resolve(path), offset, found);
      if (!plan.isVerifyOnly) output.text(`offset: ${offset} position: ${position}\n`);
    }
  } finally {
    log.close();
  }
}

/** Prints and checks a `.timeindex` against its log and `.index`. */
export function dumpTimeIndex(path: string, dump: Dump): void {
  const { plan, output, findings } = dump;
  const base = baseOf(path);
  const log = dump.open(besides(path, '.log'));
  try {
    const index = usedEntries(offsetEntries(wholeFile(besides(path, '.index'), dump), base), base);
    const bytes = wholeFile(path, dump);
    const entries = timeEntries(bytes, base);
    if (plan.isSanityOnly) {
      checkTimes(path, bytes, entries);
      output.text(`${path} passed sanity check.\n`);
      return;
    }
    let earlier = -1;
    for (const { offset, timestamp } of usedEntries(entries, base)) {
      const position = index.findLast((entry) => entry.offset <= offset)?.position ?? 0;
      const found = batchWith(log, position, offset);
      if (found?.lastOffset !== offset) findings.notFound(resolve(path), offset, found?.lastOffset ?? -1);
      else {
        if (found.maxTimestamp !== timestamp) findings.timeMismatch(resolve(path), timestamp, found.maxTimestamp);
        if (earlier >= timestamp) findings.outOfOrder(resolve(path), timestamp, earlier);
      }
      if (!plan.isVerifyOnly) output.text(`timestamp: ${timestamp} offset: ${offset}\n`);
      earlier = timestamp;
    }
  } finally {
    log.close();
  }
}

/** The first batch from a position that reaches an offset. */
function batchWith(log: DiskFile, position: number, offset: number) {
  const scanner = new SegmentScanner(log, { from: position, to: log.size(), checkCrc: false });
  while (scanner.next()) {
    const last = lastOffset(scanner.view, scanner.at);
    if (last < offset) continue;
    let latest = -1;
    for (const { timestamp } of decodeRecords(wholeBatch(log, scanner))) latest = Math.max(latest, timestamp);
    return { lastOffset: last, maxTimestamp: latest };
  }
  return undefined;
}

function baseOf(path: string): number {
  return Number(basename(path).split('.')[0]);
}

function besides(path: string, suffix: string): string {
  return join(dirname(resolve(path)), `${basename(path).split('.')[0]}${suffix}`);
}

function offsetEntries(bytes: Buffer, base: number): OffsetEntry[] {
  return Array.from({ length: Math.floor(bytes.length / OFFSET_ENTRY_BYTES) }, (_, index) => ({
    offset: base + bytes.readInt32BE(index * OFFSET_ENTRY_BYTES),
    position: bytes.readInt32BE(index * OFFSET_ENTRY_BYTES + 4),
  }));
}

function timeEntries(bytes: Buffer, base: number): TimeEntry[] {
  return Array.from({ length: Math.floor(bytes.length / TIME_ENTRY_BYTES) }, (_, index) => ({
    timestamp: Number(bytes.readBigInt64BE(index * TIME_ENTRY_BYTES)),
    offset: base + bytes.readInt32BE(index * TIME_ENTRY_BYTES + 8),
  }));
}

/** Those before the zeros of a file that was made larger than it needs to be. */
function usedEntries<T extends { readonly offset: number }>(entries: readonly T[], base: number): readonly T[] {
  const end = entries.findIndex(({ offset }, index) => index > 0 && offset === base);
  return end < 0 ? entries : entries.slice(0, end);
}

function checkLength(path: string, bytes: Buffer, entryBytes: number, name: string): void {
  if (bytes.length % entryBytes === 0) return;
  corrupt(
    `${name} file ${resolve(path)} is corrupt, found ${bytes.length} bytes which is neither positive nor a multiple of ${entryBytes}.`,
  );
}

function checkTimes(path: string, bytes: Buffer, entries: readonly TimeEntry[]): void {
  const [first] = entries;
  const last = entries.at(-1);
  if (first !== undefined && last !== undefined && last.timestamp < first.timestamp) {
    corrupt(
      `Corrupt time index found, time index file (${resolve(path)}) has non-zero size but the last timestamp is ${last.timestamp} which is less than the first timestamp ${first.timestamp}`,
    );
  }
  checkLength(path, bytes, TIME_ENTRY_BYTES, 'Time index');
}

function corrupt(text: string): never {
  throw uncaught(javaFailure('org.apache.kafka.storage.internals.log.CorruptIndexException', text));
}
