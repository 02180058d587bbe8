import type { LogShared } from './log-shared.ts';
import { emptySlice, sliceOfBuffers, type LogSlice } from './log-slice.ts';
import type { SegmentList } from './segments/segment-list.ts';
import type { Segment } from './segments/segment.ts';

const READ_BLOCK_BYTES = 1024 * 1024;

export interface ReadRequest {
  readonly offset: number;
  readonly bytesMax: number;
  /** Only batches that start below it. */
  readonly upperOffset: number;
  /** The first batch is given whole even when it is larger than `bytesMax`. */
  readonly minOneBatch: boolean;
}

/** The segments to read from, and where they end. */
export interface Readable {
  readonly segments: SegmentList;
  readonly logEndOffset: number;
}

/** Reads whole batches from the files of a log. `offset` lies in the log, below `upperOffset`. Throws LogDamage and DiskError. */
export function readLog(log: Readable, shared: LogShared, request: ReadRequest): LogSlice {
  const range = findRange(log, shared, request);
  return range === undefined ? emptySlice(request.offset) : readRange(shared, range);
}

/** Where a read from a file starts and how long it is. */
interface FileRange {
  readonly segment: Segment;
  readonly position: number;
  readonly length: number;
  readonly upperBound: number;
}

/**
 * Finds what a read takes from a file: from the batch that holds `offset` on, to `upperOffset`, the segment's end or
 * `bytesMax`, which may cut the last batch. Undefined when nothing is there or the first batch does not fit.
 * Throws LogDamage.
 */
function findRange(
  { segments, logEndOffset }: Readable,
  shared: LogShared,
  request: ReadRequest,
): FileRange | undefined {
  for (let index = segments.indexOf(request.offset); index < segments.count; index++) {
    const segment = segments.at(index)!;
    if (segment.baseOffset >= request.upperOffset) return undefined;
    const first = segment.find(request.offset);
    if (segment !== segments.active) shared.indexUsed(segment);
    if (first === undefined) continue;
    if (first.baseOffset >= request.upperOffset) return undefined;
    if (first.size > request.bytesMax && !request.minOneBatch) return undefined;
    const following = segments.at(index + 1)?.baseOffset ?? logEndOffset;
    const isWhole = following <= request.upperOffset;
    const end = isWhole ? segment.size : (segment.find(request.upperOffset)?.position ?? segment.size);
    const length = Math.min(end - first.position, Math.max(request.bytesMax, first.size));
    const indexed = segment.offsetIndex.offsetFrom(first.position + length);
    const upperBound = Math.min(request.upperOffset, following, indexed);
    return { segment, position: first.position, length, upperBound };
  }
  return undefined;
}

/** Reads a range in blocks from the pool. */
function readRange(shared: LogShared, range: FileRange): LogSlice {
  const file = range.segment.log.use();
  const read: { buffer: Uint8Array; length: number }[] = [];
  try {
    for (let done = 0; done < range.length;) {
      const wanted = Math.min(READ_BLOCK_BYTES, range.length - done);
      const buffer = shared.buffers.take(wanted);
      const length = file.read(buffer, 0, wanted, range.position + done);
      read.push({ buffer, length });
      done += length;
      if (length < wanted) break;
    }
  } catch (error) {
    for (const { buffer } of read) shared.buffers.give(buffer);
    throw error;
  }
  return sliceOfBuffers(shared.buffers, read, range.upperBound);
}
