import { Malformed } from '../base/malformed.ts';
import { SIZE_BYTES } from './frame.ts';
import { FrameBuffers, frameBuffers, STASH_BYTES_MAX } from './frame-buffers.ts';

/** What a peer may make us allocate for a frame before it has sent any of it beyond the first read. */
const UNPROVEN_BYTES_MAX = 64 * 1024;

/** A large frame's buffer grows to this many times what has arrived. */
const GROWTH_FACTOR = 2;

export interface FrameReceiverOptions {
  /** Largest frame taken, Kafka's socket.request.max.bytes. */
  readonly frameBytesMax: number;
  /** A complete frame, without its size. A view: of memory that stays as it is, unless the frame is transient. */
  readonly onFrame: (frame: Uint8Array) => void;
  /**
   * Says of a frame that its consumer, and all that holds views of it, is through with it before the connection asks for
   * its next landing place, that is by the end of the turn. Such a frame is not copied. By default none is transient.
   */
  readonly isTransient?: (frame: Uint8Array) => boolean;
  readonly buffers?: FrameBuffers;
}

/**
 * Cuts what a connection receives into frames. Small frames are cut out of the landing place that all connections share;
 * what of a frame is missing at the end of a read is stashed, and put in front of the next read. A frame of which more
 * than {@link STASH_BYTES_MAX} bytes are there gets a buffer of its own, into which the rest lands directly; it has the
 * declared size only if that is small, or the peer has sent a frame of that size before, or such a buffer lies around;
 * otherwise it grows with what arrives. So no one makes us allocate memory by announcing a size.
 */
export class FrameReceiver {
  readonly #options: FrameReceiverOptions;
  readonly #buffers: FrameBuffers;
  /** The beginning of a frame, up to {@link STASH_BYTES_MAX}. */
  #stash: Buffer | undefined;
  /** The large frame under way, from its size on. */
  #large: Buffer | undefined;
  #largeFilled = 0;
  #largeWanted = 0;
  /** A large frame's buffer that may be used again once the turn is over. */
  #spent: Buffer | undefined;
  /** Size of the largest frame that came whole. */
  #provenBytes = UNPROVEN_BYTES_MAX;

  constructor(options: FrameReceiverOptions) {
    this.#options = options;
    this.#buffers = options.buffers ?? frameBuffers;
  }

  /** Bytes held for a frame that is not complete. */
  get heldBytes(): number {
    return (this.#large?.length ?? 0) + (this.#stash?.length ?? 0);
  }

  /** Size of the large frame under way, as announced; 0 when there is none. */
  get expectedBytes(): number {
    return this.#large === undefined ? 0 : this.#largeWanted;
  }

  /** Where the connection's next bytes are to land. Asking ends the life of the transient frames handed out. */
  landing(): Uint8Array {
    if (this.#spent !== undefined) {
      this.#buffers.give(this.#spent);
      this.#spent = undefined;
    }
    if (this.#large === undefined) return this.#buffers.landing;
    return this.#large.subarray(this.#largeFilled, Math.min(this.#large.length, this.#largeWanted));
  }

  /**
   * `count` bytes landed. Hands out the frames they complete. Throws {@link Malformed} for a size that is negative or too
   * large, and whatever the consumer throws; the connection is of no use after that.
   */
  received(count: number): void {
    if (this.#large !== undefined) {
      this.#receivedLarge(this.#large, count);
      return;
    }
    const { shared } = this.#buffers;
    let start = STASH_BYTES_MAX;
    const end = start + count;
    if (this.#stash !== undefined) {
      start -= this.#stash.length;
      shared.set(this.#stash, start);
      this.#stash = undefined;
    }
    while (end - start >= SIZE_BYTES) {
      const frameEnd = start + SIZE_BYTES + this.#sizeAt(shared, start);
      if (frameEnd > end) break;
      this.#handOut(shared.subarray(start + SIZE_BYTES, frameEnd));
      start = frameEnd;
    }
    if (start < end) this.#keepBeginning(shared.subarray(start, end));
  }

  #sizeAt(bytes: Buffer, start: number): number {
    const size = (bytes[start]! << 24) | (bytes[start + 1]! << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]!;
    if (size < 0) throw new Malformed(`frame of size ${size}`);
    if (size > this.#options.frameBytesMax) {
      throw new Malformed(`frame of ${size} bytes, at most ${this.#options.frameBytesMax} are taken`);
    }
    return size;
  }

  #handOut(frame: Buffer): void {
    const { isTransient, onFrame } = this.#options;
    onFrame(isTransient?.(frame) ? frame : this.#buffers.keep(frame));
  }

  #keepBeginning(bytes: Buffer): void {
    if (bytes.length <= STASH_BYTES_MAX) {
      this.#stash = Buffer.from(bytes);
      return;
    }
    this.#largeWanted = SIZE_BYTES + this.#sizeAt(bytes, 0);
    this.#largeFilled = bytes.length;
    this.#large = this.#buffers.take(this.#capacity(bytes.length));
    this.#large.set(bytes);
  }

  #receivedLarge(large: Buffer, count: number): void {
    this.#largeFilled += count;
    const wanted = this.#largeWanted;
    if (this.#largeFilled === wanted) {
      this.#large = undefined;
      this.#provenBytes = Math.max(this.#provenBytes, wanted);
      const frame = large.subarray(SIZE_BYTES, wanted);
      if (this.#options.isTransient?.(frame)) this.#spent = large;
      this.#options.onFrame(frame);
    } else if (this.#largeFilled === large.length) {
      this.#large = this.#buffers.take(this.#capacity(this.#largeFilled));
      this.#large.set(large);
      this.#buffers.give(large);
    }
  }

  #capacity(arrived: number): number {
    const wanted = this.#largeWanted;
    if (wanted <= this.#provenBytes || this.#buffers.has(wanted)) return wanted;
    return Math.min(wanted, Math.max(arrived * GROWTH_FACTOR, this.#provenBytes));
  }
}
