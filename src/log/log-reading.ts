import { E } from '../protocol/errors.ts';
import type { LogCore } from './log-core.ts';
import { readLog, type ReadRequest } from './log-reader.ts';
import { emptySlice, failedSlice, type LogSlice } from './log-slice.ts';
import type { TimestampHit } from './segments/timestamp-search.ts';

/**
 * Whole batches from the one that holds `offset` on, below `upperOffset`. Empty at the log's end or where the first
 * batch does not fit; OFFSET_OUT_OF_RANGE below the log's start and above its end (behaviours 37, 38, 40).
 */
export function readBatches(log: LogCore, request: ReadRequest): LogSlice {
  const early = readEarly(log, request);
  if (early !== undefined) return early;
  try {
    return readLog({ segments: log.segments, logEndOffset: log.logEndOffset }, log.shared, request);
  } catch (error) {
    log.health.fail(error);
    return failedSlice(E.KAFKA_STORAGE_ERROR);
  }
}

/** Looks through everything that was appended. Throws DiskError, LogDamage. */
export function searching(log: LogCore, search: () => TimestampHit | undefined): TimestampHit | undefined {
  log.health.check();
  log.writeStaged();
  return log.health.guarded(search);
}

/** The answer where there is nothing to read. Else what is staged is written first, and undefined returned. */
function readEarly(log: LogCore, { offset, upperOffset }: ReadRequest): LogSlice | undefined {
  if (log.health.failure !== undefined) return failedSlice(E.KAFKA_STORAGE_ERROR);
  if (offset < log.logStartOffset || offset > log.logEndOffset) return failedSlice(E.OFFSET_OUT_OF_RANGE);
  if (offset >= upperOffset || offset === log.logEndOffset) return emptySlice(offset);
  try {
    log.writeStaged();
  } catch {
    return failedSlice(E.KAFKA_STORAGE_ERROR);
  }
  return undefined;
}
