import { baseOffset } from '../../records/batch.ts';
import { batchSizeWithin } from '../../records/batch-cursor.ts';
import { E } from '../../protocol/errors.ts';
import type { LogSlice } from '../log-slice.ts';
import type { PartitionLog } from '../partition-log.ts';

/**
 * Brings a copy of a log up to date, a slice at a time (Kafka's ReplicaAlterLogDirsThread). The copy begins where the
 * source does; when retention overtakes it, it begins anew. Throws DiskError when the copy cannot be written.
 */
export class LogCopy {
  readonly source: PartitionLog;
  readonly target: PartitionLog;

  constructor(source: PartitionLog, target: PartitionLog) {
    this.source = source;
    this.target = target;
  }

  /** Copies whole batches below `upperOffset`, about `bytesMax`; returns how many bytes: 0 when there are none left. */
  copySome(bytesMax: number, upperOffset: number, nowMs: number): number {
    const { source, target } = this;
    const isOvertaken = target.logEndOffset < source.logStartOffset || target.logEndOffset > source.logEndOffset;
    const offset = isOvertaken ? source.logStartOffset : target.logEndOffset;
    const slice = source.read({ offset, bytesMax, upperOffset, minOneBatch: true });
    try {
      if (slice.error !== E.NONE) return 0;
      const batches = wholeBatches(slice);
      if (isOvertaken) target.truncateFullyAndStartAt(Math.min(offset, firstOffset(batches) ?? offset), nowMs);
      if (batches.length === 0) return 0;
      target.appendAsFollower(batches, nowMs);
      target.writeStaged();
      target.setHighWatermark(target.logEndOffset);
      return batches.length;
    } finally {
      slice.release();
    }
  }
}

function firstOffset(batches: Buffer): number | undefined {
  if (batches.length === 0) return undefined;
  return baseOffset(new DataView(batches.buffer, batches.byteOffset, batches.length), 0);
}

/** The last batch of a slice may be cut off. */
function wholeBatches({ chunks }: LogSlice): Buffer {
  const bytes = Buffer.concat(chunks);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let end = 0;
  for (let size = batchSizeWithin(view, 0, bytes.length); size > 0; size = batchSizeWithin(view, end, bytes.length)) {
    end += size;
  }
  return bytes.subarray(0, end);
}
