import type { Timers } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';

/** Something that collects work during a turn and does it once at the end. */
export interface TurnWork {
  /** May enlist further work, of itself or of others; it is done in the same turn. Must not throw. */
  endOfTurn(): void;
}

/** Rounds of work enlisting more work; beyond it the rest is left to the next turn, so that the event loop breathes. */
const ROUNDS_MAX = 64;

/**
 * One turn of the event loop: what was read from one socket, one timer, one finished promise. Partitions write
 * the batches that were staged in it with one call, connections send the answers with one call. The order is
 * fixed: first all writes to disk, then all answers, so that nothing is answered before it is written.
 */
export class Turn {
  readonly #timers: Timers;
  readonly #logger: Logger;
  #stores: TurnWork[] = [];
  #answers: TurnWork[] = [];
  #gathering: TurnWork[] = [];
  #isOpen = false;
  #isScheduled = false;

  constructor(timers: Timers, logger: Logger) {
    this.#timers = timers;
    this.#logger = logger;
  }

  /** Runs `work` as a turn of its own, or as part of the one under way. */
  run(work: () => void): void {
    if (this.#isOpen) {
      work();
      return;
    }
    this.#isOpen = true;
    try {
      work();
    } finally {
      this.#end();
    }
  }

  /** Has `store` write what it staged before any answer of this turn goes out. */
  enlistStore(store: TurnWork): void {
    this.#stores.push(store);
    this.#scheduleUnlessOpen();
  }

  /** Has `answer` send what it holds after everything staged in this turn is written. */
  enlistAnswer(answer: TurnWork): void {
    this.#answers.push(answer);
    this.#scheduleUnlessOpen();
  }

  /**
   * Has `store` write what it staged once everything that had arrived by now is read, whichever connections it came over:
   * what many of them ask for becomes one write. Costs an answer one round of the event loop, and no time of waiting.
   */
  enlistGatheringStore(store: TurnWork): void {
    this.#gathering.push(store);
    if (this.#gathering.length > 1) return;
    this.#timers.soon(() => {
      const stores = this.#gathering;
      this.#gathering = [];
      this.run(() => {
        for (const each of stores) this.guard(() => each.endOfTurn());
      });
    });
  }

  /** Runs `work`, so that a fault in it is logged and hurts nobody else who is served in the same turn. */
  guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#logger.error('work at the end of a turn failed', { error });
    }
  }

  #scheduleUnlessOpen(): void {
    if (this.#isOpen || this.#isScheduled) return;
    this.#isScheduled = true;
    this.#timers.soon(() => {
      this.#isScheduled = false;
      this.run(() => {});
    });
  }

  #end(): void {
    try {
      for (let round = 0; round < ROUNDS_MAX; round++) {
        if (this.#stores.length > 0) {
          const stores = this.#stores;
          this.#stores = [];
          for (const store of stores) this.guard(() => store.endOfTurn());
        } else if (this.#answers.length > 0) {
          const answers = this.#answers;
          this.#answers = [];
          for (const answer of answers) this.guard(() => answer.endOfTurn());
        } else {
          return;
        }
      }
    } finally {
      this.#isOpen = false;
      if (this.#stores.length > 0 || this.#answers.length > 0) this.#scheduleUnlessOpen();
    }
  }
}
