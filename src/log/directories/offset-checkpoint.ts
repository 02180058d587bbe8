import { Malformed } from '../../base/malformed.ts';
import type { Disk } from '../../runtime/disk.ts';
import { partitionDirectoryName } from '../segments/segment-names.ts';

const FILE_BYTES_MAX = 64 * 1024 * 1024;
const VERSION = '0';

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Reads a file of one offset per partition by `<topic>-<partition>`; missing or empty: none. Throws {@link Malformed}. */
export function readOffsetCheckpoint(disk: Disk, path: string): Map<string, number> {
  const offsets = new Map<string, number>();
  if (!disk.exists(path)) return offsets;
  const text = disk.readFile(path, FILE_BYTES_MAX).toString('utf8');
  if (text.length === 0) return offsets;
  const lines = text.split('\n').filter((line) => line.length > 0);
  if (lines[0] !== VERSION) throw new Malformed(`${path} has version ${lines[0]}`);
  for (const line of lines.slice(2)) {
    const match = /^(\S+) (\d+) (\d+)$/.exec(line);
    if (match === null) throw new Malformed(`${path} has the line "${line}"`);
    offsets.set(partitionDirectoryName(match[1]!, Number(match[2])), Number(match[3]));
  }
  if (offsets.size !== Number(lines[1])) throw new Malformed(`${path} says ${lines[1]} entries, has ${offsets.size}`);
  return offsets;
}

/** Replaces the file, durably (Kafka's OffsetCheckpointFile). */
export function writeOffsetCheckpoint(disk: Disk, path: string, offsets: readonly PartitionOffset[]): void {
  const lines = [VERSION, String(offsets.length)];
  for (const { topic, partition, offset } of offsets) lines.push(`${topic} ${partition} ${offset}`);
  disk.replaceFile(path, Buffer.from(`${lines.join('\n')}\n`));
}
