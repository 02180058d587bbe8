import { Malformed } from '../../base/malformed.ts';
import { uuidFromBytes, type Uuid } from '../../base/uuid.ts';
import type { Disk } from '../../runtime/disk.ts';
import type { Random } from '../../runtime/random.ts';

const FILE_BYTES_MAX = 64 * 1024;
const META_PROPERTIES = 'meta.properties';
const CLEAN_SHUTDOWN = '.kafka_cleanshutdown';
const PARTITION_METADATA = 'partition.metadata';
const META_REMEDY = 'restore it, or remove it to have it made anew';

/** Who a log directory belongs to (`meta.properties`, version 1). */
export interface DirectoryIdentity {
  readonly nodeId: number;
  readonly clusterId: string;
  readonly directoryId: Uuid;
}

/** Reads `meta.properties`; undefined when there is none. Throws {@link Malformed}. */
export function readDirectoryIdentity(disk: Disk, directory: string): DirectoryIdentity | undefined {
  const path = `${directory}/${META_PROPERTIES}`;
  if (!disk.exists(path)) return undefined;
  const values = new Map<string, string>();
  for (const line of disk.readFile(path, FILE_BYTES_MAX).toString('utf8').split('\n')) {
    const text = line.trim();
    const separator = text.indexOf('=');
    if (text.startsWith('#') || separator < 0) continue;
    values.set(text.slice(0, separator).trim(), text.slice(separator + 1).trim());
  }
  if (values.get('version') !== '1') {
    throw new Malformed(`${path} has version ${values.get('version') ?? 'none'}, not 1; ${META_REMEDY}`);
  }
  const nodeId = Number(values.get('node.id'));
  const clusterId = values.get('cluster.id');
  if (!Number.isSafeInteger(nodeId) || clusterId === undefined) {
    throw new Malformed(`${path} lacks node.id or cluster.id; ${META_REMEDY}`);
  }
  return { nodeId, clusterId, directoryId: values.get('directory.id') ?? '' };
}

export function writeDirectoryIdentity(disk: Disk, directory: string, identity: DirectoryIdentity): void {
  const lines = [
    '#',
    `node.id=${identity.nodeId}`,
    `directory.id=${identity.directoryId}`,
    'version=1',
    `cluster.id=${identity.clusterId}`,
    '',
  ];
  disk.replaceFile(`${directory}/${META_PROPERTIES}`, Buffer.from(lines.join('\n')));
}

/** A random id; the first hundred are reserved by Kafka, and one with a leading dash is awkward on a command line. */
export function randomUuid(random: Random): Uuid {
  for (;;) {
    const bytes = new Uint8Array(16);
    // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- not Array.fill
    random.fill(bytes);
    const uuid = uuidFromBytes(bytes);
    if (!uuid.startsWith('-') && !uuid.startsWith('AAAAAAAAAAAAAAAAAAAA')) return uuid;
  }
}

/**
 * The mark of a process that ended in order, or undefined; takes it away: from here on a crash is a crash. The broker epoch
 * is that of its last registration, -1 where the mark names none.
 */
export function takeCleanShutdownMark(disk: Disk, directory: string): number | undefined {
  const path = `${directory}/${CLEAN_SHUTDOWN}`;
  if (!disk.exists(path)) return undefined;
  const match = /"brokerEpoch":\s*(\d{1,15})[,}\s]/.exec(disk.readFile(path, FILE_BYTES_MAX).toString('utf8'));
  disk.remove(path);
  disk.syncDirectory(directory);
  return match === null ? -1 : Number(match[1]);
}

export function writeCleanShutdownMark(disk: Disk, directory: string, brokerEpoch: number): void {
  disk.replaceFile(`${directory}/${CLEAN_SHUTDOWN}`, Buffer.from(JSON.stringify({ version: 0, brokerEpoch })));
}

/** The topic id of a partition's directory; undefined when the file is missing or was lost in a crash. */
export function readPartitionMetadata(disk: Disk, directory: string): Uuid | undefined {
  const path = `${directory}/${PARTITION_METADATA}`;
  if (!disk.exists(path)) return undefined;
  const match = /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\s*$/.exec(
    disk.readFile(path, FILE_BYTES_MAX).toString('utf8'),
  );
  return match?.[1];
}

/** Written without a sync: the cluster's metadata knows the id too, and creating topics is to be fast. */
export function writePartitionMetadata(disk: Disk, directory: string, topicId: Uuid): void {
  const bytes = Buffer.from(`version: 0\ntopic_id: ${topicId}`);
  const file = disk.open(`${directory}/${PARTITION_METADATA}`, 'create');
  try {
    file.truncate(bytes.length);
    file.write(bytes, 0);
  } finally {
    file.close();
  }
}

/** A copy that the last process did not finish. */
export interface UnfinishedCopy {
  readonly topic: string;
  readonly partition: number;
  readonly path: string;
}
