import { Malformed } from '../base/malformed.ts';
import { batchSizeWithin } from '../records/batch-cursor.ts';
import { baseOffset, checkCrc, lastOffsetDelta } from '../records/batch.ts';

/**
 * Size of the batch at `at` of what a leader sent, after holding it against the log's end; 0 for the last one of an answer, which may be
 * cut off where the answer has as many bytes as it may have. Throws {@link Malformed}.
 */
export function checkReplicated(view: DataView, at: number, logEndOffset: number): number {
  const size = batchSizeWithin(view, at, view.byteLength);
  if (size === 0 && at > 0) return 0;
  if (size === 0) throw new Malformed(`${view.byteLength} bytes of a leader are no whole batch`);
  if (!checkCrc(view, at)) throw new Malformed(`a leader's batch has a wrong checksum`);
  const first = baseOffset(view, at);
  if (first < logEndOffset) throw new Malformed(`a leader's batch starts at ${first}, the log ends at ${logEndOffset}`);
  if (lastOffsetDelta(view, at) < 0) throw new Malformed(`a leader's batch ends before it starts`);
  return size;
}
