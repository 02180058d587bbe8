import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { Turn } from '../turn.ts';

/** Waits until an appended batch counts as written (acks=1) or committed (acks=all), or records are gone everywhere. */
export interface AppendWaiter {
  appended(error: ErrorSpec): void;
}

interface ParkedAppend {
  /** The end offset that has to be reached. */
  readonly endOffset: number;
  readonly waiter: AppendWaiter;
}

/** Those who wait until a partition has reached an offset. Bounded by the requests that the connections may have in flight. */
export class AppendWaiters {
  readonly #turn: Turn;
  #parked: ParkedAppend[] = [];

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  get isAny(): boolean {
    return this.#parked.length > 0;
  }

  add(endOffset: number, waiter: AppendWaiter): void {
    this.#parked.push({ endOffset, waiter });
  }

  /** The waiter hears nothing more. */
  forget(waiter: AppendWaiter): void {
    this.#parked = this.#parked.filter((parked) => parked.waiter !== waiter);
  }

  /** Tells everyone whose offset is reached; the others go on waiting. */
  reached(endOffset: number): void {
    const parked = this.#parked;
    if (parked.length === 0) return;
    const waiting = parked.filter((entry) => entry.endOffset > endOffset);
    if (waiting.length === parked.length) return;
    // Before anyone is told: what that sets off may come back here.
    this.#parked = waiting;
    for (const entry of parked) {
      if (entry.endOffset <= endOffset) this.#turn.guard(() => entry.waiter.appended(E.NONE));
    }
  }

  /** Tells those who wait for offsets beyond `endOffset` that the log does not have them after all. */
  failBeyond(endOffset: number, error: ErrorSpec): void {
    const failed = this.#parked.filter((entry) => entry.endOffset > endOffset);
    if (failed.length === 0) return;
    this.#parked = this.#parked.filter((entry) => entry.endOffset <= endOffset);
    for (const { waiter } of failed) this.#turn.guard(() => waiter.appended(error));
  }

  failAll(error: ErrorSpec): void {
    this.failBeyond(-1, error);
  }
}
