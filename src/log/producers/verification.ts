/** What is noted when the coordinator is about to be asked whether a producer's transaction is open. */
export interface VerificationStart {
  readonly producerId: number;
  readonly epoch: number;
  /** First sequence of the batch that waits for the answer; -1 for records without sequences. */
  readonly sequence: number;
  /** The producer's epoch rises with each transaction (transaction version 2). */
  readonly supportsEpochBump: boolean;
}

/**
 * One producer's transaction that is being verified with its coordinator (Kafka's VerificationStateEntry). The object
 * itself is the guard: a batch may begin a transaction only with the very verification that its partition still holds, so an
 * answer that was overtaken by the end of the transaction is worth nothing.
 */
export class Verification {
  readonly startedMs: number;
  readonly supportsEpochBump: boolean;
  #lowestSequence: number;
  #epoch: number;

  constructor({ sequence, epoch, supportsEpochBump }: VerificationStart, startedMs: number) {
    this.startedMs = startedMs;
    this.supportsEpochBump = supportsEpochBump;
    this.#lowestSequence = sequence;
    this.#epoch = epoch;
  }

  /** The first batch that may be appended: one behind it came earlier than one before it. */
  get lowestSequence(): number {
    return this.#lowestSequence;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Another batch of the producer asks for the same verification. */
  joined({ sequence, epoch }: VerificationStart): void {
    if (epoch > this.#epoch) {
      this.#epoch = epoch;
      this.#lowestSequence = sequence;
    } else if (epoch === this.#epoch && sequence < this.#lowestSequence) {
      this.#lowestSequence = sequence;
    }
  }
}

/** Verifications kept in a partition; beyond it the oldest is dropped, and its batches will be refused. */
const VERIFICATIONS_MAX = 10_000;

/** The verifications under way in one partition, one for each producer (KIP-890, Kafka's ProducerStateManager). */
export class Verifications {
  readonly #byProducer = new Map<number, Verification>();

  get(producerId: number): Verification | undefined {
    return this.#byProducer.get(producerId);
  }

  start(start: VerificationStart, nowMs: number): Verification {
    let verification = this.#byProducer.get(start.producerId);
    if (verification === undefined) {
      if (this.#byProducer.size >= VERIFICATIONS_MAX) this.#dropOldest();
      verification = new Verification(start, nowMs);
      this.#byProducer.set(start.producerId, verification);
    } else {
      verification.joined(start);
    }
    return verification;
  }

  /** A batch of the producer's transaction was appended: there is nothing left to verify. */
  transactionBegan(producerId: number): void {
    if (this.#byProducer.size > 0) this.#byProducer.delete(producerId);
  }

  /**
   * The producer's transaction ended: what was verified before counts no more. Of a producer whose epoch rises with each
   * transaction the marker carries the epoch of the next one, whose verification may have begun already.
   */
  transactionEnded(producerId: number, markerEpoch: number): void {
    const verification = this.#byProducer.get(producerId);
    if (verification === undefined) return;
    if (verification.supportsEpochBump && verification.epoch === markerEpoch) return;
    this.#byProducer.delete(producerId);
  }

  /** Forgets those that began at least `expirationMs` ago: their answer never came, or it was no. */
  expire(nowMs: number, expirationMs: number): void {
    for (const [producerId, { startedMs }] of this.#byProducer) {
      if (nowMs - startedMs >= expirationMs) this.#byProducer.delete(producerId);
    }
  }

  clear(): void {
    this.#byProducer.clear();
  }

  #dropOldest(): void {
    for (const producerId of this.#byProducer.keys()) {
      this.#byProducer.delete(producerId);
      return;
    }
  }
}
