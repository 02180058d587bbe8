interface Waiter {
  readonly revision: number;
  resolve(): void;
  reject(error: Error): void;
}

/** Those who wait for a revision to come: all at once in the order they came, or never. */
export class RevisionWaiters {
  #waiters: Waiter[] = [];

  wait(revision: number): Promise<void> {
    return new Promise((resolve, reject) => void this.#waiters.push({ revision, resolve, reject }));
  }

  /** Lets go on who waits for `revision` or an earlier one. */
  reached(revision: number): void {
    const waiters = this.#waiters;
    this.#waiters = waiters.filter((waiter) => waiter.revision > revision);
    for (const waiter of waiters) if (waiter.revision <= revision) waiter.resolve();
  }

  rejectAll(reason: Error): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(reason);
  }
}
