import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { AppendContext } from '../append-result.ts';
import { NO_TRANSACTION, ProducerEntry, isNextSequence, type WrittenBatch } from './producer-entry.ts';
import type { AbortedTransaction } from '../segments/transaction-index.ts';
import { Verifications, type Verification, type VerificationStart } from './verification.ts';

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

/** From this transaction version on a marker's epoch is higher than that of the transaction it ends (KIP-890). */
const EPOCH_BUMP_VERSION = 2;
const PRODUCER_EPOCH_MAX = 0x7fff;

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
  readonly #verifications = new Verifications();
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
    return isOpen(this.#entries.get(producerId), epoch);
  }

  /**
   * Whether the coordinator has to be asked before a batch of a transaction is appended: undefined when the transaction is
   * open here, INVALID_PRODUCER_EPOCH for an epoch that was superseded, else what the append has to come with.
   */
  startVerification(start: VerificationStart, nowMs: number): Verification | ErrorSpec | undefined {
    const entry = this.#entries.get(start.producerId);
    if (entry !== undefined && start.epoch < entry.epoch) return E.INVALID_PRODUCER_EPOCH;
    return isOpen(entry, start.epoch) ? undefined : this.#verifications.start(start, nowMs);
  }

  /** Why a producer's batch must not be appended; undefined when it may (UnifiedLog.analyzeAndValidateProducerState). */
  checkBatch(batch: ProducerBatch, context: AppendContext): ProducerRefusal | undefined {
    const entry = this.#entries.get(batch.producerId);
    const withSequence = context.origin === 'client';
    if (entry !== undefined && withSequence) {
      const repeated = entry.find(batch.epoch, batch.firstSequence, batch.lastSequence);
      if (repeated !== undefined) return { kind: 'duplicate', batch: repeated };
    }
    const verification = this.#verifications.get(batch.producerId);
    const refusal =
      this.#checkEpoch(entry, batch) ??
      checkBeginning(entry, batch, context, verification) ??
      (withSequence ? this.#checkSequence(entry, batch, verification) : undefined);
    if (refusal !== undefined || entry === undefined) return refusal;
    if (entry.currentTxnFirstOffset === NO_TRANSACTION || batch.isTransactional) return undefined;
    return refuse(
      E.INVALID_TXN_STATE,
      `Expected transactional write from producer ${batch.producerId} at offset LogOffsetMetadata(offset=${batch.offset}, segmentBaseOffset=-1, relativePositionInSegment=-1) in partition ${this.#partitionName}`,
    );
  }

  /** Why a transaction marker must not be appended; undefined when it may. */
  checkMarker(marker: ProducerMarker, transactionVersion: number): ProducerRefusal | undefined {
    const entry = this.#entries.get(marker.producerId);
    if (entry === undefined) return undefined;
    const refusal = this.#checkMarkerEpoch(entry, marker, transactionVersion);
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
    if (!batch.isTransactional) return;
    this.#verifications.transactionBegan(batch.producerId);
    if (entry.currentTxnFirstOffset === NO_TRANSACTION) {
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
    this.#verifications.transactionEnded(marker.producerId, marker.epoch);
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
    this.#verifications.expire(nowMs, expirationMs);
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
    this.#verifications.clear();
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

  #checkEpoch(entry: ProducerEntry | undefined, { epoch, offset }: ProducerBatch): ProducerRefusal | undefined {
    if (entry === undefined || epoch >= entry.epoch) return undefined;
    return refuse(
      E.INVALID_PRODUCER_EPOCH,
      `Epoch of producer ${entry.producerId} at offset ${offset} in ${this.#partitionName} is ${epoch}, which is smaller than the last seen epoch ${entry.epoch}`,
    );
  }

  /**
   * Before transaction version 2 a marker may carry the epoch of its transaction. From it on it must be above it; one that
   * was written already and is sent again is known by the transaction that is no longer open (ProducerAppendInfo).
   */
  #checkMarkerEpoch(
    entry: ProducerEntry,
    { epoch, offset }: ProducerMarker,
    transactionVersion: number,
  ): ProducerRefusal | undefined {
    const mustRise = transactionVersion >= EPOCH_BUMP_VERSION;
    if (mustRise ? epoch > entry.epoch : epoch >= entry.epoch) return undefined;
    const isRepeated = entry.currentTxnFirstOffset === NO_TRANSACTION || epoch === PRODUCER_EPOCH_MAX;
    if (mustRise && epoch === entry.epoch && isRepeated) return undefined;
    return refuse(
      E.INVALID_PRODUCER_EPOCH,
      `Epoch of producer ${entry.producerId} at offset ${offset} in ${this.#partitionName} is ${epoch}, which is ${mustRise ? '<=' : '<'} the last seen epoch ${entry.epoch} (TV${transactionVersion})`,
    );
  }

  #checkSequence(
    entry: ProducerEntry | undefined,
    batch: ProducerBatch,
    verification: Verification | undefined,
  ): ProducerRefusal | undefined {
    const { firstSequence, epoch, offset, producerId } = batch;
    const place = `at offset ${offset} in partition ${this.#partitionName}`;
    const hasBatches = entry !== undefined && entry.batches.length > 0;
    if (verification?.supportsEpochBump === true && firstSequence !== 0 && !hasBatches) {
      return refuse(
        E.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `Invalid sequence number for producer ${producerId} ${place}: ${firstSequence} (incoming seq. number). Expected sequence 0 for transactions v2 idempotent producer with no existing state.`,
      );
    }
    if (verification !== undefined && firstSequence > verification.lowestSequence) {
      return refuse(
        E.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `Out of order sequence number for producer ${producerId} ${place}: ${firstSequence} (incoming seq. number), ${verification.lowestSequence} (earliest seen sequence)`,
      );
    }
    if (entry === undefined) return undefined;
    if (epoch !== entry.epoch) {
      if (firstSequence === 0 || entry.epoch < 0) return undefined;
      return refuse(
        E.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `Invalid sequence number for new epoch of producer ${producerId}${place}: ${epoch} (request epoch), ${firstSequence} (seq. number), ${entry.epoch} (current producer epoch)`,
      );
    }
    if (isNextSequence(entry.lastSequence, firstSequence)) return undefined;
    return refuse(
      E.OUT_OF_ORDER_SEQUENCE_NUMBER,
      `Out of order sequence number for producer ${producerId} ${place}: ${firstSequence} (incoming seq. number), ${entry.lastSequence} (current end sequence number)`,
    );
  }
}

function isOpen(entry: ProducerEntry | undefined, epoch: number): boolean {
  return entry !== undefined && entry.epoch === epoch && entry.currentTxnFirstOffset !== NO_TRANSACTION;
}

/** The first batch of a transaction has to come with the verification that the partition holds for its producer. */
function checkBeginning(
  entry: ProducerEntry | undefined,
  batch: ProducerBatch,
  context: AppendContext,
  held: Verification | undefined,
): ProducerRefusal | undefined {
  if (!batch.isTransactional || context.mustBeVerified !== true || isOpen(entry, batch.epoch)) return undefined;
  if (held !== undefined && held === context.verification) return undefined;
  return refuse(E.INVALID_TXN_STATE, 'Record was not part of an ongoing transaction');
}

function refuse(error: ErrorSpec, message: string): ProducerRefusal {
  return { kind: 'error', error, message };
}
