import { Malformed } from '../base/malformed.ts';
import { DiskError } from '../runtime/disk.ts';
import type { Logger } from '../runtime/logger.ts';
import { LogDamage } from './log-damage.ts';

export interface LogHealthOptions {
  /** `topic-partition`, for messages. */
  readonly name: string;
  readonly directory: string;
  readonly logger: Logger;
  /** The log goes offline: nothing staged is written, nothing becomes durable any more. */
  wentOffline(): void;
  /** A failure of the disk takes the whole directory with it. */
  diskFailed(error: DiskError): void;
}

/**
 * Whether a log works. The first failure takes it offline for good: damage of its files it alone, a failed write or sync
 * all logs of the directory. Anything else that is thrown is a fault of the program and goes on to the caller.
 */
export class LogHealth {
  readonly #options: LogHealthOptions;
  #failure: Error | undefined;
  #isAbandoned = false;

  constructor(options: LogHealthOptions) {
    this.#options = options;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The log's files are damaged: unlike a failure of the disk, a matter of this log alone. */
  get isDamaged(): boolean {
    return this.#failure instanceof LogDamage || this.#failure instanceof Malformed;
  }

  /** Throws DiskError when the log is offline. */
  check(): void {
    if (this.#failure !== undefined) throw new DiskError('EIO', this.#options.directory, this.#failure.message);
  }

  /** A failure inside takes the log offline before it goes on to the caller. */
  guarded<Result>(call: () => Result): Result {
    try {
      return call();
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  fail(error: unknown): void {
    const { name, logger } = this.#options;
    const isKnown = error instanceof DiskError || error instanceof LogDamage || error instanceof Malformed;
    const reason = error instanceof Error ? error : new Error(String(error));
    if (this.#failure === undefined) logger.error('log is offline', { partition: name, reason: reason.message });
    this.takeOffline(reason);
    if (error instanceof DiskError && !this.#isAbandoned) this.#options.diskFailed(error);
    if (!isKnown) throw reason;
  }

  takeOffline(reason: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#options.wentOffline();
  }

  /** Its files are going away: that they cannot be written says nothing of the disk. */
  abandon(): void {
    this.#isAbandoned = true;
  }
}
