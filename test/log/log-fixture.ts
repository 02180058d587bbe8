import { SeededRandom } from '../../src/base/seeded-random.ts';
import { LOG_CONFIG_DEFAULTS, type LogConfig } from '../../src/log/log-config.ts';
import { LOG_LIMITS_DEFAULT, LogShared, type LogLimits } from '../../src/log/log-shared.ts';
import { PartitionLog, type AppendResult } from '../../src/log/partition-log.ts';
import { buildBatch, type BatchOptions, type NewRecord } from '../../src/records/batch-builder.ts';
import { decodeRecords, type DecodedRecord } from '../../src/records/batch-records.ts';
import { batchSizeWithin } from '../../src/records/batch-cursor.ts';
import type { Disk, DiskError } from '../../src/runtime/disk.ts';
import type { Logger } from '../../src/runtime/logger.ts';
import { MemoryDisk, type Unsynced } from '../../src/runtime/memory-disk.ts';

export const NOW_MS = 1_700_000_000_000;
export const DIRECTORY = '/logs/orders-0';

/** Notes lines instead of printing them. */
export class NotingLogger implements Logger {
  readonly lines: { readonly level: string; readonly message: string; readonly facts: Record<string, unknown> }[] = [];

  debug(message: string, facts = {}): void {
    this.lines.push({ level: 'debug', message, facts });
  }

  info(message: string, facts = {}): void {
    this.lines.push({ level: 'info', message, facts });
  }

  warn(message: string, facts = {}): void {
    this.lines.push({ level: 'warn', message, facts });
  }

  error(message: string, facts = {}): void {
    this.lines.push({ level: 'error', message, facts });
  }

  child(): Logger {
    return this;
  }
}

export interface OpenOptions {
  readonly config?: Partial<LogConfig>;
  readonly limits?: Partial<LogLimits>;
  readonly recoveryPoint?: number;
  readonly logStartOffset?: number;
  readonly highWatermark?: number;
  readonly isClean?: boolean;
  readonly directory?: string;
  /** What stands between the log and the disk. */
  readonly wrap?: (disk: Disk) => Disk;
}

/** A log on a disk in memory that can be killed, lose power and be opened again. */
export class LogFixture {
  disk: MemoryDisk;
  logger = new NotingLogger();
  shared!: LogShared;
  log!: PartitionLog;
  diskFailures: DiskError[] = [];
  isLowOnSpace = false;
  /** What a checkpoint of the recovery point would say. */
  checkpointed = 0;
  readonly #options: OpenOptions;

  constructor(options: OpenOptions = {}, disk = new MemoryDisk({ crashable: true })) {
    this.#options = options;
    this.disk = disk;
    disk.makeDirectory('/logs');
    disk.syncDirectory('/');
    this.open(options);
  }

  open(options: OpenOptions = {}): PartitionLog {
    const merged = { ...this.#options, ...options };
    this.disk.makeDirectory(merged.directory ?? DIRECTORY);
    this.shared = new LogShared({
      disk: merged.wrap?.(this.disk) ?? this.disk,
      logger: this.logger,
      limits: { ...LOG_LIMITS_DEFAULT, ...this.#options.limits, ...options.limits },
    });
    this.log = PartitionLog.open({
      shared: this.shared,
      hooks: {
        diskFailed: (error) => this.diskFailures.push(error),
        recoveryPointLowered: (recoveryPoint) => {
          this.checkpointed = recoveryPoint;
        },
        syncNames: () => this.disk.syncDirectory('/logs'),
        isLowOnSpace: () => this.isLowOnSpace,
      },
      directory: merged.directory ?? DIRECTORY,
      topic: 'orders',
      partition: 0,
      topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
      config: { ...LOG_CONFIG_DEFAULTS, ...this.#options.config, ...options.config },
      recoveryPoint: merged.recoveryPoint ?? this.checkpointed,
      logStartOffset: merged.logStartOffset ?? 0,
      highWatermark: merged.highWatermark ?? 0,
      isClean: merged.isClean ?? false,
      isNew: true,
      nowMs: NOW_MS,
    });
    return this.log;
  }

  /** kill -9, then a new start. */
  killAndReopen(options: OpenOptions = {}): PartitionLog {
    this.disk = this.disk.kill();
    return this.open(options);
  }

  /** Power loss, then a new start. */
  crashAndReopen(unsynced: Unsynced, seed = 1, options: OpenOptions = {}): PartitionLog {
    this.disk = this.disk.crash(unsynced, new SeededRandom(seed));
    return this.open(options);
  }

  async flush(): Promise<void> {
    await this.log.flush();
    this.checkpointed = this.log.recoveryPoint;
  }

  /** Appends one batch as a producer does and writes it. */
  append(batch: Uint8Array, options: { nowMs?: number; leaderEpoch?: number; apiVersion?: number } = {}): AppendResult {
    const result = this.log.appendAsLeader(batch, {
      leaderEpoch: options.leaderEpoch ?? 0,
      origin: 'client',
      nowMs: options.nowMs ?? NOW_MS,
      ...(options.apiVersion === undefined ? {} : { apiVersion: options.apiVersion }),
    });
    this.log.writeStaged();
    this.log.setHighWatermark(this.log.logEndOffset);
    return result;
  }
}

/** A batch of records with these values. */
export function batchOf(values: readonly string[], options: BatchOptions = {}, timestamp = NOW_MS): Buffer {
  const records: NewRecord[] = values.map((value, index) => ({
    key: Buffer.from(`k${index}`),
    value: Buffer.from(value),
    timestamp,
  }));
  return buildBatch(records, options);
}

/** Everything in a log from `offset` on, record by record, as a consumer reads it. */
export function readAll(log: PartitionLog, from = log.logStartOffset, bytesMax = 1024 * 1024): DecodedRecord[] {
  const records: DecodedRecord[] = [];
  let offset = from;
  while (offset < log.logEndOffset) {
    const slice = log.read({ offset, bytesMax, upperOffset: log.logEndOffset, minOneBatch: true });
    if (slice.error.code !== 0) throw new Error(slice.error.name);
    const bytes = Buffer.concat(slice.chunks);
    slice.release();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let moved = false;
    for (let at = 0; ;) {
      const size = batchSizeWithin(view, at, bytes.length);
      if (size === 0) break;
      for (const record of decodeRecords(bytes, at)) {
        if (record.offset < offset) continue;
        records.push({
          ...record,
          key: record.key === null ? null : Buffer.from(record.key),
          value: record.value === null ? null : Buffer.from(record.value),
        });
        offset = record.offset + 1;
        moved = true;
      }
      at += size;
    }
    if (!moved) throw new Error(`nothing at ${offset}`);
  }
  return records;
}

export function valuesOf(records: readonly DecodedRecord[]): string[] {
  return records.map(({ value }) => Buffer.from(value ?? []).toString());
}
