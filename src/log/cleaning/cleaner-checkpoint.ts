import { Malformed } from '../../base/malformed.ts';
import type { Disk } from '../../runtime/disk.ts';
import type { Logger } from '../../runtime/logger.ts';
import { readOffsetCheckpoint, writeOffsetCheckpoint, type PartitionOffset } from '../directories/offset-checkpoint.ts';
import type { PartitionLog } from '../partition-log.ts';
import { partitionDirectoryName } from '../segments/segment-names.ts';

const FILE = 'cleaner-offset-checkpoint';

/** Up to where each log is clean, in one file per log directory (Kafka's LogCleanerManager). A wrong file starts over. */
export class CleanerCheckpoints {
  readonly #disk: Disk;
  readonly #logger: Logger;
  /** What the files say, by log directory, then partition. */
  readonly #written = new Map<string, Map<string, number>>();

  constructor(disk: Disk, logger: Logger) {
    this.#disk = disk;
    this.#logger = logger;
  }

  /** Tells the logs found at start what the last process knew of them. */
  restore(logs: Iterable<PartitionLog>): void {
    for (const log of logs) {
      const offset = this.#read(parentOf(log)).get(partitionDirectoryName(log.topic, log.partition));
      if (offset !== undefined) log.cleaning.restore(offset);
    }
  }

  /** Writes the files that are out of date, also those that name a partition that is gone. Throws DiskError. */
  write(logs: Iterable<PartitionLog>): void {
    const byParent = new Map<string, PartitionOffset[]>(Array.from(this.#written.keys(), (parent) => [parent, []]));
    const offline = new Set<string>();
    for (const log of logs) {
      const { topic, partition } = log;
      const offset = log.cleaning.cleanedTo;
      if (log.isOffline && !log.isDamaged) offline.add(parentOf(log));
      if (offset === undefined) continue;
      const offsets = byParent.get(parentOf(log)) ?? [];
      offsets.push({ topic, partition, offset });
      byParent.set(parentOf(log), offsets);
    }
    for (const [parent, offsets] of byParent) if (!offline.has(parent)) this.#writeOne(parent, offsets);
  }

  #writeOne(parent: string, offsets: readonly PartitionOffset[]): void {
    const written = this.#read(parent);
    const next = new Map(
      offsets.map(({ topic, partition, offset }) => [partitionDirectoryName(topic, partition), offset]),
    );
    if (next.size === written.size && Array.from(next).every(([name, offset]) => written.get(name) === offset)) return;
    writeOffsetCheckpoint(this.#disk, `${parent}/${FILE}`, offsets);
    this.#written.set(parent, next);
  }

  #read(parent: string): Map<string, number> {
    const known = this.#written.get(parent);
    if (known !== undefined) return known;
    let found = new Map<string, number>();
    try {
      found = readOffsetCheckpoint(this.#disk, `${parent}/${FILE}`);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#logger.warn('how far logs were cleaned is not known: all are cleaned from their beginning', {
        directory: parent,
        reason: error.message,
      });
    }
    this.#written.set(parent, found);
    return found;
  }
}

function parentOf({ directory }: PartitionLog): string {
  return directory.slice(0, directory.lastIndexOf('/'));
}
