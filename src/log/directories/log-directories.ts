import type { Uuid } from '../../base/uuid.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { DiskSpace } from '../../runtime/disk.ts';
import type { Random } from '../../runtime/random.ts';
import { LogDirectoryBroken, LogDirectoryUnusable } from './directory-state.ts';
import type { LogConfig } from '../log-config.ts';
import { describeDirectory, type DirectoryDescription } from './directory-description.ts';
import { CHECKPOINT_KINDS } from './directory-checkpoints.ts';
import { finishMoves } from './finish-moves.ts';
import { LogDirectory } from './log-directory.ts';
import type { LogIdentity } from '../log-options.ts';
import type { LogShared } from '../log-shared.ts';
import { PartitionLog } from '../partition-log.ts';
import { partitionDirectoryName } from '../segments/segment-names.ts';

export { LogDirectoryUnusable } from './directory-state.ts';

/** Syncs of different logs at a time: more would only queue on the thread pool, before the reads. */
const FLUSHES_AT_ONCE = 2;
/**
 * What was written is on the device after this long, and the checkpoint files are up to date: as long as Linux itself leaves
 * data unwritten. Oftener would cost every writer a wait for the sync under way (measured: the slowest hundredth of records).
 */
const SYNC_EVERY_MS = 30_000;
/** Synced since the last checkpoint: beyond it the next one does not wait. A restart reads about 1.3 GB a second. */
const CHECKPOINT_EVERY_BYTES = 512 * 1024 * 1024;
/** Room for what a broker must still write to get out of a full disk: checkpoints, snapshots, committed offsets. */
const FREE_BYTES_MIN = 64 * 1024 * 1024;

export interface LogDirectoriesOptions {
  readonly shared: LogShared;
  readonly random: Random;
  /** `log.dirs`: absolute paths. */
  readonly paths: readonly string[];
  readonly nodeId: number;
  /** Left out: the one found in the directories, or a new one. */
  readonly clusterId?: string;
  readonly nowMs: number;
  /** Space left on a directory's file system below which producers are refused there; 64 MiB when left out. */
  readonly freeBytesMin?: number;
  /** Bytes synced after which recovery points are written down without waiting for their time; 512 MiB when left out. */
  readonly checkpointEveryBytes?: number;
  /** Whether new partitions stay out of a directory as long as there is another (`cordoned.log.dirs`). */
  isCordoned?(path: string): boolean;
  /** The settings of a topic whose partition is found on disk. */
  configOf(topic: string, topicId: Uuid): LogConfig;
  /** So many of the logs in a directory are open at the start; opening those of a killed broker takes long. */
  opening?(path: string, done: number, total: number): void;
  /** A directory went offline for good, with all its logs. */
  directoryFailed?(path: string, reason: Error): void;
}

/**
 * All logs of a broker in its `log.dirs` (Kafka's LogManager). Work in the background, syncing and checkpoints, happens
 * in {@link tick}, which the owner calls about once a second.
 */
export class LogDirectories {
  readonly #options: LogDirectoriesOptions;
  /** Those that could be opened; some may have failed since. */
  readonly #directories: LogDirectory[] = [];
  /** Why the others of `log.dirs` could not be, by path. */
  readonly #broken = new Map<string, LogDirectoryBroken>();
  /** Logs that lie in a directory out of reach, by name. */
  readonly #lost = new Map<string, PartitionLog>();
  #isFlushing = false;
  #flushing: Promise<void> = Promise.resolve();
  #checkpointDueMs = 0;
  #syncDueMs = 0;
  /** {@link PartitionLog.bytesFlushed} of all logs at the last checkpoint. */
  #bytesAtCheckpoint = 0;

  private constructor(options: LogDirectoriesOptions) {
    this.#options = options;
  }

  /**
   * Opens all directories and all logs in them. One whose files cannot be read is left out, with its logs. Throws
   * {@link LogDirectoryUnusable} when none is left, or when one is another broker's; then nothing stays locked.
   */
  static async open(options: LogDirectoriesOptions): Promise<LogDirectories> {
    const directories = new LogDirectories(options);
    try {
      directories.#open();
    } catch (error) {
      for (const directory of directories.#directories) await directory.close(-1);
      throw error;
    }
    return directories;
  }

  get clusterId(): string {
    return this.#directories[0]!.identity.clusterId;
  }

  /** Ids of the directories that were opened, as brokers register them. */
  get directoryIds(): readonly Uuid[] {
    return this.#directories.map(({ identity }) => identity.directoryId);
  }

  /** Broker epoch that the mark of a clean shutdown names in every directory; -1 where one has none or another. */
  get cleanEpoch(): number {
    const [first = -1, ...others] = this.#directories.map(({ cleanEpoch }) => cleanEpoch ?? -1);
    return this.brokenPaths.length === 0 && others.every((epoch) => epoch === first) ? first : -1;
  }

  /** The directories that were opened, by id. */
  get opened(): readonly { readonly id: Uuid; readonly path: string }[] {
    return this.#directories.map(({ identity, path }) => ({ id: identity.directoryId, path }));
  }

  /** Those of `log.dirs` that could not be opened. */
  get brokenPaths(): readonly string[] {
    return [...this.#broken.keys()];
  }

  /** Those that were opened and have failed since. */
  get failedPaths(): readonly string[] {
    return this.#directories.flatMap(({ failure, path }) => (failure === undefined ? [] : [path]));
  }

  /** False once every directory has failed: the broker cannot go on. */
  get isAnyOnline(): boolean {
    return this.#directories.some(({ failure }) => failure === undefined);
  }

  *all(): IterableIterator<PartitionLog> {
    for (const directory of this.#directories) yield* directory.logs();
  }

  get(topic: string, partition: number): PartitionLog | undefined {
    for (const directory of this.#directories) {
      const log = directory.get(topic, partition);
      if (log !== undefined) return log;
    }
    return this.#lost.size === 0 ? undefined : this.#lost.get(partitionDirectoryName(topic, partition));
  }

  /** Notes a partition that lies in a directory out of reach: it is there, and offline. */
  addLost({ topic, partition, topicId, config }: LogIdentity): void {
    const name = partitionDirectoryName(topic, partition);
    const what = { topic, partition, topicId, config, directory: name, shared: this.#options.shared };
    this.#lost.set(name, PartitionLog.offline(what, `${name} lies in a log directory that is out of reach`));
  }

  /** Makes a partition in the directory with the fewest, in one that is cordoned only where all are. Throws DiskError, and LogDirectoryUnusable when none is online. */
  create({ topic, partition, topicId, config }: LogIdentity): PartitionLog {
    const online = this.#directories.filter(({ failure }) => failure === undefined);
    const open = online.filter(({ path }) => !this.#isCordoned(path));
    const [chosen] = (open.length > 0 ? open : online).toSorted((left, right) => left.logCount - right.logCount);
    if (chosen === undefined) throw new LogDirectoryUnusable('every log directory has failed');
    return chosen.create(topic, partition, topicId, config);
  }

  /** Takes a partition out of use at once; its files go later. False when there is none. */
  delete(topic: string, partition: number, nowMs: number): boolean {
    const log = this.get(topic, partition);
    if (log === undefined) return false;
    if (this.#lost.delete(partitionDirectoryName(topic, partition))) return true;
    this.#directoryOf(log).delete(log, nowMs);
    return true;
  }

  /** Puts a log aside that belongs to no topic of the cluster; its files stay under a name ending in `-stray`. */
  setAside(log: PartitionLog): void {
    this.#directoryOf(log).setAside(log);
  }

  /** Whether partitions can be moved to the directory at `path`; E.NONE when they can. */
  moveError(path: string): ErrorSpec {
    if (!this.#options.paths.includes(path)) return E.LOG_DIR_NOT_FOUND;
    const directory = this.#directories.find((each) => each.path === path);
    if (directory === undefined || directory.failure !== undefined) return E.KAFKA_STORAGE_ERROR;
    return this.#isCordoned(path) ? E.INVALID_REPLICA_ASSIGNMENT : E.NONE;
  }

  /** The path of the directory that holds a log. */
  pathOf(log: PartitionLog): string {
    return this.#directoryOf(log).path;
  }

  /** Makes an empty copy of a log in another directory, `path`. Throws DiskError. */
  createFuture(log: PartitionLog, path: string): PartitionLog {
    return this.#directories.find((each) => each.path === path)!.createFuture(log);
  }

  /** Whether there is room for `bytes` more of a copy, without touching what is kept for the broker itself. */
  hasRoomFor(future: PartitionLog, bytes: number): boolean {
    return this.#directoryOf(future).hasRoomFor(bytes);
  }

  dropFuture(future: PartitionLog): void {
    this.#directoryOf(future).dropFuture(future);
  }

  /**
   * Puts a complete copy in the place of its original, whose files go as those of a deleted partition do. Returns the
   * partition's new log; undefined when that failed, and the original goes on. `replaced` is told of the new log before
   * the original is closed.
   */
  replace(original: PartitionLog, future: PartitionLog, nowMs: number, replaced: (log: PartitionLog) => void): void {
    const to = this.#directoryOf(future);
    const from = this.#directoryOf(original);
    const log = to.promote(future);
    if (log === undefined) return;
    replaced(log);
    from.delete(original, nowMs);
    // Where the original cannot be renamed its directory is offline from now on, and what is written here counts.
    from.syncNames();
    to.moved(log);
  }

  /** Copies that were under way when the last process ended, with where they were to go; their files are removed. */
  takeUnfinished(): { readonly log: PartitionLog; readonly path: string }[] {
    const moves: { log: PartitionLog; path: string }[] = [];
    for (const directory of this.#directories) {
      for (const copy of Array.from(directory.unfinished)) {
        const log = this.get(copy.topic, copy.partition);
        // Of a log that is out of reach, even half a copy may be of use to somebody.
        if (log === undefined || log.isOffline) continue;
        directory.removeUnfinished(copy);
        moves.push({ log, path: directory.path });
      }
    }
    return moves;
  }

  /** Names the topic of a log whose `partition.metadata` was lost (its topic id is the zero id). */
  adoptTopicId(log: PartitionLog, topicId: Uuid): void {
    this.#directoryOf(log).adoptTopicId(log, topicId);
  }

  describe(): DirectoryDescription[] {
    return this.#options.paths.map((path) => {
      const directory = this.#directories.find((each) => each.path === path);
      const failure = this.#broken.get(path) ?? directory?.failure;
      const space = failure === undefined ? this.#space(path) : undefined;
      return describeDirectory({ path, directory, failure, space, isCordoned: this.#isCordoned(path) });
    });
  }

  /** Starts syncing what was written, when it is time; writes checkpoints that are due, looks how much space is left. */
  tick(nowMs: number): void {
    if (!this.#isFlushing && nowMs >= this.#syncDueMs) {
      this.#syncDueMs = nowMs + SYNC_EVERY_MS;
      this.#isFlushing = true;
      this.#flushing = this.#flushDirty().then(() => {
        this.#isFlushing = false;
      });
    }
    for (const directory of this.#directories) directory.measureSpace();
    const limit = this.#options.checkpointEveryBytes ?? CHECKPOINT_EVERY_BYTES;
    if (nowMs < this.#checkpointDueMs && this.#bytesFlushed() - this.#bytesAtCheckpoint < limit) return;
    this.#checkpointDueMs = nowMs + SYNC_EVERY_MS;
    this.checkpoint();
  }

  /**
   * Removes some of what was deleted long enough ago, about a millisecond's worth; answers whether more of it is left. Whoever
   * deletes a topic of a thousand partitions is not to hold up everybody else.
   */
  removeDeleted(nowMs: number): boolean {
    let isAnyLeft = false;
    for (const directory of this.#directories) isAnyLeft = directory.removeDeleted(nowMs) || isAnyLeft;
    return isAnyLeft;
  }

  /** Settles once the syncs that the last {@link tick} started are done. */
  flushed(): Promise<void> {
    return this.#flushing;
  }

  /** Writes the checkpoint files that are out of date. */
  checkpoint(): void {
    this.#bytesAtCheckpoint = this.#bytesFlushed();
    for (const directory of this.#directories) {
      for (const kind of CHECKPOINT_KINDS) directory.checkpoint(kind);
    }
  }

  /** Makes durable where the logs start: records deleted are not to be seen again after a crash. */
  checkpointLogStarts(): void {
    for (const directory of this.#directories) directory.checkpoint('logStartOffset');
  }

  /** Removes what retention lets go, and producers that are long idle. Returns the number of segments removed. */
  cleanUp(nowMs: number, producerIdExpirationMs: number): number {
    let count = 0;
    for (const log of this.all()) {
      if (log.isOffline) continue;
      count += removedFrom(log, nowMs);
      log.expireProducers(nowMs, producerIdExpirationMs);
    }
    return count;
  }

  /** Syncs and closes everything, with the mark that says so. `brokerEpoch` is noted in the mark. */
  async close(brokerEpoch = -1): Promise<void> {
    await this.#flushing;
    for (const directory of this.#directories) await directory.close(brokerEpoch);
  }

  #open(): void {
    const { paths, nowMs } = this.#options;
    let { clusterId } = this.#options;
    for (const path of paths) {
      const directory = this.#openOne(path, clusterId);
      if (directory === undefined) continue;
      this.#directories.push(directory);
      clusterId = directory.identity.clusterId;
    }
    if (this.#directories.length === 0) {
      const reasons = Array.from(this.#broken.values(), ({ message }) => message);
      throw new LogDirectoryUnusable(reasons.join('; '));
    }
    if (paths.length === 1) return;
    const unsure = finishMoves(this.#directories, this.#broken.size > 0, nowMs);
    for (const log of unsure) this.addLost(log);
  }

  /** Undefined for one that is broken: the others can do without it. */
  #openOne(path: string, clusterId: string | undefined): LogDirectory | undefined {
    const { shared, random, nodeId, nowMs } = this.#options;
    try {
      return LogDirectory.open({
        shared,
        random,
        path,
        nodeId,
        clusterId,
        nowMs,
        freeBytesMin: this.#options.freeBytesMin ?? FREE_BYTES_MIN,
        configOf: (topic, topicId) => this.#options.configOf(topic, topicId),
        opening: (done, total) => this.#options.opening?.(path, done, total),
        failed: (failed, error) => this.#options.directoryFailed?.(failed.path, error),
      });
    } catch (error) {
      if (!(error instanceof LogDirectoryBroken)) throw error;
      const facts = { directory: path, reason: error.message };
      shared.logger.error('log directory is offline until the next start', facts);
      this.#broken.set(path, error);
      return undefined;
    }
  }

  async #flushDirty(): Promise<void> {
    const dirty = Array.from(this.all()).filter((log) => !log.isOffline && log.bytesSinceFlush > 0);
    const worker = async (): Promise<void> => {
      for (let log = dirty.pop(); log !== undefined; log = dirty.pop()) {
        // A failure has taken the directory offline and is reported there.
        await log.flush().catch(() => {});
      }
    };
    await Promise.all(Array.from({ length: FLUSHES_AT_ONCE }, worker));
  }

  /** Also syncs that the logs asked for themselves count: most of them, under load. */
  #bytesFlushed(): number {
    let bytes = 0;
    for (const log of this.all()) bytes += log.bytesFlushed;
    return bytes;
  }

  #directoryOf(log: PartitionLog): LogDirectory {
    const path = log.directory.slice(0, log.directory.lastIndexOf('/'));
    return this.#directories.find((each) => each.path === path)!;
  }

  #isCordoned(path: string): boolean {
    return this.#options.isCordoned?.(path) ?? false;
  }

  #space(path: string): DiskSpace | undefined {
    try {
      return this.#options.shared.disk.space(path);
    } catch {
      return undefined;
    }
  }
}

/** How many segments retention removes from a log; none when it fails, which is reported where its directory goes offline. */
function removedFrom(log: PartitionLog, nowMs: number): number {
  try {
    return log.retention(nowMs);
  } catch (error) {
    if (!log.isOffline) throw error;
    return 0;
  }
}
