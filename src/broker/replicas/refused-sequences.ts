import type { ProducerState } from '../../log/producers/producer-state.ts';
import { BATCH_HEADER_BYTES, baseSequence, hasProducerId, producerEpoch, producerId } from '../../records/batch.ts';

/** Producers remembered; with more, the one refused first is forgotten, and taken as Kafka takes it. */
const PRODUCERS_MAX = 1000;
/** As long as producers try again (the default of `delivery.timeout.ms`). */
const REMEMBERED_MS = 120_000;

interface Refused {
  readonly epoch: number;
  readonly sequence: number;
  readonly atMs: number;
}

/**
 * Batches of idempotent producers that a partition refused before it looked at them: not the leader, too few in sync. A
 * producer sends several ahead, and of one that the log does not know any sequence is a beginning; so a later batch that
 * comes when the refusal is over would be taken as the first, and the refused ones could never be written any more. Until
 * the first of them comes again, later ones are out of order.
 */
export class RefusedSequences {
  readonly #lowest = new Map<number, Refused>();

  /** The batch was refused, and its producer is going to send it again. */
  note(batch: Uint8Array, nowMs: number): void {
    const found = sequenceOf(batch);
    if (found === undefined) return;
    const known = this.#lowest.get(found.id);
    const isKnown = known?.epoch === found.epoch && nowMs - known.atMs < REMEMBERED_MS;
    if (isKnown && known.sequence <= found.sequence) return;
    this.#lowest.delete(found.id);
    this.#lowest.set(found.id, { epoch: found.epoch, sequence: found.sequence, atMs: nowMs });
    if (this.#lowest.size > PRODUCERS_MAX) this.#lowest.delete(this.#lowest.keys().next().value!);
  }

  /** Whether one that was refused has to come before this batch, of a producer that the log does not know. */
  isAhead(batch: Uint8Array, log: Pick<ProducerState, 'entry'>, nowMs: number): boolean {
    if (this.#lowest.size === 0) return false;
    const found = sequenceOf(batch);
    if (found === undefined || log.entry(found.id) !== undefined) return false;
    const known = this.#lowest.get(found.id);
    if (known === undefined) return false;
    const isValid = known.epoch === found.epoch && nowMs - known.atMs < REMEMBERED_MS;
    if (isValid && known.sequence < found.sequence) return true;
    this.#lowest.delete(found.id);
    return false;
  }
}

function sequenceOf(batch: Uint8Array): { id: number; epoch: number; sequence: number } | undefined {
  if (batch.length < BATCH_HEADER_BYTES) return undefined;
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
  if (!hasProducerId(view, 0)) return undefined;
  const sequence = baseSequence(view, 0);
  return sequence < 0 ? undefined : { id: producerId(view, 0), epoch: producerEpoch(view, 0), sequence };
}
