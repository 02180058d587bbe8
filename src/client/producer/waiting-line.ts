import type { Timer } from '../../runtime/clock.ts';
import { KafkaError, TimeoutError } from '../client-error.ts';
import type { ClientRuntime } from '../client-runtime.ts';
import type { SettledListener } from './producer-batch.ts';
import type { OutgoingRecord } from './producer-record.ts';

/** Taken records leave gaps at the front; so many are let stand before the rest moves up. */
const GAPS_MAX = 1024;

/** A record that cannot go into a batch yet. */
export interface WaitingRecord {
  readonly topic: string;
  /** As the caller wanted it; undefined: the partitioner chooses. */
  readonly partition: number | undefined;
  readonly record: OutgoingRecord;
  readonly signal: AbortSignal | undefined;
  /** Monotonic milliseconds. */
  readonly deadlineMs: number;
}

interface Place {
  readonly waiting: WaitingRecord;
  readonly aborted: () => void;
  isGone: boolean;
  readonly listeners: SettledListener[];
}

/** Records that wait for metadata or for room, in the order they came; each until its deadline, or until its signal fires. */
export class WaitingLine {
  readonly #runtime: Pick<ClientRuntime, 'clock' | 'timers'>;
  readonly #expired: (topic: string) => TimeoutError;
  #places: (Place | undefined)[] = [];
  #head = 0;
  #length = 0;
  #timer: Timer | undefined;

  constructor(runtime: Pick<ClientRuntime, 'clock' | 'timers'>, expired: (topic: string) => TimeoutError) {
    this.#runtime = runtime;
    this.#expired = expired;
  }

  /** Records that wait. */
  get length(): number {
    return this.#length;
  }

  push(waiting: WaitingRecord): void {
    const aborted = (): void => {
      this.#leave(place);
      waiting.record.receipt.failed(
        new KafkaError('ABORTED', 'aborted by its signal', { cause: waiting.signal?.reason }),
        1,
      );
    };
    const place: Place = { waiting, aborted, isGone: false, listeners: [] };
    waiting.signal?.addEventListener('abort', aborted, { once: true });
    this.#places.push(place);
    this.#length++;
    if (this.#timer === undefined) this.#watch();
  }

  /** The record whose turn it is; it stays in the line. */
  first(): WaitingRecord | undefined {
    return this.#first()?.waiting;
  }

  shift(): WaitingRecord | undefined {
    const place = this.#first();
    if (place === undefined) return undefined;
    this.#leave(place);
    return place.waiting;
  }

  rejectAll(error: KafkaError): void {
    for (let waiting = this.shift(); waiting !== undefined; waiting = this.shift())
      waiting.record.receipt.failed(error, 1);
  }

  /** Has a listener told when each record that waits now has left. */
  whenLeft(listener: SettledListener): void {
    for (const place of this.#places) {
      if (place === undefined || place.isGone) continue;
      place.listeners.push(listener);
      listener.awaits();
    }
  }

  #first(): Place | undefined {
    for (; this.#head < this.#places.length; this.#head++) {
      const place = this.#places[this.#head];
      if (place?.isGone === false) return place;
      this.#places[this.#head] = undefined;
    }
    this.#places = [];
    this.#head = 0;
    return undefined;
  }

  #leave(place: Place): void {
    place.isGone = true;
    this.#length--;
    place.waiting.signal?.removeEventListener('abort', place.aborted);
    if (this.#places[this.#head] === place) this.#places[this.#head++] = undefined;
    if (this.#head > GAPS_MAX && this.#head * 2 > this.#places.length) {
      this.#places = this.#places.slice(this.#head);
      this.#head = 0;
    }
    if (this.#length === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
    }
    for (const listener of place.listeners) listener.settled();
  }

  #watch(): void {
    const first = this.#first();
    if (first === undefined) return;
    const nowMs = this.#runtime.clock.monotonicMs();
    this.#timer = this.#runtime.timers.set(Math.max(0, first.waiting.deadlineMs - nowMs), () => {
      this.#timer = undefined;
      this.#expire();
      this.#watch();
    });
  }

  #expire(): void {
    const nowMs = this.#runtime.clock.monotonicMs();
    for (let place = this.#first(); place !== undefined && place.waiting.deadlineMs <= nowMs; place = this.#first()) {
      this.#leave(place);
      place.waiting.record.receipt.failed(this.#expired(place.waiting.topic), 1);
    }
  }
}
