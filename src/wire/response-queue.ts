import { assert } from '../base/assert.ts';
import type { Connection } from '../runtime/network.ts';

/** Chunks up to this size are copied together: a copy costs less than one more chunk in the write. */
const MERGED_CHUNK_BYTES_MAX = 1024;

interface Response {
  readonly chunks: readonly Uint8Array[];
  readonly sent: (() => void) | undefined;
}

/**
 * Sends the answers of one connection in the order of its requests, however they get done: each request reserves a slot,
 * each answer fills its own, and a flush sends all from the first on that are filled, in one write. How many slots may be
 * open is for the owner to bound, by not reading further requests.
 */
export class ResponseQueue {
  readonly #connection: Connection;
  /** The open slots, from number {@link #first} on; undefined until filled. */
  #slots: (Response | undefined)[] = [];
  #first = 0;
  #heldBytes = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Slots reserved and not yet flushed. */
  get openCount(): number {
    return this.#slots.length;
  }

  /** Bytes that a slow client keeps here: answers waiting for an earlier one, and what the connection has not sent. */
  get pendingBytes(): number {
    return this.#heldBytes + this.#connection.pendingBytes;
  }

  /** The place of the next answer. */
  reserve(): number {
    this.#slots.push(undefined);
    return this.#first + this.#slots.length - 1;
  }

  /**
   * The answer for `slot`, framed; no chunks for a request that has no answer. The chunks must not change until `sent` is
   * called, when they have left; it is not called when the connection closes before.
   */
  fill(slot: number, chunks: readonly Uint8Array[], sent?: () => void): void {
    const index = slot - this.#first;
    assert(index >= 0 && index < this.#slots.length, 'a response for a request that was made and not answered');
    assert(this.#slots[index] === undefined, 'one response to a request');
    this.#slots[index] = { chunks, sent };
    for (const { length } of chunks) this.#heldBytes += length;
  }

  /** Sends all answers that have no unanswered request before them. Call it once at the end of a turn. */
  flush(): void {
    let count = 0;
    while (count < this.#slots.length && this.#slots[count] !== undefined) count++;
    if (count === 0) return;
    const ready = this.#slots.slice(0, count) as Response[];
    this.#slots = this.#slots.slice(count);
    this.#first += count;
    const { chunks, bytes } = gathered(ready);
    this.#heldBytes -= bytes;
    const notified = ready.filter(({ sent }) => sent !== undefined);
    const sent = notified.length === 0 ? undefined : () => notified.forEach((response) => response.sent?.());
    if (chunks.length > 0) this.#connection.write(chunks, sent);
    else sent?.();
  }
}

/** The chunks of all responses in order, runs of small ones made one. */
function gathered(responses: readonly Response[]): { chunks: readonly Uint8Array[]; bytes: number } {
  const only = responses.length === 1 ? responses[0]!.chunks : undefined;
  if (only !== undefined && only.length <= 1) return { chunks: only, bytes: only[0]?.length ?? 0 };
  const chunks: Uint8Array[] = [];
  let run: Uint8Array[] = [];
  let bytes = 0;
  for (const response of responses) {
    for (const chunk of response.chunks) {
      bytes += chunk.length;
      if (chunk.length <= MERGED_CHUNK_BYTES_MAX) {
        run.push(chunk);
        continue;
      }
      endRun(run, chunks);
      run = [];
      chunks.push(chunk);
    }
  }
  endRun(run, chunks);
  return { chunks, bytes };
}

function endRun(run: readonly Uint8Array[], chunks: Uint8Array[]): void {
  if (run.length === 1) chunks.push(run[0]!);
  else if (run.length > 1) chunks.push(Buffer.concat(run));
}
