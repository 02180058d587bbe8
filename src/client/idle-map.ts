/** Remembers things for as long as they are used: {@link sweep} forgets what was not used for `idleMs`. */
export class IdleMap<V> {
  readonly #idleMs: number;
  readonly #entries = new Map<string, { value: V; usedMs: number }>();

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What is remembered; with a time it counts as a use. */
  get(key: string, nowMs?: number): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.usedMs = nowMs ?? entry.usedMs;
    return entry.value;
  }

  set(key: string, value: V, nowMs: number): void {
    this.#entries.set(key, { value, usedMs: nowMs });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Forgets what was not used for so long. */
  sweep(nowMs: number): void {
    for (const [key, { usedMs }] of this.#entries) if (nowMs - usedMs >= this.#idleMs) this.#entries.delete(key);
  }
}
