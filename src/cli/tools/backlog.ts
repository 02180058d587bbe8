/**
 * What a command has sent and not heard of: as long as it is more than so many bytes or records, who sends waits. So input is read no
 * faster than brokers take it.
 */
export class Backlog {
  readonly #bytesMax: number;
  readonly #countMax: number;
  #bytes = 0;
  #count = 0;
  #waiting: (() => void) | undefined;

  constructor(bytesMax: number, countMax: number) {
    this.#bytesMax = bytesMax;
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#count;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    this.#count++;
  }

  settled(bytes: number): void {
    this.#bytes -= bytes;
    this.#count--;
    if (this.isFull) return;
    this.#waiting?.();
    this.#waiting = undefined;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax || this.#count >= this.#countMax;
  }

  /** Resolves once there is room. One may wait at a time. */
  async room(): Promise<void> {
    while (this.isFull) {
      await new Promise<void>((done) => {
        this.#waiting = done;
      });
    }
  }
}
