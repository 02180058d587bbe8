import type { Turn } from '../turn.ts';

/** Waits for records (a parked fetch). Told how many bytes became visible; it decides whether that is enough. */
export interface DataWaiter {
  grown(bytes: number): void;
  /** Leadership, existence or the log's state changed: answer now. */
  changed(): void;
}

/** Hears of all that a follower's session would tell about one partition (KIP-227), parked fetch or not. */
export interface FollowerWatch extends DataWaiter {
  /** The high watermark moved, or the like: worth telling, and not worth waking up for. */
  marksMoved(): void;
}

/** The fetches parked on a partition: followers' hear of what is written, all others of what is committed. */
export class DataWaiters {
  readonly #turn: Turn;
  readonly #readers = new Set<DataWaiter>();
  readonly #followers = new Set<DataWaiter>();
  readonly #watches = new Set<FollowerWatch>();
  /** Bytes written and not yet below the high watermark, by where they end. */
  #unannounced: { readonly endOffset: number; readonly bytes: number }[] = [];

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  add(waiter: DataWaiter, isFollower: boolean): void {
    (isFollower ? this.#followers : this.#readers).add(waiter);
  }

  remove(waiter: DataWaiter, isFollower: boolean): void {
    (isFollower ? this.#followers : this.#readers).delete(waiter);
  }

  watch(watch: FollowerWatch): () => void {
    this.#watches.add(watch);
    return () => void this.#watches.delete(watch);
  }

  /** The high watermark moved, or there may be another follower, which is to be heard of. */
  tellMarks(): void {
    for (const watch of this.#watches) watch.marksMoved();
  }

  /** `bytes` were written that end at `endOffset`, and are not committed yet. */
  written(endOffset: number, bytes: number): void {
    if (bytes > 0) this.#unannounced.push({ endOffset, bytes });
  }

  /** The log has grown by so many bytes. */
  tellFollowers(bytes: number): void {
    for (const watch of this.#watches) this.#turn.guard(() => watch.grown(bytes));
    if (this.#followers.size === 0) return;
    for (const waiter of Array.from(this.#followers)) this.#turn.guard(() => waiter.grown(bytes));
  }

  /** The high watermark has reached `watermark`; `bytesBelow` were written just below it in this very turn. */
  committed(watermark: number, bytesBelow: number): void {
    this.tellMarks();
    let bytes = bytesBelow;
    if (this.#unannounced.length > 0) {
      const passed = this.#unannounced.filter(({ endOffset }) => endOffset <= watermark);
      this.#unannounced = this.#unannounced.slice(passed.length);
      for (const each of passed) bytes += each.bytes;
    }
    if (this.#readers.size === 0) return;
    for (const waiter of Array.from(this.#readers)) this.#turn.guard(() => waiter.grown(bytes));
  }

  /** All are to look again. Not over the sets themselves: an answer may start the client's next fetch, which parks here again. */
  tellChanged(): void {
    for (const waiter of Array.from(this.#readers)) this.#turn.guard(() => waiter.changed());
    for (const waiter of Array.from(this.#followers)) this.#turn.guard(() => waiter.changed());
    for (const watch of Array.from(this.#watches)) this.#turn.guard(() => watch.changed());
  }

  /** The log was cut: what was written and not committed may be gone. */
  forgetWritten(): void {
    this.#unannounced = [];
  }
}
