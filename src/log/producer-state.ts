import { E, type ErrorSpec } from '../protocol/errors.ts';
import { NO_TRANSACTION, ProducerEntry, isNextSequence, type WrittenBatch } from './producer-entry.ts';
import type { AbortedTransaction } from './transaction-index.ts';

/** The producer's part of a batch about to be appended at `offset`. */
export interface ProducerBatch {
  readonly producerId: number;
  readonly epoch: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly offsetDelta: number;
  readonly isTransactional: boolean;
  readonly offset: number;
  readonly timestamp: number;
}

/** The end of a transaction about to be appended at `offset`. */
export interface ProducerMarker {
  readonly producerId: number;
  readonly epoch: number;
  readonly coordinatorEpoch: number;
  readonly isCommit: boolean;
  readonly offset: number;
  readonly timestamp: number;
}

/** Why a batch is not appended: an error with Kafka's text, or because it is there already. */
export type ProducerRefusal =
  | { readonly kind: 'error'; readonly error: ErrorSpec; readonly message: string }
  | { readonly kind: 'duplicate'; readonly batch: WrittenBatch };

/** A producer with state in a partition, as DescribeProducers shows it. */
export interface ActiveProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastTimestamp: number;
  readonly coordinatorEpoch: number;
  readonly currentTxnStartOffset: number;
}

interface OpenTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/**
 * What one partition knows of its producers: their epochs, the sequences of their last batches, their open
 * transactions (Kafka's ProducerStateManager and ProducerAppendInfo). `check` never changes anything; `apply` takes
 * in what was appended, also at recovery and on a follower, where nothing is refused any more.
 */
export class ProducerState {
  readonly #partitionName: string;
  readonly #entries = new Map<number, ProducerEntry>();
  /** By producer id; a producer has at most one. */
  readonly #open = new Map<number, OpenTransaction>();
  /** Ended, but with a marker at or above the high watermark: still unstable. */
  #unreplicated: { readonly firstOffset: number; readonly lastOffset: number }[] = [];
  /** -1: not computed since the last change; Infinity: no transaction is undecided. */
  #firstUnstable = Number.POSITIVE_INFINITY;

  /** @param partitionName `topic-partition`, for messages. */
  constructor(partitionName: string) {
    this.#partitionName = partitionName;
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): IterableIterator<ProducerEntry> {
    return this.#entries.values();
  }

  describe(): ActiveProducer[] {
    return Array.from(this.#entries.values(), (entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.epoch,
      lastSequence: entry.lastSequence,
      lastTimestamp: entry.lastTimestamp,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTxnStartOffset: entry.currentTxnFirstOffset,
    }));
  }

  entry(producerId: number): ProducerEntry | undefined {
    return this.#entries.get(producerId);
  }

  /** Where the oldest transaction begins that is not decided or whose end is not replicated; Infinity when there is none. */
  get firstUnstableOffset(): number {
    if (this.#firstUnstable >= 0) return this.#firstUnstable;
    let first = Number.POSITIVE_INFINITY;
    for (const { firstOffset } of this.#open.values()) first = Math.min(first, firstOffset);
    for (const { firstOffset } of this.#unreplicated) first = Math.min(first, firstOffset);
    this.#firstUnstable = first;
    return first;
  }

  hasOpenTransaction(producerId: number, epoch: number): boolean {
    const entry = this.#entries.get(producerId);
    return entry !== undefined && entry.epoch === epoch && entry.currentTxnFirstOffset !== NO_TRANSACTION;
  }

  /**
   * Why a producer's batch must not be appended; undefined when it may. A coordinator's own transactional batches
   * carry no sequences: `withSequence` is false for them.
   */
  checkBatch(batch: ProducerBatch, withSequence: boolean): ProducerRefusal | undefined {
    const entry = this.#entries.get(batch.producerId);
    if (entry === undefined) return undefined;
    if (withSequence) {
      const repeated = entry.find(batch.epoch, batch.firstSequence, batch.lastSequence);
      if (repeated !== undefined) return { kind: 'duplicate', batch: repeated };
    }
    const refusal = this.#checkEpoch(entry, batch) ?? (withSequence ? this.#checkSequence(entry, batch) : undefined);
    if (refusal !== undefined) return refusal;
    if (entry.currentTxnFirstOffset === NO_TRANSACTION || batch.isTransactional) return undefined;
    return refuse(
      E.INVALID_TXN_STATE,
      `Expected transactional write from producer ${batch.producerId} at offset LogOffsetMetadata(offset=${batch.offset}, segmentBaseOffset=-1, relativePositionInSegment=-1) in partition ${this.#partitionName}`,
    );
  }

  /** Why a transaction marker must not be appended; undefined when it may. */
  checkMarker(marker: ProducerMarker): ProducerRefusal | undefined {
    const entry = this.#entries.get(marker.producerId);
    if (entry === undefined) return undefined;
    const refusal = this.#checkEpoch(entry, marker);
    if (refusal !== undefined || entry.coordinatorEpoch <= marker.coordinatorEpoch) return refusal;
    return refuse(
      E.TRANSACTION_COORDINATOR_FENCED,
      `Invalid coordinator epoch for producerId ${marker.producerId} at offset ${marker.offset} in partition ${this.#partitionName}: ${marker.coordinatorEpoch} (zombie), ${entry.coordinatorEpoch} (current)`,
    );
  }

  /** Takes in a data batch that was appended. */
  applyBatch(batch: ProducerBatch): void {
    const entry = this.#entryFor(batch.producerId);
    entry.enterEpoch(batch.epoch);
    entry.add({
      lastSequence: batch.lastSequence,
      lastOffset: batch.offset + batch.offsetDelta,
      offsetDelta: batch.offsetDelta,
      timestamp: batch.timestamp,
    });
    if (batch.isTransactional && entry.currentTxnFirstOffset === NO_TRANSACTION) {
      entry.currentTxnFirstOffset = batch.offset;
      this.#open.set(batch.producerId, { producerId: batch.producerId, firstOffset: batch.offset });
      this.#firstUnstable = Math.min(this.firstUnstableOffset, batch.offset);
    }
  }

  /** Takes in a marker that was appended. Returns the transaction when it was aborted, for the transaction index. */
  applyMarker(marker: ProducerMarker): AbortedTransaction | undefined {
    const entry = this.#entryFor(marker.producerId);
    entry.enterEpoch(marker.epoch);
    entry.coordinatorEpoch = marker.coordinatorEpoch;
    entry.lastTimestamp = marker.timestamp;
    const firstOffset = entry.currentTxnFirstOffset;
    if (firstOffset === NO_TRANSACTION) return undefined;
    entry.currentTxnFirstOffset = NO_TRANSACTION;
    this.#open.delete(marker.producerId);
    this.#unreplicated.push({ firstOffset, lastOffset: marker.offset });
    this.#firstUnstable = -1;
    if (marker.isCommit) return undefined;
    let lastStableOffset = marker.offset + 1;
    for (const other of this.#open.values()) lastStableOffset = Math.min(lastStableOffset, other.firstOffset);
    return { producerId: marker.producerId, firstOffset, lastOffset: marker.offset, lastStableOffset };
  }

  /** Transactions whose marker is below the high watermark are stable. */
  highWatermarkMoved(highWatermark: number): void {
    if (this.#unreplicated.length === 0) return;
    this.#unreplicated = this.#unreplicated.filter(({ lastOffset }) => lastOffset >= highWatermark);
    this.#firstUnstable = -1;
  }

  /** Forgets producers that wrote nothing for `expirationMs`; never one with an open transaction. Returns how many. */
  expire(nowMs: number, expirationMs: number): number {
    let count = 0;
    for (const entry of this.#entries.values()) {
      if (entry.currentTxnFirstOffset !== NO_TRANSACTION || nowMs - entry.lastTimestamp < expirationMs) continue;
      this.#entries.delete(entry.producerId);
      count++;
    }
    return count;
  }

  clear(): void {
    this.#entries.clear();
    this.#open.clear();
    this.#unreplicated = [];
    this.#firstUnstable = Number.POSITIVE_INFINITY;
  }

  /** Starts from a snapshot. */
  restore(entries: Iterable<ProducerEntry>): void {
    this.clear();
    for (const entry of entries) {
      this.#entries.set(entry.producerId, entry);
      if (entry.currentTxnFirstOffset === NO_TRANSACTION) continue;
      this.#open.set(entry.producerId, { producerId: entry.producerId, firstOffset: entry.currentTxnFirstOffset });
    }
    this.#firstUnstable = -1;
  }

  #entryFor(producerId: number): ProducerEntry {
    let entry = this.#entries.get(producerId);
    if (entry === undefined) {
      entry = new ProducerEntry(producerId);
      this.#entries.set(producerId, entry);
    }
    return entry;
  }

  #checkEpoch(
    entry: ProducerEntry,
    { epoch, offset }: { readonly epoch: number; readonly offset: number },
  ): ProducerRefusal | undefined {
    if (epoch >= entry.epoch) return undefined;
    return refuse(
      E.INVALID_PRODUCER_EPOCH,
      `Epoch of producer ${entry.producerId} at offset ${offset} in ${this.#partitionName} is ${epoch}, which is smaller than the last seen epoch ${entry.epoch}`,
    );
  }

  #checkSequence(entry: ProducerEntry, batch: ProducerBatch): ProducerRefusal | undefined {
    const { firstSequence, epoch, offset } = batch;
    if (epoch !== entry.epoch) {
      if (firstSequence === 0 || entry.epoch < 0) return undefined;
      return refuse(
        E.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `Invalid sequence number for new epoch of producer ${entry.producerId}at offset ${offset} in partition ${this.#partitionName}: ${epoch} (request epoch), ${firstSequence} (seq. number), ${entry.epoch} (current producer epoch)`,
      );
    }
    if (isNextSequence(entry.lastSequence, firstSequence)) return undefined;
    return refuse(
      E.OUT_OF_ORDER_SEQUENCE_NUMBER,
      `Out of order sequence number for producer ${entry.producerId} at offset ${offset} in partition ${this.#partitionName}: ${firstSequence} (incoming seq. number), ${entry.lastSequence} (current end sequence number)`,
    );
  }
}

function refuse(error: ErrorSpec, message: string): ProducerRefusal {
  return { kind: 'error', error, message };
}
