import type { ToolWorld } from './tool-world.ts';

const FLUSH_BYTES = 64 * 1024;

/** Gathers output, so that a record is not a call of the system. Whoever fills it writes it out before waiting for more to do. */
export class OutputBuffer {
  readonly #write: ToolWorld['write'];
  #parts: Buffer[] = [];
  #size = 0;
  #isHeard = true;

  constructor({ write }: Pick<ToolWorld, 'write'>) {
    this.#write = write;
  }

  /** Whether somebody reads what is written. */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  get isFull(): boolean {
    return this.#size >= FLUSH_BYTES;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  text(text: string): void {
    this.bytes(Buffer.from(text));
  }

  bytes(bytes: Uint8Array): void {
    this.#parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.#size += bytes.length;
  }

  flush(): void {
    if (this.#size === 0) return;
    const all = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#size = 0;
    if (!this.#write(all)) this.#isHeard = false;
  }
}
