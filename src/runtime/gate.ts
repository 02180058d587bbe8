/** What happens to a program in the same process whose events go through its gate. */
export type GateState = 'running' | 'paused' | 'dead';

export type GateEvent = 'paused' | 'resumed' | 'died';

/**
 * The events of one program among several in this process: let through, held back for a while (as SIGSTOP does), or
 * dropped for ever (as SIGKILL does). Whatever wakes the program goes through {@link pass}, in order.
 */
export class Gate {
  #state: GateState = 'running';
  #held: (() => void)[] = [];
  readonly #hooks: Record<GateEvent, Set<() => void>> = { paused: new Set(), resumed: new Set(), died: new Set() };

  get state(): GateState {
    return this.#state;
  }

  /** Does `event` now, or when the program goes on, or never. */
  pass(event: () => void): void {
    if (this.#state === 'running') event();
    else if (this.#state === 'paused') this.#held.push(event);
  }

  /** A promise that settles only while the program runs. */
  settle<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => this.pass(() => resolve(value)),
        (error: unknown) => this.pass(() => reject(error)),
      );
    });
  }

  pause(): void {
    if (this.#state !== 'running') return;
    this.#state = 'paused';
    for (const hook of Array.from(this.#hooks.paused)) hook();
  }

  /** Goes on with what was held back, in its order. */
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    while (this.#held.length > 0 && this.#isRunning()) this.#held.shift()!();
    if (this.#isRunning()) for (const hook of Array.from(this.#hooks.resumed)) hook();
  }

  /** The program is gone; what it had open is closed by those who gave it. */
  kill(): void {
    if (this.#state === 'dead') return;
    this.#state = 'dead';
    this.#held = [];
    for (const hook of Array.from(this.#hooks.died)) hook();
    for (const hooks of Object.values(this.#hooks)) hooks.clear();
  }

  /** Calls `hook` at each pause, after each resumption, or once at the death; the returned function takes it back. */
  on(event: GateEvent, hook: () => void): () => void {
    this.#hooks[event].add(hook);
    return () => void this.#hooks[event].delete(hook);
  }

  #isRunning(): boolean {
    return this.#state === 'running';
  }
}
