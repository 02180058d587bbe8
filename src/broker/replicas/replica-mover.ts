import type { BrokerConfig } from '../../config/broker-config.ts';
import { LogCopy } from '../../log/directories/log-copy.ts';
import type { LogDirectories } from '../../log/directories/log-directories.ts';
import { canBeCopied } from '../../log/segments/segment-names.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { Clock, Timer, Timers } from '../../runtime/clock.ts';
import { DiskError } from '../../runtime/disk.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Partition } from './partition.ts';
import type { Partitions } from './partitions.ts';
import type { Turn } from '../turn.ts';

/** Copied in one go, between which everybody else is served: half a millisecond. */
const SLICE_BYTES = 512 * 1024;
const PAUSE_MS = 1;
/** How long to wait before looking again whether moving is allowed at all. */
const HELD_MS = 1000;
const MS_PER_SECOND = 1000;

export interface ReplicaMoverParts {
  readonly config: BrokerConfig;
  readonly partitions: Partitions;
  readonly logDirectories: LogDirectories;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly turn: Turn;
  readonly logger: Logger;
}

interface Move {
  readonly partition: Partition;
  readonly copy: LogCopy;
  readonly path: string;
  /** Of what was copied so far: being synced, synced. */
  isSyncing: boolean;
  isSynced: boolean;
}

/**
 * Moves partitions between log directories (KIP-113): a copy is made in the background while the original is served, a
 * slice at a time and by turns, within `replica.alter.log.dirs.io.max.bytes.per.second`; once the copy has everything
 * and it is on the device, it takes the original's place within one turn.
 */
export class ReplicaMover {
  readonly #parts: ReplicaMoverParts;
  /** By `topic-partition`, in the order in which they take their turns. */
  readonly #moves = new Map<string, Move>();
  #timer: Timer | undefined;
  #isStopped = false;
  /** Before this time nothing more is copied. */
  #allowedMs = 0;

  constructor(parts: ReplicaMoverParts) {
    this.#parts = parts;
  }

  /**
   * Begins to move a partition to the directory at `path`. Where it is there already nothing is done, but for a move to
   * elsewhere, which ends (ReplicaManager.alterReplicaLogDirs).
   */
  move(topic: string, index: number, path: string): ErrorSpec {
    const { logDirectories, partitions } = this.#parts;
    if (!canBeCopied(topic, index)) return E.INVALID_TOPIC_EXCEPTION;
    const error = logDirectories.moveError(path);
    if (error !== E.NONE) return error;
    const partition = partitions.get(topic, index);
    if (partition === undefined) return E.UNKNOWN_TOPIC_OR_PARTITION;
    if (partition.log.isOffline) return E.KAFKA_STORAGE_ERROR;
    const under = this.#moves.get(nameOf(partition));
    if (under?.path === path) return E.NONE;
    if (under !== undefined) this.#drop(under);
    if (logDirectories.pathOf(partition.log) === path) return E.NONE;
    return this.#begin(partition, path);
  }

  /** Goes on with what the last process was moving. */
  resume(): void {
    for (const { log, path } of this.#parts.logDirectories.takeUnfinished()) this.move(log.topic, log.partition, path);
  }

  /** The partition is given up: so is its copy. */
  forget(topic: string, index: number): void {
    const move = this.#moves.get(`${topic}-${index}`);
    if (move !== undefined) this.#drop(move);
  }

  /** Copies stay as they are; the next start begins them anew. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #begin(partition: Partition, path: string): ErrorSpec {
    const { logDirectories } = this.#parts;
    try {
      const copy = new LogCopy(partition.log, logDirectories.createFuture(partition.log, path));
      this.#moves.set(nameOf(partition), { partition, copy, path, isSyncing: false, isSynced: false });
    } catch (error) {
      if (error instanceof DiskError) return E.KAFKA_STORAGE_ERROR;
      throw error;
    }
    this.#wake(PAUSE_MS);
    return E.NONE;
  }

  #drop(move: Move): void {
    this.#moves.delete(nameOf(move.partition));
    this.#parts.logDirectories.dropFuture(move.copy.target);
  }

  #wake(delayMs: number): void {
    if (this.#isStopped || this.#timer !== undefined || this.#moves.size === 0) return;
    this.#timer = this.#parts.timers.set(delayMs, () => {
      this.#timer = undefined;
      this.#parts.turn.run(() => this.#step());
    });
  }

  /** One slice of the move whose turn it is. */
  #step(): void {
    const { clock, config } = this.#parts;
    const nowMs = clock.monotonicMs();
    const rate = config.get('replica.alter.log.dirs.io.max.bytes.per.second');
    const next = Array.from(this.#moves.values()).find(({ isSyncing }) => !isSyncing);
    if (next === undefined) return;
    if (rate === 0 || nowMs < this.#allowedMs) {
      this.#wake(Math.min(HELD_MS, Math.max(PAUSE_MS, rate === 0 ? HELD_MS : this.#allowedMs - nowMs)));
      return;
    }
    if (!this.#parts.logDirectories.hasRoomFor(next.copy.target, SLICE_BYTES)) {
      this.#toTheEnd(next);
      this.#wake(HELD_MS);
      return;
    }
    const bytes = this.#advance(next, Math.min(SLICE_BYTES, rate));
    this.#allowedMs = nowMs + (bytes * MS_PER_SECOND) / rate;
    this.#wake(PAUSE_MS);
  }

  /** Copies a slice; near the end it syncs, then replaces. Returns the bytes copied. */
  #advance(move: Move, bytesMax: number): number {
    const { partition, copy } = move;
    const { source, target } = copy;
    if (source !== partition.log || source.isOffline || target.isOffline) {
      this.#abandon(move, 'its log directory failed');
      return 0;
    }
    this.#toTheEnd(move);
    try {
      const bytes = copy.copySome(bytesMax, source.highWatermark, this.#parts.clock.nowMs());
      if (target.logEndOffset < source.highWatermark) move.isSynced = false;
      else if (!move.isSynced) this.#sync(move);
      else this.#replace(move);
      return bytes;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#abandon(move, error.message);
      return 0;
    }
  }

  /** The others first. */
  #toTheEnd(move: Move): void {
    const name = nameOf(move.partition);
    this.#moves.delete(name);
    this.#moves.set(name, move);
  }

  /** All but the last slice is synced on the thread pool, so that replacing the original blocks for little. */
  #sync(move: Move): void {
    move.isSyncing = true;
    const done = (): void => {
      move.isSyncing = false;
      move.isSynced = true;
      this.#wake(PAUSE_MS);
    };
    // A failure has taken the directory offline: the next step ends the move.
    move.copy.target.flush().then(done, done);
  }

  #replace({ partition, copy, path }: Move): void {
    const { logDirectories, clock, logger } = this.#parts;
    const { source, target } = copy;
    source.writeStaged();
    // What is not committed yet; where that is more than a slice it is tried again, once it is.
    copy.copySome(SLICE_BYTES, source.logEndOffset, clock.nowMs());
    if (target.logEndOffset !== source.logEndOffset) return;
    this.#moves.delete(nameOf(partition));
    target.takeOver(source);
    logDirectories.replace(source, target, clock.nowMs(), (log) => {
      partition.replaceLog(log);
      logger.info('a partition was moved to another log directory', { partition: nameOf(partition), directory: path });
    });
  }

  #abandon(move: Move, reason: string): void {
    const facts = { partition: nameOf(move.partition), directory: move.path, reason };
    this.#parts.logger.warn('a partition could not be moved to another log directory', facts);
    // Half a copy of what cannot be read any more is left where it is.
    if (move.copy.source.isOffline) this.#moves.delete(nameOf(move.partition));
    else this.#drop(move);
  }
}

function nameOf({ topic, index }: Partition): string {
  return `${topic}-${index}`;
}
