import { openRecords, recordTimestamp } from '../../records/batch-records.ts';
import {
  baseOffset,
  baseTimestamp,
  hasDeleteHorizon,
  hasProducerId,
  isControl,
  lastOffset,
  nextOffset,
  producerEpoch,
  producerId,
} from '../../records/batch.ts';
import { KeptRecords, batchOfRuns, batchWithHorizon, emptiedBatch } from './cleaned-batch.ts';
import type { CleanedTransactions } from './cleaned-transactions.ts';
import type { OffsetMap } from './offset-map.ts';

/** Where a producer wrote last in a log. */
export interface ProducerEnd {
  readonly producerId: number;
  readonly epoch: number;
  /** Of its last data; -1 when only a marker is known of it. */
  readonly lastOffset: number;
}

export interface CleaningRules {
  readonly map: OffsetMap;
  readonly transactions: CleanedTransactions;
  readonly producers: readonly ProducerEnd[];
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
  /** Where this cleaning ends: the last batch before it stays, if need be without records. */
  readonly upperOffset: number;
}

/**
 * Decides, batch by batch in the order of the log, what of it stays (Kafka's Cleaner with MemoryRecords.filterTo): the
 * latest record of each key; tombstones and markers until `delete.retention.ms` after the first cleaning that saw them;
 * nothing of aborted transactions. The last batch of each producer stays for the sake of its sequence.
 */
export class BatchCleaner {
  readonly #rules: CleaningRules;
  readonly #producers = new Map<number, ProducerEnd>();
  readonly #kept = new KeptRecords();
  /** Records found without a key: they are dropped. */
  keyless = 0;

  constructor(rules: CleaningRules) {
    this.#rules = rules;
    for (const producer of rules.producers) this.#producers.set(producer.producerId, producer);
  }

  /** What stays of `batch`, which `view` shows: itself, another one in its place, or nothing. Throws Malformed. */
  clean(batch: Uint8Array, view: DataView): Uint8Array | undefined {
    const { transactions, nowMs, deleteRetentionMs } = this.#rules;
    const isMarker = isControl(view, 0);
    const isUnneeded = transactions.mayDiscard(batch, view);
    const hasHorizon = hasDeleteHorizon(view, 0);
    const isPast = hasHorizon && baseTimestamp(view, 0) <= nowMs;
    const kept = this.#kept;
    kept.clear();
    if (!isUnneeded || (isMarker && !isPast)) {
      const region = this.#keep(batch, view, isMarker || !isPast);
      if (kept.count > 0) {
        const needsHorizon = !hasHorizon && (kept.hasTombstone || (isMarker && isUnneeded));
        if (needsHorizon) return batchWithHorizon(batch, view, kept, nowMs + deleteRetentionMs);
        return region === undefined ? batch : batchOfRuns(view, region, kept);
      }
    }
    return this.#mustStay(view) ? emptiedBatch(view) : undefined;
  }

  /** Chooses the records that stay; returns the region they lie in, or undefined when all of them do. */
  #keep(batch: Uint8Array, view: DataView, keepsTombstones: boolean): Uint8Array | undefined {
    const { map } = this.#rules;
    const isMarker = isControl(view, 0);
    const kept = this.#kept;
    const first = baseOffset(view, 0);
    const cursor = openRecords(batch, view, 0);
    while (cursor.next()) {
      const offset = first + cursor.offsetDelta;
      if (!isMarker && offset <= map.latestOffset) {
        if (cursor.keyLength < 0) {
          this.keyless++;
          continue;
        }
        if (cursor.valueLength < 0 && !keepsTombstones) continue;
        if (offset < map.get(cursor.bytes, cursor.keyStart, cursor.keyLength)) continue;
      }
      kept.add(cursor, recordTimestamp(view, 0, cursor));
    }
    return kept.count === cursor.count ? undefined : cursor.bytes;
  }

  #mustStay(view: DataView): boolean {
    if (nextOffset(view, 0) === this.#rules.upperOffset) return true;
    if (!hasProducerId(view, 0)) return false;
    const producer = this.#producers.get(producerId(view, 0));
    if (producer === undefined) return false;
    if (producer.lastOffset >= 0) return lastOffset(view, 0) === producer.lastOffset;
    return isControl(view, 0) && producerEpoch(view, 0) === producer.epoch;
  }
}
