import { E, type ErrorSpec } from '../protocol/errors.ts';
import { isNoSpace } from '../runtime/disk.ts';
import type { LogCore } from './log-core.ts';
import { deletableByRetention } from './retention.ts';

/** Moves the log's start up to `offset`, at most the high watermark; whole segments below it go (behaviour 54). */
export function deleteRecordsBefore(log: LogCore, offset: number): ErrorSpec {
  if (log.health.failure !== undefined) return E.KAFKA_STORAGE_ERROR;
  if (offset > log.highWatermark || offset < 0) return E.OFFSET_OUT_OF_RANGE;
  if (offset <= log.logStartOffset) return E.NONE;
  moveStart(log, offset);
  removeOldest(log, log.segments.countBelow(offset));
  return E.NONE;
}

/** Removes segments that time, size or the log's start have passed (behaviour 95). Returns how many. */
export function applyRetention(log: LogCore, nowMs: number): number {
  if (log.health.failure !== undefined || log.writer.isUndone) return 0;
  log.writeStaged();
  const { config, highWatermark, logEndOffset, logStartOffset, segments } = log;
  const bounds = { config, nowMs, highWatermark, logEndOffset, logStartOffset };
  let count = deletableByRetention(segments, bounds);
  if (count === segments.count && !rolled(log, nowMs)) count--;
  if (count === 0) return 0;
  removeOldest(log, count);
  if (log.logStartOffset < segments.first.baseOffset) moveStart(log, segments.first.baseOffset);
  return count;
}

/** Closes the active segment, so that it can go; false when there is no space for a new one. */
function rolled(log: LogCore, nowMs: number): boolean {
  try {
    log.roll(nowMs);
    return true;
  } catch (error) {
    if (!isNoSpace(error)) throw error;
    return false;
  }
}

/** Cuts the log so that it ends at `offset`, or before the batch that holds it. For followers. */
export function truncateTo(log: LogCore, offset: number): void {
  log.health.check();
  if (offset >= log.logEndOffset) {
    // An epoch in which this replica led and wrote nothing must not stand against the leader's (LocalLog.truncateTo).
    log.epochs.truncateFromEnd(offset);
    return;
  }
  if (offset <= log.segments.first.baseOffset) {
    truncateFullyAndStartAt(log, offset, 0);
    return;
  }
  log.writeStaged();
  log.health.guarded(() => {
    const place = log.store.cutPlace(offset);
    lowerRecoveryPoint(log, place.endOffset);
    log.store.cut(place);
    log.endsAt(place.endOffset);
  });
}

/** Drops everything: the log is empty and starts at `offset`. */
export function truncateFullyAndStartAt(log: LogCore, offset: number, nowMs: number): void {
  log.health.check();
  log.writeStaged();
  log.health.guarded(() => {
    lowerRecoveryPoint(log, offset);
    log.store.restartAt(offset, nowMs);
    log.logStartOffset = offset;
    log.endsAt(offset);
  });
}

function moveStart(log: LogCore, offset: number): void {
  log.logStartOffset = offset;
  log.epochs.truncateFromStart(offset);
}

function removeOldest(log: LogCore, count: number): void {
  if (count === 0) return;
  log.health.guarded(() => log.store.removeOldest(count));
  log.durability.startsAt(log.segments.first.baseOffset);
}

/** A recovery point above the log's end would look like lost records at the next start: it goes back first. */
function lowerRecoveryPoint(log: LogCore, offset: number): void {
  if (offset >= log.durability.recoveryPoint) return;
  log.durability.endsAt(offset);
  log.hooks.recoveryPointLowered(log.durability.recoveryPoint);
  log.health.check();
}
