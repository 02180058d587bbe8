import { assert } from '../../base/assert.ts';
import { Malformed } from '../../base/malformed.ts';
import { ZERO_UUID, uuidToBytes, type Uuid } from '../../base/uuid.ts';
import { DiskError, isNoSpace } from '../../runtime/disk.ts';
import { makeDurableDirectory } from '../../runtime/durable-directory.ts';
import type { Random } from '../../runtime/random.ts';
import { CHECKPOINT_KINDS, DirectoryCheckpoints, NO_OFFSETS, type CheckpointKind } from './directory-checkpoints.ts';
import { DeletedDirectories } from './deleted-directories.ts';
import {
  randomUuid,
  readPartitionMetadata,
  takeCleanShutdownMark,
  writeCleanShutdownMark,
  writePartitionMetadata,
  type DirectoryIdentity,
  type UnfinishedCopy,
} from './directory-files.ts';
import { LogDirectoryBroken, LogDirectoryUnusable, settleIdentity } from './directory-state.ts';
import type { LogConfig } from '../log-config.ts';
import type { LogShared } from '../log-shared.ts';
import type { LogHooks, LogIdentity } from '../log-options.ts';
import { PartitionLog } from '../partition-log.ts';
import {
  deletedDirectoryName,
  futureDirectoryName,
  isDeletedDirectory,
  parseFutureDirectory,
  parsePartitionDirectory,
  partitionDirectoryName,
} from '../segments/segment-names.ts';
import { SpaceWatch } from './space-watch.ts';
import { UncleanMark } from './unclean-mark.ts';

/** Logs that are closed at a time: as many syncs as the thread pool has threads, and the next ones ready. */
const CLOSED_AT_ONCE = 8;
const LOCK = '.lock';
/** In the directory of a copy until the original is out of the way: of two logs of a partition the one without it counts. */
const MOVING = '.moving';

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
  /** So many of the directories in it are looked at, of so many. */
  opening?(done: number, total: number): void;
  /** A write or sync failed: nothing in the directory is read or written any more. */
  failed(directory: LogDirectory, error: DiskError): void;
}

/** One of `log.dirs`: the logs in it, its identity, lock and checkpoints. */
export class LogDirectory {
  readonly path: string;
  readonly identity: DirectoryIdentity;
  /** Broker epoch that the mark of a clean shutdown named; undefined when there was none. */
  cleanEpoch: number | undefined;
  readonly #options: LogDirectoryOptions;
  readonly #shared: LogShared;
  readonly #lock: { release(): void };
  readonly #logs = new Map<string, PartitionLog>();
  /** Copies that are to take the place of logs in other directories, by the names of those. */
  readonly #futures = new Map<string, PartitionLog>();
  readonly #hooks: LogHooks;
  readonly #checkpoints: DirectoryCheckpoints;
  readonly #deleted = new DeletedDirectories();
  #unfinished: UnfinishedCopy[] = [];
  #failure: DiskError | undefined;
  #hasNewNames = false;
  readonly #space: SpaceWatch;

  private constructor(options: LogDirectoryOptions, lock: { release(): void }, identity: DirectoryIdentity) {
    const { disk } = options.shared;
    this.path = options.path;
    this.identity = identity;
    this.#options = options;
    this.#shared = options.shared;
    this.#lock = lock;
    this.#hooks = {
      diskFailed: (error) => this.#fail(error),
      recoveryPointLowered: () => this.checkpoint('recoveryPoint'),
      syncNames: () => this.#syncNames(),
      isLowOnSpace: (bytes) => this.#isSpaceLow(bytes),
    };
    this.#space = new SpaceWatch(options.shared, options.path, options.freeBytesMin);
    this.#checkpoints = new DirectoryCheckpoints(disk, options.path);
  }

  /** Locks the directory, makes it what it has to be, and opens every log in it. Throws {@link LogDirectoryUnusable}. */
  static open(options: LogDirectoryOptions): LogDirectory {
    const { shared, path } = options;
    try {
      makeDurableDirectory(shared.disk, path);
      const lock = shared.disk.lock(`${path}/${LOCK}`);
      if (lock === undefined) throw new LogDirectoryUnusable(`${path} is in use by another broker`);
      try {
        const directory = new LogDirectory(options, lock, settleIdentity({ ...options, disk: shared.disk }));
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

  futures(): IterableIterator<PartitionLog> {
    return this.#futures.values();
  }

  /** Copies that the last process did not finish: they are of no use, but that they were wanted is. */
  get unfinished(): readonly UnfinishedCopy[] {
    return this.#unfinished;
  }

  /** Removes what is left of a copy. Throws DiskError. */
  removeUnfinished(copy: UnfinishedCopy): void {
    this.#unfinished = this.#unfinished.filter((each) => each !== copy);
    this.#shared.disk.remove(copy.path);
  }

  create(topic: string, partition: number, topicId: Uuid, config: LogConfig): PartitionLog {
    const name = partitionDirectoryName(topic, partition);
    assert(!this.#logs.has(name), `${name} exists`);
    // An older partition of this name may still be in the files: its offsets must not become those of the new one.
    for (const kind of CHECKPOINT_KINDS) if (this.#checkpoints.names(kind, name)) this.checkpoint(kind);
    const log = this.#make(name, { topic, partition, topicId, config });
    this.#logs.set(name, log);
    return log;
  }

  /** Makes an empty log that is to become a copy of `source`, which lies in another directory. Throws DiskError. */
  createFuture({ topic, partition, topicId, config }: PartitionLog): PartitionLog {
    const name = partitionDirectoryName(topic, partition);
    assert(!this.#logs.has(name) && !this.#futures.has(name), `${name} is here`);
    const directory = futureDirectoryName(topic, partition, this.#randomHex());
    const log = this.#make(directory, { topic, partition, topicId, config });
    this.#shared.disk.open(`${log.directory}/${MOVING}`, 'create').close();
    this.#futures.set(name, log);
    return log;
  }

  /** Gives up a copy. */
  dropFuture(log: PartitionLog): void {
    this.#futures.delete(partitionDirectoryName(log.topic, log.partition));
    log.abandon();
    if (this.#failure === undefined) this.#guarded(() => this.#shared.disk.remove(log.directory));
  }

  /**
   * Makes a copy that is complete the partition's log here, all of it on the device; until {@link moved} the original
   * counts if there is a crash. Undefined when it failed: the original is as it was.
   */
  promote(future: PartitionLog): PartitionLog | undefined {
    const { topic, partition, topicId, config } = future;
    const name = partitionDirectoryName(topic, partition);
    this.#futures.delete(name);
    let isInPlace = false;
    this.#guarded(() => {
      future.closeNow();
      // Its offsets first: without them the log's start would go back.
      this.#logs.set(name, future);
      for (const kind of CHECKPOINT_KINDS) this.#checkpoints.write(kind, this.#logs.values());
      this.#shared.disk.rename(future.directory, `${this.path}/${name}`);
      this.#shared.disk.syncDirectory(this.path);
      isInPlace = true;
    });
    this.#logs.delete(name);
    if (!isInPlace) return undefined;
    const log = this.#openLog(name, { topic, partition, topicId, config }, { isClean: true, isNew: false });
    if (log.isOffline) return undefined;
    this.#logs.set(name, log);
    return log;
  }

  /** The original of a log that came here is gone for good. */
  moved(log: PartitionLog): void {
    this.#guarded(() => this.#shared.disk.remove(`${log.directory}/${MOVING}`));
  }

  /** Whether a log came here and its original may still be where it was. */
  isMoving(log: PartitionLog): boolean {
    return this.#shared.disk.exists(`${log.directory}/${MOVING}`);
  }

  /** Takes a log out of use whose files are not to be touched. */
  leave(log: PartitionLog): void {
    this.#logs.delete(partitionDirectoryName(log.topic, log.partition));
    log.abandon();
  }

  /** Makes all names in the directory durable. */
  syncNames(): void {
    if (this.#failure === undefined) this.#guarded(() => this.#shared.disk.syncDirectory(this.path));
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
    this.#deleted.add(`${this.path}/${name}`, nowMs + log.config.fileDeleteDelayMs);
  }

  /** Takes a log out of use that belongs to no topic; its files stay, for the operator to look at. */
  setAside(log: PartitionLog): void {
    const name = deletedDirectoryName(log.topic, log.partition, this.#randomHex());
    this.#moveAway(log, name.replace(/-delete$/, '-stray'));
  }

  /** Removes some of what was deleted long enough ago; answers whether more of it is left. */
  removeDeleted(nowMs: number): boolean {
    if (this.#failure !== undefined) return false;
    this.#guarded(() => {
      for (const path of this.#deleted.takeDue(nowMs)) this.#shared.disk.remove(path);
    });
    return this.#deleted.hasDue(nowMs);
  }

  /** Looks how much space is left: below `freeBytesMin` producers are refused until there is more again. */
  measureSpace(): void {
    if (this.#failure === undefined) this.#guarded(() => this.#space.measure());
  }

  /** Whether `bytes` can be put here that somebody could do without. */
  hasRoomFor(bytes: number): boolean {
    return !this.#isSpaceLow(bytes);
  }

  #isSpaceLow(bytes: number): boolean {
    let isLow = true;
    this.#guarded(() => {
      isLow = this.#space.isLowWith(bytes);
    });
    return isLow;
  }

  /** Writes a checkpoint file that is out of date. */
  checkpoint(kind: CheckpointKind): void {
    if (this.#failure === undefined) this.#guarded(() => this.#checkpoints.write(kind, this.#logs.values()));
  }

  /** Syncs and closes every log, then says that it was done in order. */
  async close(brokerEpoch: number): Promise<void> {
    try {
      for (const future of this.#futures.values()) future.abandon();
      const isWhole = await this.#closeLogs();
      if (this.#failure !== undefined) return;
      for (const kind of CHECKPOINT_KINDS) this.checkpoint(kind);
      if (isWhole) this.#guarded(() => writeCleanShutdownMark(this.#shared.disk, this.path, brokerEpoch));
    } finally {
      this.#lock.release();
    }
  }

  /** Several at a time, for their syncs share what the device does; answers whether all ended in order. */
  async #closeLogs(): Promise<boolean> {
    let isWhole = true;
    const logs = this.#logs.values();
    const worker = async (): Promise<void> => {
      // The workers take from one iterator.
      for (let next = logs.next(); next.done !== true; next = logs.next()) {
        const log = next.value;
        // A failure of the disk is told through the hooks; the logs after it are left as they are.
        if (this.#failure !== undefined) log.abandon();
        else await this.#closeLog(log).catch(() => (isWhole = false));
      }
    };
    await Promise.all(Array.from({ length: CLOSED_AT_ONCE }, worker));
    return isWhole;
  }

  #closeLog(log: PartitionLog): Promise<void> {
    return log.isDamaged ? new UncleanMark(this.#shared.disk, log.directory).set() : log.close();
  }

  #load(): void {
    const { disk, logger } = this.#shared;
    this.cleanEpoch = takeCleanShutdownMark(disk, this.path);
    const isClean = this.cleanEpoch !== undefined;
    const names = disk.list(this.path).filter(({ isDirectory }) => isDirectory);
    for (const [done, { name }] of names.entries()) {
      this.#options.opening?.(done, names.length);
      if (isDeletedDirectory(name)) {
        this.#deleted.add(`${this.path}/${name}`, 0);
        continue;
      }
      const copy = parseFutureDirectory(name);
      if (copy !== undefined) this.#unfinished.push({ ...copy, path: `${this.path}/${name}` });
      const place = copy === undefined ? parsePartitionDirectory(name) : undefined;
      if (place === undefined || name === '__cluster_metadata-0') continue;
      const topicId = readPartitionMetadata(disk, `${this.path}/${name}`) ?? ZERO_UUID;
      const config = this.#options.configOf(place.topic, topicId);
      this.#logs.set(name, this.#openFound(name, { ...place, topicId, config }, isClean));
    }
    this.#options.opening?.(names.length, names.length);
    if (this.#failure !== undefined) throw this.#failure;
    if (!isClean && this.#logs.size > 0) logger.info('recovered logs', { directory: this.path, logs: this.#logs.size });
  }

  #openFound(name: string, what: LogIdentity, isClean: boolean): PartitionLog {
    const mark = new UncleanMark(this.#shared.disk, `${this.path}/${name}`);
    const isMarked = isClean && mark.isSet;
    const log = this.#openLog(name, what, { isClean: isClean && !isMarked, isNew: false });
    if (isMarked && !log.isDamaged) mark.clear();
    return log;
  }

  #make(directoryName: string, what: LogIdentity): PartitionLog {
    const directory = `${this.path}/${directoryName}`;
    this.#shared.disk.makeDirectory(directory);
    this.#hasNewNames = true;
    writePartitionMetadata(this.#shared.disk, directory, what.topicId);
    return this.#openLog(directoryName, what, { isClean: false, isNew: true });
  }

  #openLog(directoryName: string, what: LogIdentity, how: { isClean: boolean; isNew: boolean }): PartitionLog {
    const name = partitionDirectoryName(what.topic, what.partition);
    return PartitionLog.open({
      ...what,
      ...how,
      shared: this.#shared,
      hooks: this.#hooks,
      directory: `${this.path}/${directoryName}`,
      ...(directoryName === name ? this.#checkpoints.offsetsOf(name) : NO_OFFSETS),
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

  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      // What was to be written is as it was before; it is tried again when its time comes.
      if (isNoSpace(error)) this.#shared.logger.warn('no space left', { directory: this.path, reason: error.message });
      else this.#fail(error);
    }
  }

  #fail(error: DiskError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#shared.logger.error('log directory is offline until the next start', {
      directory: this.path,
      reason: error.message,
    });
    for (const log of [...this.#logs.values(), ...this.#futures.values()]) log.takeOffline(error);
    this.#options.failed(this, error);
  }

  #randomHex(): string {
    return Buffer.from(uuidToBytes(randomUuid(this.#options.random))).toString('hex');
  }
}
