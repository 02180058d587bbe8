import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { DiskSpace } from '../../runtime/disk.ts';
import type { LogDirectory } from './log-directory.ts';
import type { PartitionLog } from '../partition-log.ts';

/** One directory as DescribeLogDirs shows it. */
export interface DirectoryDescription {
  readonly path: string;
  readonly error: ErrorSpec;
  /** Why it is offline. */
  readonly reason: string | undefined;
  readonly isCordoned: boolean;
  /** Size of its file system, and what can still be written there; -1 when that cannot be told. */
  readonly totalBytes: number;
  readonly usableBytes: number;
  readonly logs: readonly LogDescription[];
}

/** A log, or a copy of one that lies in another directory. */
export interface LogDescription {
  readonly topic: string;
  readonly partition: number;
  readonly sizeBytes: number;
  readonly logEndOffset: number;
  readonly isFuture: boolean;
}

/** What is known of a directory; an offline one is shown without its logs. */
export function describeDirectory(known: {
  readonly path: string;
  readonly directory: LogDirectory | undefined;
  readonly failure: Error | undefined;
  readonly space: DiskSpace | undefined;
  readonly isCordoned: boolean;
}): DirectoryDescription {
  const { path, directory, failure, space, isCordoned } = known;
  return {
    path,
    error: failure === undefined ? E.NONE : E.KAFKA_STORAGE_ERROR,
    reason: failure?.message,
    isCordoned,
    totalBytes: space?.totalBytes ?? -1,
    usableBytes: space?.freeBytes ?? -1,
    logs: directory === undefined || failure !== undefined ? [] : describeLogs(directory),
  };
}

function describeLogs(directory: LogDirectory): LogDescription[] {
  return [
    ...Array.from(directory.logs(), (log) => describeLog(log, false)),
    ...Array.from(directory.futures(), (log) => describeLog(log, true)),
  ];
}

function describeLog({ topic, partition, sizeBytes, logEndOffset }: PartitionLog, isFuture: boolean): LogDescription {
  return { topic, partition, sizeBytes, logEndOffset, isFuture };
}
