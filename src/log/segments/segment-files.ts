import { nextOffset } from '../../records/batch.ts';
import type { DirectoryEntry } from '../../runtime/disk.ts';
import type { LogShared } from '../log-shared.ts';
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  SEGMENT_SUFFIXES,
  SWAP_SUFFIX,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
  offsetFileName,
  offsetOfFile,
} from './segment-names.ts';
import { SegmentScanner } from './segment-scanner.ts';
import { Segment } from './segment.ts';

/** What a partition's directory holds. */
export interface FoundFiles {
  readonly segments: Segment[];
  readonly names: readonly string[];
  /** When a segment was last written to, by the wall clock; infinite where files have no times. */
  readonly writtenMs: number;
}

/**
 * Lists the segments of a partition after putting right what a cleaner or a removal that did not finish left behind:
 * `.deleted` and `.cleaned` files go, `.swap` files take the place of what they replace (Kafka's LogLoader).
 */
export function findSegments(shared: LogShared, directory: string, nowMs: number): FoundFiles {
  let files = listFiles(shared, directory);
  if (removeUnfinished(shared, directory, files)) files = listFiles(shared, directory);
  if (completeSwaps(shared, directory, files)) files = listFiles(shared, directory);
  const segments: Segment[] = [];
  const bases = new Set<number>();
  let writtenMs = Number.NEGATIVE_INFINITY;
  for (const { name, size, modifiedMs = Number.POSITIVE_INFINITY } of files) {
    const baseOffset = offsetOfFile(name, LOG_SUFFIX);
    if (baseOffset === undefined) continue;
    bases.add(baseOffset);
    writtenMs = Math.max(writtenMs, modifiedMs);
    segments.push(new Segment({ files: shared.files, directory, baseOffset, size, isNew: false, createdMs: nowMs }));
  }
  removeOrphans(shared, directory, files, bases);
  return {
    segments: segments.toSorted((left, right) => left.baseOffset - right.baseOffset),
    names: files.map(({ name }) => name),
    writtenMs,
  };
}

function listFiles(shared: LogShared, directory: string): DirectoryEntry[] {
  return shared.disk.list(directory).filter(({ isDirectory }) => !isDirectory);
}

/**
 * Drops what a cleaner had not finished. Its names turn from `.cleaned` to `.swap` one by one, so swaps at or behind a
 * `.cleaned` file are not complete either (Kafka's LogLoader.removeTempFilesAndCollectSwapFiles).
 */
function removeUnfinished(shared: LogShared, directory: string, files: readonly DirectoryEntry[]): boolean {
  let cleanedFrom = Number.POSITIVE_INFINITY;
  for (const { name } of files) {
    if (name.endsWith(CLEANED_SUFFIX)) cleanedFrom = Math.min(cleanedFrom, offsetOfName(name));
  }
  const swaps = files.filter(({ name }) => name.endsWith(SWAP_SUFFIX) && offsetOfName(name) >= cleanedFrom);
  const rest = files.filter(({ name }) => name.endsWith(CLEANED_SUFFIX) || name.endsWith(DELETED_SUFFIX));
  // The swaps first, and durably: without a `.cleaned` file beside them they would pass for complete ones.
  removeAll(shared, directory, swaps);
  removeAll(shared, directory, rest);
  return swaps.length + rest.length > 0;
}

function removeAll(shared: LogShared, directory: string, files: readonly DirectoryEntry[]): void {
  for (const { name } of files) shared.disk.remove(`${directory}/${name}`);
  if (files.length > 0) shared.disk.syncDirectory(directory);
}

function completeSwaps(shared: LogShared, directory: string, files: readonly DirectoryEntry[]): boolean {
  const swaps = files.filter(({ name }) => name.endsWith(SWAP_SUFFIX));
  if (swaps.length === 0) return false;
  for (const { name, size } of swaps) {
    const base = offsetOfFile(name, LOG_SUFFIX + SWAP_SUFFIX);
    if (base === undefined) continue;
    const end = Math.max(base + 1, endOffsetOf(shared, `${directory}/${name}`, size));
    for (const other of files) {
      const otherBase = offsetOfFile(other.name, LOG_SUFFIX);
      if (otherBase === undefined || otherBase < base || otherBase >= end) continue;
      // The log last: while it is there, the indexes beside it are its own and not yet those of the new segment.
      for (const suffix of SEGMENT_SUFFIXES) shared.disk.remove(`${directory}/${offsetFileName(otherBase, suffix)}`);
    }
  }
  // The log of a segment last, as when it was swapped: until then it is found here again.
  const inOrder = swaps.toSorted((left, right) => rankOf(left.name) - rankOf(right.name));
  for (const { name } of inOrder) {
    shared.disk.rename(`${directory}/${name}`, `${directory}/${name.slice(0, -SWAP_SUFFIX.length)}`);
  }
  shared.disk.syncDirectory(directory);
  return true;
}

function rankOf(swapName: string): number {
  return swapName.endsWith(LOG_SUFFIX + SWAP_SUFFIX) ? 1 : 0;
}

function endOffsetOf(shared: LogShared, path: string, size: number): number {
  const file = shared.disk.open(path, 'read');
  try {
    const scanner = new SegmentScanner(file, { from: 0, to: size, checkCrc: false });
    let end = -1;
    while (scanner.next()) end = nextOffset(scanner.view, scanner.at);
    return end;
  } finally {
    file.close();
  }
}

/** Indexes without their log are of no use to anyone. */
function removeOrphans(
  shared: LogShared,
  directory: string,
  files: readonly DirectoryEntry[],
  bases: ReadonlySet<number>,
): void {
  for (const { name } of files) {
    for (const suffix of [OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX]) {
      const offset = offsetOfFile(name, suffix);
      if (offset !== undefined && !bases.has(offset)) shared.disk.remove(`${directory}/${name}`);
    }
  }
}

function offsetOfName(name: string): number {
  return Number(name.slice(0, name.indexOf('.')));
}
