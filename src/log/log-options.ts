import type { Uuid } from '../base/uuid.ts';
import type { DiskError } from '../runtime/disk.ts';
import type { LogConfig } from './log-config.ts';
import type { LogShared } from './log-shared.ts';

/** What a log tells the one who keeps it. */
export interface LogHooks {
  /** A write or sync failed: all logs of the directory are to go offline. */
  diskFailed(error: DiskError): void;
  /** The recovery point went back: it must be on the device before this returns, for the log is about to be cut. */
  recoveryPointLowered(recoveryPoint: number): void;
  /** The directory's own names, of logs that were made in it, are to be durable when this returns. */
  syncNames(): void;
  /** Too little space is left for producers; what the broker itself writes still goes in. */
  isLowOnSpace(bytes: number): boolean;
}

/** Which partition a log is of, and its settings. */
export interface LogIdentity {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: Uuid;
  readonly config: LogConfig;
}

export interface PartitionLogOptions extends LogIdentity {
  readonly shared: LogShared;
  readonly hooks: LogHooks;
  readonly directory: string;
  readonly recoveryPoint: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  /** The last process closed this log in order. */
  readonly isClean: boolean;
  /** The directory was just made. */
  readonly isNew: boolean;
  readonly nowMs: number;
}

/** What is known of a log whose files are out of reach. */
export type UnreachableLogOptions = LogIdentity & Pick<PartitionLogOptions, 'shared' | 'directory'>;

/** The rest of the options of such a log, which asks nobody for anything. */
export const NOTHING_KNOWN: Omit<PartitionLogOptions, keyof UnreachableLogOptions> = {
  hooks: { diskFailed: () => {}, recoveryPointLowered: () => {}, syncNames: () => {}, isLowOnSpace: () => false },
  recoveryPoint: 0,
  logStartOffset: 0,
  highWatermark: 0,
  isClean: false,
  isNew: false,
  nowMs: 0,
};
