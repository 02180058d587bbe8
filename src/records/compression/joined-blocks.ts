import { Malformed } from '../../base/malformed.ts';

/** Gathers the unpacked blocks of a batch under one bound. A single block is handed on as it is, not copied. */
export class JoinedBlocks {
  readonly #codec: string;
  readonly #bytesMax: number;
  readonly #blocks: Uint8Array[] = [];
  #size = 0;

  constructor(codec: string, bytesMax: number) {
    this.#codec = codec;
    this.#bytesMax = bytesMax;
  }

  /** How much may still come. */
  get room(): number {
    return this.#bytesMax - this.#size;
  }

  add(block: Uint8Array): void {
    if (block.length > this.room) this.overflow();
    this.#blocks.push(block);
    this.#size += block.length;
  }

  overflow(): never {
    throw new Malformed(`${this.#codec}: more than ${this.#bytesMax} bytes`);
  }

  join(): Uint8Array {
    return this.#blocks.length === 1 ? this.#blocks[0]! : Buffer.concat(this.#blocks, this.#size);
  }
}
