import { batchSize, nextOffset, baseOffset } from '../records/batch.ts';
import type { LogShared } from './log-shared.ts';
import { emptySlice, sliceOfBuffers, sliceOfTail, type LogSlice } from './log-slice.ts';
import type { SegmentList } from './segment-list.ts';
import type { Segment } from './segment.ts';
import type { LogTail, TailChunk } from './tail-cache.ts';

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

/** Reads one log: from its tail where that reaches, else from its files. */
export class LogReader {
  readonly #shared: LogShared;
  readonly #tail: LogTail;

  constructor(shared: LogShared, tail: LogTail) {
    this.#shared = shared;
    this.#tail = tail;
  }

  /** `offset` lies in the log, below `upperOffset`. Throws LogDamage and DiskError. */
  read(log: Readable, request: ReadRequest): LogSlice {
    const slice = readTail(this.#tail, this.#shared, request);
    if (slice !== undefined) return slice;
    const range = findRange(log, this.#shared, request);
    return range === undefined ? emptySlice(request.offset) : readRange(this.#shared, range);
  }

  /** The same; what has to come from a file comes on the thread pool. */
  async readCold(log: Readable, request: ReadRequest): Promise<LogSlice> {
    const slice = readTail(this.#tail, this.#shared, request);
    if (slice !== undefined) return slice;
    const range = findRange(log, this.#shared, request);
    return range === undefined ? emptySlice(request.offset) : readRangeCold(this.#shared, range);
  }
}

/** Where a read from a file starts and how long it is. */
interface FileRange {
  readonly segment: Segment;
  readonly position: number;
  readonly length: number;
  readonly upperBound: number;
}

/**
 * Reads from the tail, whole batches only; undefined when `offset` lies before it. `offset` is below `upperOffset`
 * and that at most the log's end.
 */
function readTail(tail: LogTail, shared: LogShared, request: ReadRequest): LogSlice | undefined {
  let index = tail.find(request.offset);
  if (index < 0) return undefined;
  const chunks: Uint8Array[] = [];
  let left = request.bytesMax;
  let upperBound = request.offset;
  for (let chunk = tail.at(index); chunk !== undefined; chunk = tail.at(++index)) {
    if (chunk.baseOffset >= request.upperOffset) break;
    const cut = cutChunk(chunk, request, chunks.length === 0 && request.minOneBatch, left);
    if (cut.end === cut.start) break;
    const isWhole = cut.end === chunk.bytes.length;
    chunks.push(isWhole && cut.start === 0 ? chunk.bytes : chunk.bytes.subarray(cut.start, cut.end));
    left -= cut.end - cut.start;
    upperBound = isWhole ? chunk.nextOffset : cut.nextOffset;
    if (!isWhole) break;
  }
  return chunks.length === 0 ? emptySlice(request.offset) : sliceOfTail(shared.tails, chunks, upperBound);
}

interface ChunkCut {
  start: number;
  end: number;
  nextOffset: number;
}

/** The whole batches of a chunk that the request wants and that fit. Walks only where the chunk is not taken whole. */
function cutChunk(chunk: TailChunk, request: ReadRequest, minOneBatch: boolean, left: number): ChunkCut {
  const { bytes } = chunk;
  const cut = { start: 0, end: bytes.length, nextOffset: chunk.nextOffset };
  const isWanted = chunk.baseOffset >= request.offset && chunk.nextOffset <= request.upperOffset;
  if (isWanted && bytes.length <= left) return cut;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let position = 0;
  while (position < bytes.length && nextOffset(view, position) <= request.offset) position += batchSize(view, position);
  cut.start = position;
  cut.end = position;
  while (position < bytes.length && baseOffset(view, position) < request.upperOffset) {
    const size = batchSize(view, position);
    const isFirst = position === cut.start;
    if (position + size - cut.start > left && !(isFirst && minOneBatch)) break;
    cut.nextOffset = nextOffset(view, position);
    position += size;
    cut.end = position;
  }
  return cut;
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

/** The same on the thread pool, for what is likely to be on the device only. */
async function readRangeCold(shared: LogShared, range: FileRange): Promise<LogSlice> {
  const file = range.segment.log.pin();
  const read: { buffer: Uint8Array; length: number }[] = [];
  try {
    for (let done = 0; done < range.length;) {
      const wanted = Math.min(READ_BLOCK_BYTES, range.length - done);
      const buffer = shared.buffers.take(wanted);
      const entry = { buffer, length: 0 };
      read.push(entry);
      entry.length = await file.readAsync(buffer, 0, wanted, range.position + done);
      done += entry.length;
      if (entry.length < wanted) break;
    }
  } catch (error) {
    for (const { buffer } of read) shared.buffers.give(buffer);
    throw error;
  } finally {
    range.segment.log.unpin();
  }
  return sliceOfBuffers(shared.buffers, read, range.upperBound);
}
