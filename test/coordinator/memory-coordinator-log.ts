import type {
  AppendResult,
  AppendTransaction,
  CoordinatorLog,
  TurnEnd,
} from '../../src/coordinator/coordinator-log.ts';
import { E, type ErrorSpec } from '../../src/protocol/errors.ts';
import { batchSize, lastOffset, lastOffsetDelta, setBaseOffset } from '../../src/records/batch.ts';

interface Waiter {
  readonly offset: number;
  readonly callback: (error: ErrorSpec) => void;
}

interface PartitionLog {
  batches: Buffer[];
  endOffset: number;
  highWatermark: number;
  waiters: Waiter[];
}

/**
 * An internal topic in memory. Appends are committed at once unless `isCommitting` is false; then `commit` does it. The
 * turn ends when a test says so, or by itself on `soon`.
 */
export class MemoryCoordinatorLog implements CoordinatorLog {
  isCommitting = true;
  /** What `appendError` tells. */
  knownError: ErrorSpec = E.NONE;
  /** The lowest producer epoch that may still write. */
  producerEpochMin = 0;
  /** What the next append fails with, as if it could not have been known. */
  nextAppendError: ErrorSpec = E.NONE;
  isReadable = true;
  bytesMax = 1_048_588;
  failedAppends = 0;
  readonly appends: { partition: number; batch: Buffer }[] = [];
  readonly #partitions = new Map<number, PartitionLog>();
  readonly #soon: (callback: () => void) => void;
  #enlisted: TurnEnd[] = [];

  constructor(soon: (callback: () => void) => void) {
    this.#soon = soon;
  }

  batchBytesMax(): number {
    return this.bytesMax;
  }

  appendError(_partition: number, transaction?: AppendTransaction): ErrorSpec {
    if (transaction !== undefined && transaction.producer.epoch < this.producerEpochMin)
      return E.INVALID_PRODUCER_EPOCH;
    return this.knownError;
  }

  append(partition: number, bytes: Uint8Array): AppendResult {
    const error = this.nextAppendError;
    this.nextAppendError = E.NONE;
    if (error !== E.NONE) {
      this.failedAppends++;
      return { error, lastOffset: -1 };
    }
    const log = this.#of(partition);
    const batch = Buffer.from(bytes);
    const view = viewOf(batch);
    setBaseOffset(view, 0, log.endOffset);
    log.batches.push(batch);
    log.endOffset += lastOffsetDelta(view, 0) + 1;
    this.appends.push({ partition, batch });
    if (this.isCommitting) log.highWatermark = log.endOffset;
    return { error: E.NONE, lastOffset: log.endOffset - 1 };
  }

  whenCommitted(partition: number, offset: number, callback: (error: ErrorSpec) => void): void {
    const log = this.#of(partition);
    if (log.highWatermark > offset) callback(E.NONE);
    else log.waiters.push({ offset, callback });
  }

  logStartOffset(): number {
    if (!this.isReadable) throw new Error('the directory is offline');
    return 0;
  }

  read(partition: number, fromOffset: number, bytesMax: number): Uint8Array {
    const chunks: Buffer[] = [];
    let size = 0;
    for (const batch of this.#of(partition).batches) {
      const view = viewOf(batch);
      if (lastOffset(view, 0) < fromOffset) continue;
      if (size > 0 && size + batch.length > bytesMax) break;
      chunks.push(batch);
      size += batchSize(view, 0);
    }
    return Buffer.concat(chunks);
  }

  enlist(work: TurnEnd): void {
    this.#enlisted.push(work);
    if (this.#enlisted.length === 1) this.#soon(() => this.endTurn());
  }

  endTurn(): void {
    const enlisted = this.#enlisted;
    this.#enlisted = [];
    for (const work of enlisted) work.endOfTurn();
  }

  /** Moves the high watermark to the end. */
  commit(partition: number): void {
    const log = this.#of(partition);
    log.highWatermark = log.endOffset;
    const waiters = log.waiters;
    log.waiters = [];
    for (const { callback } of waiters) callback(E.NONE);
  }

  /** The waiting appends will not be committed under this leader. */
  loseLeadership(partition: number): void {
    const log = this.#of(partition);
    const waiters = log.waiters;
    log.waiters = [];
    for (const { callback } of waiters) callback(E.NOT_LEADER_OR_FOLLOWER);
  }

  /** Puts what compaction left in the place of the partition's batches. */
  replace(partition: number, batches: readonly Buffer[]): void {
    this.#of(partition).batches = [...batches];
  }

  batches(partition: number): readonly Buffer[] {
    return this.#of(partition).batches;
  }

  endOffset(partition: number): number {
    return this.#of(partition).endOffset;
  }

  #of(partition: number): PartitionLog {
    let log = this.#partitions.get(partition);
    if (log === undefined) {
      log = { batches: [], endOffset: 0, highWatermark: 0, waiters: [] };
      this.#partitions.set(partition, log);
    }
    return log;
  }
}

function viewOf(batch: Uint8Array): DataView {
  return new DataView(batch.buffer, batch.byteOffset, batch.length);
}
