import type { Timer } from '../../runtime/clock.ts';
import type { KafkaError } from '../client-error.ts';
import type { ClientRuntime } from '../client-runtime.ts';
import type { AssignedPartitions, HandedOut } from './assigned-partitions.ts';
import type { Place } from './partition-state.ts';

interface Outstanding<K, V> extends HandedOut<K, V> {
  progressMs: number;
}

/** What the delivery tells its owner. */
export interface DeliveryEvents {
  /** Somebody asks: a member that was dropped comes back. */
  asked(): void;
  /** There is room for more, or something to commit. */
  progressed(): void;
  /** Nobody has asked for `maxPollIntervalMs`. */
  tooSlow(): void;
}

/**
 * Between what was fetched and who reads it, be it one iterator or many handlers: hands out, waits when there is nothing, and watches that
 * readers come back in time.
 */
export class Delivery<K, V> {
  readonly #runtime: Pick<ClientRuntime, 'clock' | 'timers'>;
  readonly #assigned: AssignedPartitions<K, V>;
  readonly #maxPollIntervalMs: number;
  readonly #events: DeliveryEvents;
  readonly #outstanding = new Set<Outstanding<K, V>>();
  #waiting: (() => void)[] = [];
  #askedMs = 0;
  #watch: Timer | undefined;
  #isStopped = false;
  #error: KafkaError | undefined;

  constructor(
    runtime: Pick<ClientRuntime, 'clock' | 'timers'>,
    assigned: AssignedPartitions<K, V>,
    maxPollIntervalMs: number,
    events: DeliveryEvents,
  ) {
    this.#runtime = runtime;
    this.#assigned = assigned;
    this.#maxPollIntervalMs = maxPollIntervalMs;
    this.#events = events;
  }

  /** Whether something is handed out and not done. */
  get isOutstanding(): boolean {
    return this.#outstanding.size > 0;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** What is there now; undefined when nothing is. Throws what {@link fail} was told. */
  poll(): HandedOut<K, V> | undefined {
    if (this.#error !== undefined) throw this.#error;
    if (this.#isStopped) return undefined;
    this.#askedMs = this.#runtime.clock.monotonicMs();
    this.#events.asked();
    const handed = this.#assigned.handOut();
    if (handed === undefined) return undefined;
    const outstanding = { ...handed, progressMs: this.#askedMs };
    this.#outstanding.add(outstanding);
    this.#startWatch();
    this.#events.progressed();
    return outstanding;
  }

  /** The next batch, when there is one; undefined when the delivery was stopped. Rejects with what {@link fail} was told. */
  async next(): Promise<HandedOut<K, V> | undefined> {
    for (;;) {
      const handed = this.poll();
      if (handed !== undefined || this.#isStopped) return handed;
      await new Promise<void>((done) => {
        this.#waiting.push(done);
      });
    }
  }

  /** All before `place` is processed. */
  processed(handed: HandedOut<K, V>, place: Place): void {
    (handed as Outstanding<K, V>).progressMs = this.#runtime.clock.monotonicMs();
    this.#assigned.processed(handed, place);
  }

  /** Whether the rest of what was handed out is still wanted. */
  isLive({ state, version }: HandedOut<K, V>): boolean {
    return state.version === version && !state.isPaused && !state.isRevoking && !this.#isStopped;
  }

  /** Done with it, processed to its end or not. */
  finished(handed: HandedOut<K, V>): void {
    this.#outstanding.delete(handed as Outstanding<K, V>);
    this.#askedMs = this.#runtime.clock.monotonicMs();
    this.#assigned.finished(handed);
    this.#events.progressed();
    if (this.#assigned.size > 0) this.ready();
  }

  /** Something can be handed out. */
  ready(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done();
  }

  stop(): void {
    this.#isStopped = true;
    this.#watch?.cancel();
    this.ready();
  }

  /** The first error counts. */
  fail(error: KafkaError): void {
    this.#error ??= error;
    this.ready();
  }

  #startWatch(): void {
    this.#watch ??= this.#runtime.timers.set(this.#maxPollIntervalMs, () => this.#look());
  }

  #look(): void {
    this.#watch = undefined;
    if (this.#isStopped) return;
    let oldestMs = this.#waiting.length > 0 ? Number.POSITIVE_INFINITY : this.#askedMs;
    for (const { progressMs } of this.#outstanding) oldestMs = Math.min(oldestMs, progressMs);
    const leftMs = oldestMs + this.#maxPollIntervalMs - this.#runtime.clock.monotonicMs();
    if (leftMs > 0) {
      const delayMs = Math.min(leftMs, this.#maxPollIntervalMs);
      this.#watch = this.#runtime.timers.set(delayMs, () => this.#look());
      return;
    }
    this.#outstanding.clear();
    this.#events.tooSlow();
  }
}
