import type { Disk } from '../../runtime/disk.ts';
import { readCheckpoint } from './directory-state.ts';
import { writeOffsetCheckpoint, type PartitionOffset } from './offset-checkpoint.ts';
import type { PartitionLog } from '../partition-log.ts';
import { partitionDirectoryName } from '../segments/segment-names.ts';

/** What a directory keeps of each of its logs outside of the log: one file for each kind, as Kafka has them. */
const KINDS = {
  recoveryPoint: {
    file: 'recovery-point-offset-checkpoint',
    remedy: 'remove this file, and the next start reads all logs from their beginning',
    offsetOf: (log: PartitionLog): number | undefined => log.recoveryPoint,
  },
  highWatermark: {
    file: 'replication-offset-checkpoint',
    remedy: 'remove this file, and the next start makes it anew',
    offsetOf: (log: PartitionLog): number | undefined => log.highWatermark,
  },
  logStartOffset: {
    file: 'log-start-offset-checkpoint',
    remedy: 'remove this file; records deleted within a segment may then be seen again',
    offsetOf: (log: PartitionLog): number | undefined =>
      log.logStartOffset > log.firstSegmentOffset ? log.logStartOffset : undefined,
  },
} as const;

export type CheckpointKind = keyof typeof KINDS;
export const CHECKPOINT_KINDS = Object.keys(KINDS) as CheckpointKind[];

/** Offsets of one log; 0 where nothing is written down. */
export type CheckpointedOffsets = Readonly<Record<CheckpointKind, number>>;
export const NO_OFFSETS: CheckpointedOffsets = { recoveryPoint: 0, highWatermark: 0, logStartOffset: 0 };

/** The checkpoint files of a log directory, and what they say. */
export class DirectoryCheckpoints {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #written: Readonly<Record<CheckpointKind, Map<string, number>>>;

  /** Reads the files. Throws LogDirectoryUnusable for a damaged one, DiskError. */
  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
    const read = (kind: CheckpointKind): Map<string, number> =>
      readCheckpoint(disk, `${path}/${KINDS[kind].file}`, KINDS[kind].remedy);
    this.#written = {
      recoveryPoint: read('recoveryPoint'),
      highWatermark: read('highWatermark'),
      logStartOffset: read('logStartOffset'),
    };
  }

  /** Whether a partition directory of this name stands in the file. */
  names(kind: CheckpointKind, name: string): boolean {
    return this.#written[kind].has(name);
  }

  offsetsOf(name: string): CheckpointedOffsets {
    const { recoveryPoint, highWatermark, logStartOffset } = this.#written;
    return {
      recoveryPoint: recoveryPoint.get(name) ?? 0,
      highWatermark: highWatermark.get(name) ?? 0,
      logStartOffset: logStartOffset.get(name) ?? 0,
    };
  }

  /** Writes the file, durably, when something changed. Throws DiskError. */
  write(kind: CheckpointKind, logs: Iterable<PartitionLog>): void {
    const written = this.#written[kind];
    const { file, offsetOf } = KINDS[kind];
    const offsets: PartitionOffset[] = [];
    for (const log of logs) {
      // A damaged log keeps what was written of it: nothing is known better.
      const name = partitionDirectoryName(log.topic, log.partition);
      const offset = log.isDamaged ? written.get(name) : offsetOf(log);
      if (offset !== undefined) offsets.push({ topic: log.topic, partition: log.partition, offset });
    }
    const isSame =
      offsets.length === written.size &&
      offsets.every(({ topic, partition, offset }) => written.get(partitionDirectoryName(topic, partition)) === offset);
    if (isSame) return;
    writeOffsetCheckpoint(this.#disk, `${this.#path}/${file}`, offsets);
    written.clear();
    for (const { topic, partition, offset } of offsets) {
      written.set(partitionDirectoryName(topic, partition), offset);
    }
  }
}
