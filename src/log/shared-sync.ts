/**
 * One sync in flight, and all who come meanwhile share the next: group commit. `run` makes durable what is there when
 * it is called; whoever asks during a run is served by the one after it.
 */
export class SharedSync {
  readonly #run: () => Promise<void>;
  #isRunning = false;
  #waiting: ((error: Error | undefined) => void)[] = [];

  constructor(run: () => Promise<void>) {
    this.#run = run;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Calls `done` after a run that started from now on, with the error when it failed. */
  request(done: (error: Error | undefined) => void): void {
    this.#waiting.push(done);
    if (!this.#isRunning) this.#start();
  }

  #start(): void {
    const served = this.#waiting;
    this.#waiting = [];
    this.#isRunning = true;
    void this.#run().then(
      () => this.#finish(served, undefined),
      (error: unknown) => this.#finish(served, error as Error),
    );
  }

  #finish(served: readonly ((error: Error | undefined) => void)[], error: Error | undefined): void {
    this.#isRunning = false;
    for (const done of served) done(error);
    if (this.#waiting.length > 0 && !this.#isRunning) this.#start();
  }
}
