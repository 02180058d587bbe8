import type { BatchControl, ConsumerBatch, ConsumerRecord } from '../../client/index.ts';
import { ListenerAcknowledgment, type Acknowledgment } from './acknowledgment.ts';
import { asError, type UnreadRecord } from './error-handling.ts';
import { receivedRecord, type RecordReaders } from './received-record.ts';
import type { Recovery, Wait } from './recovery.ts';

export type RawBatch = ConsumerBatch<Uint8Array | null, Uint8Array | null>;
type Received = ConsumerRecord<unknown, unknown>;

/** Where a worker says how far it came; commits are made as the mode has it. */
export interface Progress {
  delivered(record: UnreadRecord): void;
  acknowledged(record: UnreadRecord): Promise<void>;
  done(record: UnreadRecord, how: 'handled' | 'passed-over'): Promise<void>;
  readonly isManual: boolean;
}

/** What works on batches of records for a container. */
export interface WorkerOptions<Given> {
  readonly call: (given: Given, acknowledgment: Acknowledgment) => unknown;
  readonly readers: RecordReaders;
  readonly filter: ((record: Received) => boolean) | undefined;
  readonly recovery: Recovery;
  readonly progress: Progress;
  /** Waits while the records are still wanted. */
  readonly waitWhile: (control: BatchControl) => Wait;
}

/** Goes through what a fetch brought; true when it came to the end of it, false when the rest is not wanted any more. */
export interface Worker {
  work(batch: RawBatch, control: BatchControl): Promise<boolean>;
}

/** Calls a listener for one record after the other. */
export class RecordWorker implements Worker {
  readonly #options: WorkerOptions<Received>;

  constructor(options: WorkerOptions<Received>) {
    this.#options = options;
  }

  async work(batch: RawBatch, control: BatchControl): Promise<boolean> {
    const wait = this.#options.waitWhile(control);
    for (const raw of batch) {
      if (!control.isWanted) return false;
      const outcome = await this.#record(raw, wait);
      if (outcome === 'interrupted') return false;
      control.processed(raw);
      await this.#options.progress.done(raw, outcome);
    }
    return true;
  }

  async #record(raw: UnreadRecord, wait: Wait): Promise<'handled' | 'passed-over' | 'interrupted'> {
    const { recovery } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(raw, wait);
      } catch (thrown) {
        const error = asError(thrown);
        const pauseMs = recovery.afterFailure(raw, error, attempt);
        if (pauseMs !== undefined) {
          if (!(await wait(pauseMs))) return 'interrupted';
          continue;
        }
        const given = await recovery.giveUp(raw, error, wait);
        if (given === 'given-up') return 'passed-over';
        if (given === 'interrupted') return 'interrupted';
        attempt = 0;
      }
    }
  }

  async #attempt(raw: UnreadRecord, wait: Wait): Promise<'handled' | 'passed-over' | 'interrupted'> {
    const { readers, filter, call, progress } = this.#options;
    const record = receivedRecord(raw, readers);
    if (filter !== undefined && !filter(record)) return 'passed-over';
    progress.delivered(raw);
    for (;;) {
      const acknowledge = progress.isManual ? () => progress.acknowledged(raw) : undefined;
      const acknowledgment = new ListenerAcknowledgment(acknowledge);
      await call(record, acknowledgment);
      if (acknowledgment.nacked === undefined) return 'handled';
      if (!(await wait(acknowledgment.nacked.sleepMs))) return 'interrupted';
    }
  }
}
