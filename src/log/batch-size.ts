import { E } from '../protocol/errors.ts';
import { refusedAppend, type AppendResult } from './append-result.ts';
import type { LogConfig } from './log-config.ts';

/** The answer to a batch that is too large as it would be stored, after recompression; undefined when it fits. */
export function checkSize(bytes: number, config: LogConfig, partitionName: string): AppendResult | undefined {
  const { maxMessageBytes, segmentBytes } = config;
  if (bytes > maxMessageBytes) {
    const detail = `Message batch size is ${bytes} bytes in append to partition ${partitionName} which exceeds the maximum configured size of ${maxMessageBytes}`;
    return refusedAppend(E.MESSAGE_TOO_LARGE, { detail }, -1);
  }
  if (bytes <= segmentBytes) return undefined;
  const detail = `Message batch size is ${bytes} bytes in append to partition ${partitionName}, which exceeds the maximum configured segment size of ${segmentBytes}.`;
  return refusedAppend(E.RECORD_LIST_TOO_LARGE, { detail }, -1);
}
