import assert from 'node:assert/strict';
import { LogCleaner, type LogCleanerOptions } from '../../src/log/cleaning/log-cleaner.ts';
import { SliceRunner } from '../../src/log/cleaning/cleaning-runner.ts';
import type { PartitionLog } from '../../src/log/partition-log.ts';
import { buildBatch, type BatchOptions, type NewRecord } from '../../src/records/batch-builder.ts';
import { batchSizeWithin } from '../../src/records/batch-cursor.ts';
import { decodeRecords, type DecodedRecord } from '../../src/records/batch-records.ts';
import { baseOffset, checkCrc, isControl, isTransactional, nextOffset, producerId } from '../../src/records/batch.ts';
import { ControlType, buildEndTxnBatch, readEndTxnMarker } from '../../src/records/control-records.ts';
import type { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { LogFixture, NOW_MS, type OpenOptions } from './log-fixture.ts';

export const COMPACT = {
  cleanupPolicy: { delete: false, compact: true },
  minCleanableDirtyRatio: 0,
  deleteRetentionMs: 1000,
  segmentBytes: 4000,
};

/** More than the segments of any log here need. */
const TURNS_MAX = 100;

/** A compacted log on a disk in memory, with a cleaner that runs when told to. */
export class CleaningFixture extends LogFixture {
  time = new VirtualTime(NOW_MS);
  limits = { mapBytesMax: 1_000_000, mapLoadFactor: 0.9, bytesPerSecondMax: Number.POSITIVE_INFINITY };
  cleaner: LogCleaner;

  constructor(options: OpenOptions = {}, disk?: MemoryDisk) {
    super({ ...options, config: { ...COMPACT, ...options.config } }, disk);
    this.cleaner = this.newCleaner();
  }

  /** As after a start. */
  newCleaner(): LogCleaner {
    const options: LogCleanerOptions = {
      disk: this.shared.disk,
      logger: this.logger,
      clock: this.time,
      runner: new SliceRunner({ disk: this.shared.disk, clock: this.time, timers: this.time }),
      logs: () => [this.log],
      limits: () => this.limits,
      isEnabled: () => true,
    };
    return new LogCleaner(options);
  }

  /** Closes the active segment and cleans all there is. */
  async clean(afterMs = 0): Promise<void> {
    this.log.roll(NOW_MS);
    await this.flush();
    await this.cleanOnly(afterMs);
  }

  cleanOnly(afterMs = 0): Promise<void> {
    this.time.setWall(NOW_MS + afterMs);
    this.cleaner.run();
    return this.settle();
  }

  /** Until the cleaner has nothing to do, or waits for time to pass. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      this.time.advance(0);
      // The disk answers in microtasks.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (!this.cleaner.isCleaning) return;
    }
  }

  /** One batch of `key=value` records; `key=` is a tombstone. */
  put(texts: readonly string[], options: BatchOptions = {}, timestamp = NOW_MS): void {
    const result = this.append(buildBatch(recordsOf(texts, timestamp), options));
    if (result.error.code !== 0) throw new Error(result.error.name);
  }

  endTransaction(id: number, producerEpoch: number, outcome: 'commit' | 'abort', timestamp = NOW_MS): void {
    const type = outcome === 'commit' ? ControlType.commit : ControlType.abort;
    const batch = buildEndTxnBatch({ type, coordinatorEpoch: 0, producerId: id, producerEpoch, timestamp });
    this.log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'coordinator', nowMs: NOW_MS });
    this.log.writeStaged();
    this.log.setHighWatermark(this.log.logEndOffset);
  }
}

export function recordsOf(texts: readonly string[], timestamp = NOW_MS): NewRecord[] {
  return texts.map((each) => {
    const [key, value] = each.split('=');
    return { key: Buffer.from(key!), value: value ? Buffer.from(value) : null, timestamp };
  });
}

export interface StoredBatch {
  readonly base: number;
  readonly next: number;
  readonly view: DataView;
  readonly isControlBatch: boolean;
  readonly records: readonly DecodedRecord[];
}

/** Everything in a log, batch by batch, as a consumer reads it. */
export function batchesOf(log: PartitionLog): StoredBatch[] {
  const batches: StoredBatch[] = [];
  for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
    const slice = log.read({ offset, bytesMax: 1024 * 1024, upperOffset: log.logEndOffset, minOneBatch: true });
    if (slice.error.code !== 0) throw new Error(slice.error.name);
    const bytes = Buffer.concat(slice.chunks);
    slice.release();
    const whole = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    for (let size = 0; (size = batchSizeWithin(whole, at, bytes.length)) > 0; at += size) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, size);
      assert.ok(checkCrc(view, 0), 'a batch has its right sum');
      const records = decodeRecords(bytes.subarray(at, at + size));
      batches.push({
        base: baseOffset(view, 0),
        next: nextOffset(view, 0),
        view,
        isControlBatch: isControl(view, 0),
        records,
      });
      offset = nextOffset(view, 0);
    }
    // A gap up to the end.
    if (at === 0) break;
  }
  return batches;
}

/** Data records as `offset:key=value`. */
export function shown(log: PartitionLog): string[] {
  const data = batchesOf(log).filter(({ isControlBatch }) => !isControlBatch);
  return data.flatMap(({ records }) =>
    records
      .filter(({ offset }) => offset >= log.logStartOffset)
      .map(({ offset, key, value }) => `${offset}:${text(key)}=${text(value)}`),
  );
}

/** What a reader with isolation level read_committed sees, as `offset:key=value`. */
export function committed(log: PartitionLog): string[] {
  const upper = log.lastStableOffset;
  const aborted = log.abortedTransactions(log.logStartOffset, upper).toSorted((a, b) => a.firstOffset - b.firstOffset);
  const aborting = new Set<number>();
  const seen: string[] = [];
  for (const { base, next, view, isControlBatch, records } of batchesOf(log)) {
    if (base >= upper) break;
    while (aborted.length > 0 && aborted[0]!.firstOffset < next) aborting.add(aborted.shift()!.producerId);
    if (isControlBatch) {
      const marker = records.map(({ key, value }) => readEndTxnMarker(key, value))[0];
      if (marker?.type === ControlType.abort) aborting.delete(producerId(view, 0));
      continue;
    }
    if (isTransactional(view, 0) && aborting.has(producerId(view, 0))) continue;
    for (const { offset, key, value } of records) {
      if (offset >= log.logStartOffset) seen.push(`${offset}:${text(key)}=${text(value)}`);
    }
  }
  return seen;
}

function text(bytes: Uint8Array | null): string {
  return bytes === null ? '' : Buffer.from(bytes).toString();
}
