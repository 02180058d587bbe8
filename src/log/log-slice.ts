import { E, type ErrorSpec } from '../protocol/errors.ts';
import type { ReadBuffers } from './segments/read-buffers.ts';

const NO_CHUNKS: readonly Uint8Array[] = [];

/**
 * Batches read from a log, as stored. The chunks are views that stay valid until {@link release}: call it once, when
 * they have left for the socket.
 */
export class LogSlice {
  readonly error: ErrorSpec;
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  /** No batch of the slice starts at or above this offset; aborted transactions are looked up below it. */
  readonly upperBound: number;
  #give: (() => void) | undefined;

  constructor(
    error: ErrorSpec,
    chunks: readonly Uint8Array[],
    { bytes, upperBound }: { readonly bytes: number; readonly upperBound: number },
    give?: () => void,
  ) {
    this.error = error;
    this.chunks = chunks;
    this.bytes = bytes;
    this.upperBound = upperBound;
    this.#give = give;
  }

  release(): void {
    const give = this.#give;
    this.#give = undefined;
    give?.();
  }
}

/** Nothing to read at `offset`: the end of the log, or more than fits. */
export function emptySlice(offset: number): LogSlice {
  return new LogSlice(E.NONE, NO_CHUNKS, { bytes: 0, upperBound: offset });
}

export function failedSlice(error: ErrorSpec): LogSlice {
  return new LogSlice(error, NO_CHUNKS, { bytes: 0, upperBound: -1 });
}

/** Bytes read from a file into buffers of the pool. */
export function sliceOfBuffers(
  buffers: ReadBuffers,
  read: readonly { readonly buffer: Uint8Array; readonly length: number }[],
  upperBound: number,
): LogSlice {
  let bytes = 0;
  const chunks: Uint8Array[] = [];
  for (const { buffer, length } of read) {
    chunks.push(buffer.subarray(0, length));
    bytes += length;
  }
  return new LogSlice(E.NONE, chunks, { bytes, upperBound }, () => {
    for (const { buffer } of read) buffers.give(buffer);
  });
}
