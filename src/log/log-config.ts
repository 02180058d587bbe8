import { Codec } from '../records/batch.ts';
import type { CompressionLevels } from '../records/compression/compression.ts';

/** `compression.type` of a topic: `producer` keeps what came in. */
export type CompressionSetting = 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** When an append counts as written: `os` once the operating system has it, `group` once it is on the device. */
export type FlushPolicy = 'os' | 'group';

/** How far a compressed batch is looked into: `records` unpacks it as Kafka does, `headers` trusts its checksum and header. */
export type BatchValidation = 'records' | 'headers';

/** What a topic's settings say about its logs, as numbers (units at the end of the names; -1 in bytes or ms: no limit). */
export interface LogConfig {
  readonly cleanupPolicy: { readonly delete: boolean; readonly compact: boolean };
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segmentJitterMs: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  readonly maxMessageBytes: number;
  readonly minInsyncReplicas: number;
  readonly compressionType: CompressionSetting;
  readonly compressionLevels: CompressionLevels;
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime';
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;
  readonly fileDeleteDelayMs: number;
  /** How long tombstones and markers stay after the first cleaning that saw them. */
  readonly deleteRetentionMs: number;
  /** A log is cleaned once more than this share of it is dirty. */
  readonly minCleanableDirtyRatio: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  /** A sync is started after this many records; what is younger than a second waits for the one in the background. */
  readonly flushMessages: number;
  readonly flushPolicy: FlushPolicy;
  readonly batchValidation: BatchValidation;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Kafka's defaults for a topic (TopicConfig, LogConfig). */
export const LOG_CONFIG_DEFAULTS: LogConfig = {
  cleanupPolicy: { delete: true, compact: false },
  retentionMs: 7 * DAY_MS,
  retentionBytes: -1,
  segmentBytes: 1024 * 1024 * 1024,
  segmentMs: 7 * DAY_MS,
  segmentJitterMs: 0,
  segmentIndexBytes: 10 * 1024 * 1024,
  indexIntervalBytes: 4096,
  maxMessageBytes: 1024 * 1024 + 12,
  minInsyncReplicas: 1,
  compressionType: 'producer',
  compressionLevels: {},
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  messageTimestampAfterMaxMs: 60 * 60 * 1000,
  fileDeleteDelayMs: 60_000,
  deleteRetentionMs: DAY_MS,
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  flushMessages: Number.MAX_SAFE_INTEGER,
  flushPolicy: 'os',
  batchValidation: 'records',
};

/** The codec batches are stored with; undefined keeps the producer's. */
export function storedCodec(setting: CompressionSetting): Codec | undefined {
  switch (setting) {
    case 'producer':
      return undefined;
    case 'uncompressed':
      return Codec.none;
    case 'gzip':
    case 'snappy':
    case 'lz4':
    case 'zstd':
      return Codec[setting];
    default:
      return setting satisfies never;
  }
}
