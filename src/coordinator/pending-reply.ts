import type { ErrorSpec } from '../protocol/errors.ts';

/** A request that waits for its answer, as a decision sees it. */
export interface Reply<T> {
  /** The response that tells of an error of the whole request. */
  failure(error: ErrorSpec): T;
  readonly isSettled: boolean;
}

/** A request under way in a shard; settles exactly once. */
export class PendingReply<T> implements Reply<T> {
  readonly promise: Promise<T>;
  readonly failure: (error: ErrorSpec) => T;
  #resolve: ((response: T) => void) | undefined;

  constructor(failure: (error: ErrorSpec) => T) {
    this.failure = failure;
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get isSettled(): boolean {
    return this.#resolve === undefined;
  }

  settle(response: T): void {
    this.#resolve?.(response);
    this.#resolve = undefined;
  }

  fail(error: ErrorSpec): void {
    this.settle(this.failure(error));
  }
}
