import { assert } from '../base/assert.ts';
import { Malformed } from '../base/malformed.ts';
import { ZERO_UUID, uuidToBytes, type Uuid } from '../base/uuid.ts';
import { DiskError, type Disk } from '../runtime/disk.ts';
import { makeDurableDirectory } from '../runtime/durable-directory.ts';
import type { Random } from '../runtime/random.ts';
import {
  randomUuid,
  readDirectoryIdentity,
  readPartitionMetadata,
  takeCleanShutdownMark,
  writeCleanShutdownMark,
  writeDirectoryIdentity,
  writePartitionMetadata,
  type DirectoryIdentity,
} from './directory-files.ts';
import type { LogConfig } from './log-config.ts';
import type { LogShared } from './log-shared.ts';
import { readOffsetCheckpoint, writeOffsetCheckpoint, type PartitionOffset } from './offset-checkpoint.ts';
import type { LogHooks } from './log-options.ts';
import { PartitionLog } from './partition-log.ts';
import {
  deletedDirectoryName,
  isDeletedDirectory,
  parsePartitionDirectory,
  partitionDirectoryName,
} from './segment-names.ts';

const RECOVERY_POINTS = 'recovery-point-offset-checkpoint';
const HIGH_WATERMARKS = 'replication-offset-checkpoint';
const LOG_STARTS = 'log-start-offset-checkpoint';
const LOCK = '.lock';

const RECOVERY_POINTS_REMEDY = 'remove this file, and the next start reads all logs from their beginning';
const HIGH_WATERMARKS_REMEDY = 'remove this file, and the next start makes it anew';
const LOG_STARTS_REMEDY = 'remove this file; records deleted within a segment may then be seen again';

/** A log directory cannot be used. The message is one sentence for the person who starts the broker. */
export class LogDirectoryUnusable extends Error {
  override name = 'LogDirectoryUnusable';
}

/** Its files cannot be read: a matter of this directory, that others can do without. */
export class LogDirectoryBroken extends LogDirectoryUnusable {
  override name = 'LogDirectoryBroken';
}

export interface LogDirectoryOptions {
  readonly shared: LogShared;
  readonly random: Random;
  readonly path: string;
  readonly nodeId: number;
  /** Undefined takes the one found, or makes one. */
  readonly clusterId: string | undefined;
  readonly nowMs: number;
  /** Space below which producers are refused. */
  readonly freeBytesMin: number;
  /** The settings of a topic found on disk. */
  configOf(topic: string, topicId: Uuid): LogConfig;
  /** A write or sync failed: nothing in the directory is read or written any more. */
  failed(directory: LogDirectory, error: DiskError): void;
}

interface DeletedDirectory {
  readonly path: string;
  readonly dueMs: number;
}

/** One of `log.dirs`: the logs in it, its identity, lock and checkpoints. */
export class LogDirectory {
  readonly path: string;
  readonly identity: DirectoryIdentity;
  readonly #options: LogDirectoryOptions;
  readonly #shared: LogShared;
  readonly #lock: { release(): void };
  readonly #logs = new Map<string, PartitionLog>();
  readonly #hooks: LogHooks;
  /** What the checkpoint files say. */
  readonly #recoveryPoints: Map<string, number>;
  readonly #highWatermarks: Map<string, number>;
  readonly #logStarts: Map<string, number>;
  #deleted: DeletedDirectory[] = [];
  #failure: DiskError | undefined;
  #hasNewNames = false;
  #isLowOnSpace = false;
  /** What may still be written before the space is measured again. */
  #bytesUnmeasured = 0;

  private constructor(options: LogDirectoryOptions, lock: { release(): void }, identity: DirectoryIdentity) {
    const { disk } = options.shared;
    this.path = options.path;
    this.identity = identity;
    this.#options = options;
    this.#shared = options.shared;
    this.#lock = lock;
    this.#hooks = {
      diskFailed: (error) => this.#fail(error),
      recoveryPointLowered: () => this.checkpointRecoveryPoints(),
      syncNames: () => this.#syncNames(),
      isLowOnSpace: (bytes) => this.#isSpaceLow(bytes),
    };
    this.#recoveryPoints = readCheckpoint(disk, `${options.path}/${RECOVERY_POINTS}`, RECOVERY_POINTS_REMEDY);
    this.#highWatermarks = readCheckpoint(disk, `${options.path}/${HIGH_WATERMARKS}`, HIGH_WATERMARKS_REMEDY);
    this.#logStarts = readCheckpoint(disk, `${options.path}/${LOG_STARTS}`, LOG_STARTS_REMEDY);
  }

  /** Locks the directory, makes it what it has to be, and opens every log in it. Throws {@link LogDirectoryUnusable}. */
  static open(options: LogDirectoryOptions): LogDirectory {
    const { shared, path } = options;
    try {
      makeDurableDirectory(shared.disk, path);
      const lock = shared.disk.lock(`${path}/${LOCK}`);
      if (lock === undefined) throw new LogDirectoryUnusable(`${path} is in use by another broker`);
      try {
        const directory = new LogDirectory(options, lock, settleIdentity(options));
        directory.#load();
        return directory;
      } catch (error) {
        lock.release();
        throw error;
      }
    } catch (error) {
      if (error instanceof DiskError || error instanceof Malformed) {
        throw new LogDirectoryBroken(`${path} cannot be used: ${error.message}`, { cause: error });
      }
      throw error;
    }
  }

  get logCount(): number {
    return this.#logs.size;
  }

  get failure(): DiskError | undefined {
    return this.#failure;
  }

  logs(): IterableIterator<PartitionLog> {
    return this.#logs.values();
  }

  get(topic: string, partition: number): PartitionLog | undefined {
    return this.#logs.get(partitionDirectoryName(topic, partition));
  }

  create(topic: string, partition: number, topicId: Uuid, config: LogConfig): PartitionLog {
    const name = partitionDirectoryName(topic, partition);
    assert(!this.#logs.has(name), `${name} exists`);
    // An older partition of this name may still be in the files: its offsets must not become those of the new one.
    if (this.#recoveryPoints.has(name)) this.checkpointRecoveryPoints();
    if (this.#logStarts.has(name)) this.checkpointLogStarts();
    if (this.#highWatermarks.has(name)) this.checkpointHighWatermarks();
    const directory = `${this.path}/${name}`;
    this.#shared.disk.makeDirectory(directory);
    this.#hasNewNames = true;
    writePartitionMetadata(this.#shared.disk, directory, topicId);
    const log = this.#openLog({ topic, partition, topicId, config }, { isClean: false, isNew: true });
    this.#logs.set(name, log);
    return log;
  }

  /** Names the topic of a log whose partition.metadata was missing. */
  adoptTopicId(log: PartitionLog, topicId: Uuid): void {
    log.adoptTopicId(topicId);
    writePartitionMetadata(this.#shared.disk, log.directory, topicId);
  }

  /** Takes a log out of use at once; its files go after the topic's `file.delete.delay.ms`. */
  delete(log: PartitionLog, nowMs: number): void {
    const name = deletedDirectoryName(log.topic, log.partition, this.#randomHex());
    this.#moveAway(log, name);
    this.#deleted.push({ path: `${this.path}/${name}`, dueMs: nowMs + log.config.fileDeleteDelayMs });
  }

  /** Takes a log out of use that belongs to no topic; its files stay, for the operator to look at. */
  setAside(log: PartitionLog): void {
    this.#moveAway(
      log,
      deletedDirectoryName(log.topic, log.partition, this.#randomHex()).replace(/-delete$/, '-stray'),
    );
  }

  /** Removes what was deleted long enough ago. */
  removeDeleted(nowMs: number): void {
    if (this.#failure !== undefined) return;
    const due = this.#deleted.filter(({ dueMs }) => dueMs <= nowMs);
    if (due.length === 0) return;
    this.#deleted = this.#deleted.filter(({ dueMs }) => dueMs > nowMs);
    this.#guarded(() => {
      for (const { path } of due) this.#shared.disk.remove(path);
    });
  }

  /** Looks how much space is left: below `freeBytesMin` producers are refused until there is more again. */
  measureSpace(): void {
    if (this.#failure !== undefined) return;
    this.#guarded(() => {
      this.#bytesUnmeasured = this.#shared.disk.space(this.path).freeBytes - this.#options.freeBytesMin;
      const isLow = this.#bytesUnmeasured < 0;
      if (isLow !== this.#isLowOnSpace) {
        const message = isLow ? 'low on space: producers are refused' : 'there is space again: producers are served';
        this.#shared.logger.warn(message, { directory: this.path });
      }
      this.#isLowOnSpace = isLow;
    });
  }

  /** Whether producers are refused now that one brings `bytes`: a fast one fills a disk between two ticks. */
  #isSpaceLow(bytes: number): boolean {
    if (this.#isLowOnSpace) return true;
    this.#bytesUnmeasured -= bytes;
    if (this.#bytesUnmeasured < 0) this.measureSpace();
    return this.#isLowOnSpace;
  }

  checkpointRecoveryPoints(): void {
    this.#checkpoint(RECOVERY_POINTS, this.#recoveryPoints, (log) => log.recoveryPoint);
  }

  checkpointHighWatermarks(): void {
    this.#checkpoint(HIGH_WATERMARKS, this.#highWatermarks, (log) => log.highWatermark);
  }

  checkpointLogStarts(): void {
    this.#checkpoint(LOG_STARTS, this.#logStarts, (log) =>
      log.logStartOffset > log.firstSegmentOffset ? log.logStartOffset : undefined,
    );
  }

  /** Syncs and closes every log, then says that it was done in order. */
  async close(brokerEpoch: number): Promise<void> {
    try {
      let isWhole = true;
      for (const log of this.#logs.values()) {
        // A failure of the disk is told through the hooks; the logs after it are left as they are.
        if (this.#failure !== undefined) log.abandon();
        else await log.close().catch(() => (isWhole = false));
        isWhole &&= !log.isDamaged;
      }
      if (this.#failure !== undefined) return;
      this.checkpointRecoveryPoints();
      this.checkpointHighWatermarks();
      this.checkpointLogStarts();
      if (isWhole) this.#guarded(() => writeCleanShutdownMark(this.#shared.disk, this.path, brokerEpoch));
    } finally {
      this.#lock.release();
    }
  }

  #load(): void {
    const { disk, logger } = this.#shared;
    const isClean = takeCleanShutdownMark(disk, this.path);
    for (const { name, isDirectory } of disk.list(this.path)) {
      if (!isDirectory) continue;
      if (isDeletedDirectory(name)) {
        this.#deleted.push({ path: `${this.path}/${name}`, dueMs: 0 });
        continue;
      }
      const place = parsePartitionDirectory(name);
      if (place === undefined || name === '__cluster_metadata-0') continue;
      const topicId = readPartitionMetadata(disk, `${this.path}/${name}`) ?? ZERO_UUID;
      const config = this.#options.configOf(place.topic, topicId);
      this.#logs.set(name, this.#openLog({ ...place, topicId, config }, { isClean, isNew: false }));
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (!isClean && this.#logs.size > 0) logger.info('recovered logs', { directory: this.path, logs: this.#logs.size });
  }

  #openLog(
    what: { topic: string; partition: number; topicId: Uuid; config: LogConfig },
    how: { isClean: boolean; isNew: boolean },
  ): PartitionLog {
    const name = partitionDirectoryName(what.topic, what.partition);
    return PartitionLog.open({
      ...what,
      ...how,
      shared: this.#shared,
      hooks: this.#hooks,
      directory: `${this.path}/${name}`,
      recoveryPoint: this.#recoveryPoints.get(name) ?? 0,
      logStartOffset: this.#logStarts.get(name) ?? 0,
      highWatermark: this.#highWatermarks.get(name) ?? 0,
      nowMs: this.#options.nowMs,
    });
  }

  /** Once for all partitions that were made since. */
  #syncNames(): void {
    if (!this.#hasNewNames) return;
    this.#shared.disk.syncDirectory(this.path);
    this.#hasNewNames = false;
  }

  #moveAway(log: PartitionLog, name: string): void {
    this.#logs.delete(partitionDirectoryName(log.topic, log.partition));
    log.abandon();
    this.#guarded(() => this.#shared.disk.rename(log.directory, `${this.path}/${name}`));
  }

  #checkpoint(file: string, written: Map<string, number>, offsetOf: (log: PartitionLog) => number | undefined): void {
    if (this.#failure !== undefined) return;
    const offsets: PartitionOffset[] = [];
    for (const log of this.#logs.values()) {
      // A damaged log keeps what was written of it: nothing is known better.
      const name = partitionDirectoryName(log.topic, log.partition);
      const offset = log.isDamaged ? written.get(name) : offsetOf(log);
      if (offset !== undefined) offsets.push({ topic: log.topic, partition: log.partition, offset });
    }
    const isSame =
      offsets.length === written.size &&
      offsets.every(({ topic, partition, offset }) => written.get(partitionDirectoryName(topic, partition)) === offset);
    if (isSame) return;
    this.#guarded(() => {
      writeOffsetCheckpoint(this.#shared.disk, `${this.path}/${file}`, offsets);
      written.clear();
      for (const { topic, partition, offset } of offsets) {
        written.set(partitionDirectoryName(topic, partition), offset);
      }
    });
  }

  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#fail(error);
    }
  }

  #fail(error: DiskError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#shared.logger.error('log directory is offline until the next start', {
      directory: this.path,
      reason: error.message,
    });
    for (const log of this.#logs.values()) log.takeOffline(error);
    this.#options.failed(this, error);
  }

  #randomHex(): string {
    return Buffer.from(uuidToBytes(randomUuid(this.#options.random))).toString('hex');
  }
}

/** A damaged checkpoint is for a person to judge: without it, lost records could not be told from a torn tail. */
function readCheckpoint(disk: Disk, path: string, remedy: string): Map<string, number> {
  try {
    return readOffsetCheckpoint(disk, path);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new LogDirectoryBroken(`${error.message}; ${remedy}`, { cause: error });
  }
}

function settleIdentity({ shared, path, nodeId, clusterId, random }: LogDirectoryOptions): DirectoryIdentity {
  const found = readDirectoryIdentity(shared.disk, path);
  if (found === undefined) {
    const made = { nodeId, clusterId: clusterId ?? randomUuid(random), directoryId: randomUuid(random) };
    writeDirectoryIdentity(shared.disk, path, made);
    return made;
  }
  if (found.nodeId !== nodeId) {
    throw new LogDirectoryUnusable(
      `${path} belongs to node ${found.nodeId}, this broker has node.id ${nodeId}; take the other directory or --override node.id=${found.nodeId}`,
    );
  }
  if (clusterId !== undefined && found.clusterId !== clusterId) {
    throw new LogDirectoryUnusable(
      `${path} belongs to cluster ${found.clusterId}, the metadata to ${clusterId}; one of the two is in the wrong place`,
    );
  }
  if (found.directoryId !== '') return found;
  const named = { ...found, directoryId: randomUuid(random) };
  writeDirectoryIdentity(shared.disk, path, named);
  return named;
}
