import { Malformed } from '../base/malformed.ts';
import { baseOffset, nextOffset, partitionLeaderEpoch } from '../records/batch.ts';
import { replayProducers, replayScanned } from './producers/batch-replay.ts';
import type { LeaderEpochs } from './leader-epochs.ts';
import type { LogConfig } from './log-config.ts';
import { LogDamage } from './log-damage.ts';
import type { LogShared } from './log-shared.ts';
import type { ProducerState } from './producers/producer-state.ts';
import { RECALLED_FOR_MS, recallBatches } from './producers/recall-batches.ts';
import { findSegments } from './segments/segment-files.ts';
import { SegmentList } from './segments/segment-list.ts';
import { Segment } from './segments/segment.ts';
import type { SnapshotFiles } from './producers/snapshot-files.ts';

export interface RecoveryInput {
  readonly shared: LogShared;
  readonly directory: string;
  readonly config: LogConfig;
  /** Everything below it was on the device when it was written down. */
  readonly recoveryPoint: number;
  readonly logStartOffset: number;
  /** The last process closed the log and said so. */
  readonly isClean: boolean;
  readonly nowMs: number;
  readonly epochs: LeaderEpochs;
  readonly producers: ProducerState;
  readonly snapshots: SnapshotFiles;
}

export interface RecoveredLog {
  readonly segments: SegmentList;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
}

interface Recovery extends RecoveryInput {
  /** So little was written lately that nobody sends any of it again. */
  readonly isQuiet: boolean;
}

/**
 * Opens what is on disk. After a clean end only the last batches are looked at. Otherwise everything from the recovery
 * point on is summed, and the log ends before the first batch that is not whole and right: such a tail was never
 * synced. What lies below the recovery point was; if it cannot be read, {@link LogDamage} is thrown and nothing is
 * changed, for cutting there would lose records that were safe (reliability 1.2).
 */
export function recoverLog(input: RecoveryInput): RecoveredLog {
  const found = findSegments(input.shared, input.directory, input.nowMs);
  input.snapshots.found(found.names);
  const hasEpochs = input.epochs.load();
  if (found.segments.length === 0) return startEmpty(input);
  const segments = new SegmentList(found.segments);
  if (!hasEpochs) restoreEpochs(input, segments);
  const recovery = { ...input, isQuiet: input.nowMs - found.writtenMs > RECALLED_FOR_MS };
  const logEndOffset = input.isClean ? walkToEnd(recovery, segments) : recoverTail(recovery, segments);
  input.epochs.truncateFromEnd(logEndOffset);
  input.snapshots.removeAbove(logEndOffset);
  const logStartOffset = Math.max(input.logStartOffset, segments.first.baseOffset);
  if (logStartOffset > logEndOffset) return startAbove(input, segments, logStartOffset);
  input.epochs.truncateFromStart(logStartOffset);
  return { segments, logStartOffset, logEndOffset };
}

export function newSegment(input: Pick<RecoveryInput, 'shared' | 'directory' | 'nowMs'>, startOffset: number): Segment {
  return new Segment({
    files: input.shared.files,
    directory: input.directory,
    baseOffset: startOffset,
    size: 0,
    isNew: true,
    createdMs: input.nowMs,
  });
}

function startEmpty(input: RecoveryInput): RecoveredLog {
  const { logStartOffset, recoveryPoint } = input;
  if (recoveryPoint > logStartOffset) {
    throw new LogDamage(input.directory, 0, `no segment is there, the log was synced up to offset ${recoveryPoint}`);
  }
  const segment = newSegment(input, logStartOffset);
  segment.log.use();
  input.epochs.truncateFromEnd(logStartOffset);
  return { segments: new SegmentList([segment]), logStartOffset, logEndOffset: logStartOffset };
}

/** All that is left lies below the start of the log: records were deleted that had not been synced. */
function startAbove(input: RecoveryInput, segments: SegmentList, logStartOffset: number): RecoveredLog {
  for (const segment of segments.cut(0)) segment.remove();
  input.producers.clear();
  input.epochs.clear();
  const segment = newSegment(input, logStartOffset);
  segment.log.use();
  segments.push(segment);
  return { segments, logStartOffset, logEndOffset: logStartOffset };
}

/** Finds the end of a log that was closed in order; a tail that is no batch makes it an unclean one after all. */
function walkToEnd(input: Recovery, segments: SegmentList): number {
  const { active } = segments;
  const fileBytes = active.size;
  active.resumeBefore(Number.MAX_SAFE_INTEGER);
  let logEndOffset = active.baseOffset;
  const scanner = active.scan({ from: active.size, to: fileBytes, checkCrc: false });
  while (scanner.next()) {
    active.noteBatch(scanner.view, scanner.at, scanner.size, input.config.indexIntervalBytes);
    logEndOffset = nextOffset(scanner.view, scanner.at);
  }
  if (scanner.fault !== undefined) {
    active.size = fileBytes;
    return recoverTail(input, segments);
  }
  if (logEndOffset < input.recoveryPoint && input.logStartOffset <= logEndOffset) {
    throw new LogDamage(active.log.path, fileBytes, endsEarly(logEndOffset, input.recoveryPoint));
  }
  active.isDirty = false;
  restoreProducers(input, segments, logEndOffset);
  return logEndOffset;
}

function recoverTail(input: Recovery, segments: SegmentList): number {
  const { recoveryPoint } = input;
  const from = segments.indexOf(recoveryPoint);
  // Those from there on are found in the batches: the file may name some of records that were cut off.
  input.epochs.truncateFromEnd(Math.max(recoveryPoint, segments.first.baseOffset));
  // Where the segments below were deleted since, only the snapshot at the first that is left knows what is open there.
  restoreProducers(input, segments, Math.max(recoveryPoint, segments.first.baseOffset));
  let logEndOffset = segments.first.baseOffset;
  for (let index = from; index < segments.count; index++) {
    const segment = segments.at(index)!;
    // The end of the segment before was lost with its writes: what follows is tail as well. Compaction leaves such
    // gaps on purpose, so in a compacted topic there is no telling.
    if (
      index > from &&
      segment.baseOffset > Math.max(logEndOffset, recoveryPoint) &&
      !input.config.cleanupPolicy.compact
    ) {
      dropFrom(input, segments, index);
      break;
    }
    const end = recoverSegment(input, segment);
    logEndOffset = end.offset;
    if (!end.isCut) continue;
    dropFrom(input, segments, index + 1);
    break;
  }
  if (logEndOffset < recoveryPoint && recoveryPoint > segments.active.baseOffset) {
    const { log, size } = segments.active;
    throw new LogDamage(log.path, size, endsEarly(logEndOffset, recoveryPoint));
  }
  return logEndOffset;
}

function endsEarly(logEndOffset: number, recoveryPoint: number): string {
  return `the log ends at offset ${logEndOffset}, it was synced up to ${recoveryPoint}`;
}

/** Leader epochs whose file is lost, from the batches that recovery itself does not read. */
function restoreEpochs(
  { epochs, isClean, recoveryPoint, shared, directory }: RecoveryInput,
  segments: SegmentList,
): void {
  const to = isClean ? Number.MAX_SAFE_INTEGER : recoveryPoint;
  for (const segment of segments.all) {
    if (segment.baseOffset >= to) return;
    // A fault is met again, and reported, where the place matters.
    const scanner = segment.scan({ from: 0, to: segment.size, checkCrc: false });
    while (scanner.next() && baseOffset(scanner.view, scanner.at) < to) {
      epochs.assign(partitionLeaderEpoch(scanner.view, scanner.at), baseOffset(scanner.view, scanner.at));
    }
  }
  if (epochs.isDirty) shared.logger.warn('leader epochs were lost and made anew from the batches', { directory });
}

function dropFrom({ shared }: RecoveryInput, segments: SegmentList, index: number): void {
  for (const segment of segments.cut(index).toReversed()) {
    shared.logger.warn('dropped a segment behind a torn tail', { file: segment.log.path, bytes: segment.size });
    segment.remove();
  }
}

interface SegmentEnd {
  readonly offset: number;
  /** The rest of the file was no log: nothing behind it belongs to the log. */
  readonly isCut: boolean;
}

/** Sums a segment from the recovery point on, makes its indexes and takes its batches into epochs and producers. */
function recoverSegment(input: RecoveryInput, segment: Segment, isRetry = false): SegmentEnd {
  const { recoveryPoint, producers, epochs } = input;
  const fileBytes = segment.size;
  if (isRetry || segment.baseOffset >= recoveryPoint) segment.startOver();
  else segment.resumeBefore(recoveryPoint - 1);
  const from = segment.size;
  if (segment.baseOffset >= recoveryPoint) segment.transactionIndex.reset();
  else segment.transactionIndex.truncateTo(recoveryPoint);
  let end = segment.baseOffset;
  const scanner = segment.scan({ from, to: fileBytes, checkCrc: true });
  while (scanner.next()) {
    segment.noteBatch(scanner.view, scanner.at, scanner.size, input.config.indexIntervalBytes);
    end = nextOffset(scanner.view, scanner.at);
    if (end <= recoveryPoint) continue;
    const aborted = replayScanned(scanner, producers, epochs);
    if (aborted !== undefined) segment.transactionIndex.append(aborted);
  }
  segment.isDirty = true;
  if (scanner.fault === undefined) return { offset: end, isCut: false };
  const { position, fault } = scanner;
  if (position === from && from > 0 && !isRetry) {
    // The index may be what is wrong.
    segment.size = fileBytes;
    return recoverSegment(input, segment, true);
  }
  if (end < recoveryPoint) {
    segment.size = fileBytes;
    throw new LogDamage(segment.log.path, position, `${fault}; the log was synced up to offset ${recoveryPoint}`);
  }
  input.shared.logger.warn('cut a torn tail that was never synced', {
    file: segment.log.path,
    position,
    bytes: fileBytes - position,
    endOffset: end,
    reason: fault,
  });
  segment.log.use().truncate(position);
  return { offset: end, isCut: true };
}

/**
 * Producers as they were at `offset`: the latest snapshot, then the batches since. In a quiet log producers get back only the last
 * batch of what the snapshot holds. Throws {@link LogDamage}.
 */
export function restoreProducers(
  {
    directory,
    snapshots,
    producers,
    isQuiet = false,
  }: Pick<RecoveryInput, 'directory' | 'snapshots' | 'producers'> & { readonly isQuiet?: boolean },
  segments: SegmentList,
  offset: number,
): void {
  const snapshot = snapshots.latestUpTo(offset);
  producers.restore(snapshot?.entries ?? []);
  try {
    if (snapshot !== undefined && !isQuiet) recallBatches(segments, snapshot.entries, snapshot.offset);
    replayProducers(segments, producers, snapshot?.offset ?? segments.first.baseOffset, offset);
  } catch (error) {
    if (error instanceof Malformed) throw new LogDamage(directory, 0, error.message);
    throw error;
  }
}
