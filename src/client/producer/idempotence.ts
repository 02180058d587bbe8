import { E, isRetriable, type ErrorSpec } from '../../protocol/errors.ts';
import { KafkaError } from '../client-error.ts';
import type { ProducerBatch } from './producer-batch.ts';
import { sequenceAfter, type PartitionQueue } from './partition-queue.ts';

const NO_PRODUCER_ID = -1;
const NONE = -1;
const EPOCH_MAX = 0x7fff;

/** What a leader said about a batch that it did not take. */
export interface Refusal {
  readonly error: ErrorSpec;
  /** -1: not told. */
  readonly logStartOffset: number;
}

/** Where one partition's sequence stands. */
interface PartitionSequence {
  producerId: number;
  epoch: number;
  next: number;
  lastAcked: number;
  lastAckedOffset: number;
  /** The sequence after a batch of which nobody knows whether it was written; nothing new goes until that is known. */
  unresolvedFrom: number | undefined;
}

/**
 * The sequences of an idempotent producer (KIP-98, KIP-360; Kafka's TransactionManager): every batch has a place in its
 * partition's order, and a leader takes each place once. Nothing here knows time or sockets.
 */
export class Idempotence {
  readonly #isTransactional: boolean;
  readonly #sequences = new Map<PartitionQueue, PartitionSequence>();
  /** Partitions whose sequences can only go on under a new epoch. */
  readonly #restarting = new Set<PartitionQueue>();
  #mustBump = false;
  #producerId = NO_PRODUCER_ID;
  #epoch = NONE;

  constructor(isTransactional: boolean) {
    this.#isTransactional = isTransactional;
  }

  get hasProducerId(): boolean {
    return this.#producerId !== NO_PRODUCER_ID;
  }

  get producerId(): number {
    return this.#producerId;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** The id and epoch that a broker gave. Of a transactional producer all sequences begin anew. */
  adopt(producerId: number, epoch: number): void {
    this.#producerId = producerId;
    this.#epoch = epoch;
    if (this.#isTransactional) this.#sequences.clear();
  }

  /** Whether the partition's first waiting batch may go now without breaking its order. */
  maySend(queue: PartitionQueue): boolean {
    const [first] = queue.waiting;
    if (!this.hasProducerId || first === undefined || this.#restarting.has(queue)) return false;
    if (first.stamp !== undefined) return queue.unsettled[0] === first;
    const sequence = this.#sequences.get(queue);
    if (sequence === undefined) return true;
    const isStale = sequence.producerId !== this.#producerId || sequence.epoch !== this.#epoch;
    return sequence.unresolvedFrom === undefined && !(isStale && queue.unsettled.length > 0);
  }

  /** Fixes the place of a batch that goes out for the first time. */
  assign(queue: PartitionQueue, batch: ProducerBatch): void {
    if (batch.stamp !== undefined) return;
    const sequence = this.#sequenceOf(queue);
    if (sequence.producerId !== this.#producerId || sequence.epoch !== this.#epoch) {
      this.#restart(queue, sequence);
    }
    batch.stamp = { producerId: this.#producerId, producerEpoch: this.#epoch, baseSequence: sequence.next };
    sequence.next = sequenceAfter(sequence.next, batch.count);
  }

  /** The leader has the batch. Comes before its removal from the queue. */
  acknowledged(queue: PartitionQueue, batch: ProducerBatch, baseOffset: number): void {
    const { stamp } = batch;
    const sequence = this.#sequences.get(queue);
    if (stamp === undefined || sequence === undefined) return;
    if (stamp.producerId !== sequence.producerId || stamp.producerEpoch !== sequence.epoch) return;
    const last = sequenceAfter(stamp.baseSequence, batch.count - 1);
    sequence.lastAcked = last;
    if (baseOffset >= 0) sequence.lastAckedOffset = Math.max(sequence.lastAckedOffset, baseOffset + batch.count - 1);
  }

  /** Whether a refused batch is to be sent again; notes when that needs a new epoch (TransactionManager.canRetry). */
  mayRetry(queue: PartitionQueue, batch: ProducerBatch, refusal: Refusal): boolean {
    if (refusal.error === E.UNKNOWN_PRODUCER_ID) return this.#mayRetryUnknown(queue, batch, refusal.logStartOffset);
    if (refusal.error === E.OUT_OF_ORDER_SEQUENCE_NUMBER) return this.#mayRetryOutOfOrder(queue, batch);
    return isRetriable(refusal.error);
  }

  /** A sent batch failed for good, with no doubt about whether it was written: it was not. Its place is to be closed. */
  failed(queue: PartitionQueue): void {
    if (!this.#isTransactional) this.#bump(queue);
  }

  /** A sent batch was given up, and nobody knows whether it was written. */
  givenUp(queue: PartitionQueue, batch: ProducerBatch): void {
    const sequence = this.#sequences.get(queue);
    if (batch.stamp === undefined || sequence === undefined) return;
    const after = sequenceAfter(batch.stamp.baseSequence, batch.count);
    sequence.unresolvedFrom = Math.max(sequence.unresolvedFrom ?? NONE, after);
  }

  /** Whether a batch is refused for the gap that one before it left when it was given up. */
  isGap(queue: PartitionQueue, error: ErrorSpec): boolean {
    return error === E.OUT_OF_ORDER_SEQUENCE_NUMBER && this.#sequences.get(queue)?.unresolvedFrom !== undefined;
  }

  /** Partitions whose doubt cannot clear up any more: for a transaction that means that it cannot be committed. */
  settleDoubts(): boolean {
    let isGap = false;
    for (const [queue, sequence] of this.#sequences) {
      if (sequence.unresolvedFrom === undefined || queue.unsettled.length > 0) continue;
      sequence.unresolvedFrom = undefined;
      if (sequence.next === sequenceAfter(sequence.lastAcked, 1)) continue;
      isGap = true;
      if (!this.#isTransactional) this.#bump(queue);
    }
    return isGap;
  }

  /**
   * Takes the next epoch where one is needed, once nothing is on its way that stands under the old one. False: there is none
   * left, or no id yet; a new producer id is needed.
   */
  bumpIfNeeded(): boolean {
    if (!this.#mustBump) return this.hasProducerId;
    for (const { unsettled } of this.#restarting) if (unsettled.some(({ isOnWire }) => isOnWire)) return true;
    if (this.#epoch >= EPOCH_MAX) this.#producerId = NO_PRODUCER_ID;
    if (!this.hasProducerId) return false;
    this.#mustBump = false;
    this.#epoch++;
    this.#restartNoted();
    return true;
  }

  /** After a new producer id: partitions that waited for one go on under it. */
  restartNoted(): void {
    this.#mustBump = false;
    this.#restartNoted();
  }

  /**
   * Nothing is to be remembered of a partition that is empty. False when it has to be: a transactional producer cannot take the next epoch by
   * itself. Should the partition be met again, its sequence begins under a new epoch.
   */
  forget(queue: PartitionQueue): boolean {
    if (!this.#sequences.has(queue)) return true;
    if (this.#isTransactional) return false;
    this.#sequences.delete(queue);
    this.#restarting.delete(queue);
    this.#mustBump = true;
    return true;
  }

  /** Partitions whose sequences are remembered. */
  get size(): number {
    return this.#sequences.size;
  }

  #mayRetryUnknown(queue: PartitionQueue, batch: ProducerBatch, logStartOffset: number): boolean {
    if (logStartOffset < 0 || batch.wasRestarted) return true;
    const isTruncated = (this.#sequences.get(queue)?.lastAckedOffset ?? NONE) < logStartOffset;
    if (!this.#isTransactional) {
      this.#bump(queue);
      return true;
    }
    if (isTruncated) this.#restart(queue, this.#sequenceOf(queue));
    return isTruncated;
  }

  #mayRetryOutOfOrder(queue: PartitionQueue, batch: ProducerBatch): boolean {
    const sequence = this.#sequences.get(queue);
    const base = batch.stamp?.baseSequence;
    const isResolved = sequence?.unresolvedFrom === undefined;
    const isNext = sequence !== undefined && base === sequenceAfter(sequence.lastAcked, 1);
    if (isResolved && (batch.wasRestarted || !isNext)) return true;
    if (this.#isTransactional) return false;
    if (isResolved || sequence.unresolvedFrom === base) this.#bump(queue);
    return true;
  }

  #bump(queue: PartitionQueue): void {
    this.#mustBump = true;
    this.#restarting.add(queue);
  }

  #restartNoted(): void {
    for (const queue of this.#restarting) this.#restart(queue, this.#sequenceOf(queue));
    this.#restarting.clear();
  }

  /** All sent and unsettled batches of a partition get new places from 0 on, under the id and epoch of now. */
  #restart(queue: PartitionQueue, sequence: PartitionSequence): void {
    sequence.producerId = this.#producerId;
    sequence.epoch = this.#epoch;
    sequence.next = 0;
    sequence.lastAcked = NONE;
    sequence.unresolvedFrom = undefined;
    for (const batch of queue.unsettled) {
      batch.stamp = { producerId: this.#producerId, producerEpoch: this.#epoch, baseSequence: sequence.next };
      batch.wasRestarted = true;
      sequence.next = sequenceAfter(sequence.next, batch.count);
    }
  }

  #sequenceOf(queue: PartitionQueue): PartitionSequence {
    let sequence = this.#sequences.get(queue);
    if (sequence === undefined) {
      const { producerId, epoch } = this;
      const none = { next: 0, lastAcked: NONE, lastAckedOffset: NONE, unresolvedFrom: undefined };
      sequence = { producerId, epoch, ...none };
      this.#sequences.set(queue, sequence);
    }
    return sequence;
  }
}

/** What a transaction is told whose records may be missing. */
export function doubtError(): KafkaError {
  return new KafkaError('TIMED_OUT', 'nobody knows whether some records of the transaction were written; abort it');
}
