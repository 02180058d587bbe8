const OFFSET_DIGITS = 20;

export const LOG_SUFFIX = '.log';
export const OFFSET_INDEX_SUFFIX = '.index';
export const TIME_INDEX_SUFFIX = '.timeindex';
export const TRANSACTION_INDEX_SUFFIX = '.txnindex';
/** All files of a segment; what counts as the segment is the log, which is renamed last. */
export const SEGMENT_SUFFIXES = [TRANSACTION_INDEX_SUFFIX, OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, LOG_SUFFIX];
export const SNAPSHOT_SUFFIX = '.snapshot';
/** Left by a cleaner that did not finish: dropped. */
export const CLEANED_SUFFIX = '.cleaned';
/** Left by a cleaner that finished but did not put its work in place: put in place. */
export const SWAP_SUFFIX = '.swap';
/** About to be removed. */
export const DELETED_SUFFIX = '.deleted';

/** `offset` as Kafka names files: 20 digits, zeros in front (LogFileUtils.filenamePrefixFromOffset). */
export function offsetFileName(offset: number, suffix: string): string {
  return String(offset).padStart(OFFSET_DIGITS, '0') + suffix;
}

/** The offset a file of this suffix is named after; undefined for any other name. */
export function offsetOfFile(name: string, suffix: string): number | undefined {
  if (!name.endsWith(suffix) || name.length !== OFFSET_DIGITS + suffix.length) return undefined;
  const digits = name.slice(0, OFFSET_DIGITS);
  if (!/^\d+$/.test(digits)) return undefined;
  const offset = Number(digits);
  return Number.isSafeInteger(offset) ? offset : undefined;
}

/** `<topic>-<partition>`, the directory of a partition. */
export function partitionDirectoryName(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/** Topic and partition of a directory name; undefined for names that are none (Kafka's LocalLog.parseTopicPartitionName). */
export function parsePartitionDirectory(name: string): { topic: string; partition: number } | undefined {
  const match = /^([a-zA-Z0-9._-]+)-(\d+)$/.exec(name);
  if (match === null) return undefined;
  const partition = Number(match[2]);
  return partition <= 0x7fff_ffff ? { topic: match[1]!, partition } : undefined;
}

const FUTURE_DIRECTORY = /^(.+)\.[0-9a-f]{32}-future$/;

/** The name of a copy that is to take the partition's place; longer than a file system allows for very long topic names. */
export function futureDirectoryName(topic: string, partition: number, uuidHex: string): string {
  return `${topic}-${partition}.${uuidHex}-future`;
}

/** Whether copies of a topic's partitions can be named (ReplicaManager.alterReplicaLogDirs). */
export function canBeCopied(topic: string, partition: number): boolean {
  return futureDirectoryName(topic, partition, '0'.repeat(32)).length <= DIRECTORY_NAME_BYTES_MAX;
}

/** Topic and partition of the directory of a copy; undefined for any other name. */
export function parseFutureDirectory(name: string): { topic: string; partition: number } | undefined {
  const match = FUTURE_DIRECTORY.exec(name);
  return match === null ? undefined : parsePartitionDirectory(match[1]!);
}

const DELETE_DIRECTORY = /^.+\.[0-9a-f]{32}-delete$/;
const DIRECTORY_NAME_BYTES_MAX = 255;

/** The name a partition's directory gets when it is deleted; `uuidHex` are 32 hexadecimal digits. */
export function deletedDirectoryName(topic: string, partition: number, uuidHex: string): string {
  const suffix = `-${partition}.${uuidHex}-delete`;
  return topic.slice(0, DIRECTORY_NAME_BYTES_MAX - suffix.length) + suffix;
}

export function isDeletedDirectory(name: string): boolean {
  return DELETE_DIRECTORY.test(name);
}
