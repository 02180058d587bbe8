import type { BatchControl, ConsumerRecord } from '../../client/index.ts';
import { ListenerAcknowledgment, type Nack } from './acknowledgment.ts';
import { BatchListenerFailedError } from './batch-failed-error.ts';
import { asError, type UnreadRecord } from './error-handling.ts';
import { receivedRecord } from './received-record.ts';
import type { RawBatch, Worker, WorkerOptions } from './record-worker.ts';
import type { Wait } from './recovery.ts';

/** A record that can be read, and as it came. */
interface Pair {
  readonly raw: UnreadRecord;
  readonly record: ConsumerRecord<unknown, unknown>;
}

interface Failure {
  readonly error: Error;
  /** The record that failed, and whether that is known; otherwise the first stands for all. */
  readonly index: number;
  readonly isNamed: boolean;
}

/** Calls a listener with lists of records of one partition, at most `recordsMax` at a time. */
export class BatchWorker implements Worker {
  readonly #options: WorkerOptions<readonly ConsumerRecord<unknown, unknown>[]>;
  readonly #recordsMax: number;

  constructor(options: WorkerOptions<readonly ConsumerRecord<unknown, unknown>[]>, recordsMax: number) {
    this.#options = options;
    this.#recordsMax = recordsMax;
  }

  async work(batch: RawBatch, control: BatchControl): Promise<boolean> {
    const wait = this.#options.waitWhile(control);
    let part: UnreadRecord[] = [];
    const flush = async (): Promise<boolean> => {
      const records = part;
      part = [];
      if (records.length === 0) return true;
      return control.isWanted && this.#part(records, control, wait);
    };
    for (const raw of batch) {
      part.push(raw);
      if (part.length === this.#recordsMax && !(await flush())) return false;
    }
    return flush();
  }

  async #part(records: readonly UnreadRecord[], control: BatchControl, wait: Wait): Promise<boolean> {
    let pairs: Pair[] = [];
    for (const raw of records) {
      const read = await this.#read(raw, wait);
      if (read === 'interrupted') return false;
      if (read !== undefined) pairs.push(read);
    }
    let attempt = 1;
    while (pairs.length > 0) {
      const outcome = await this.#attempt(pairs);
      if (outcome === undefined) break;
      if ('sleepMs' in outcome) {
        const before = pairs[outcome.index - 1];
        if (before !== undefined) await this.#options.progress.acknowledged(before.raw);
        pairs = pairs.slice(outcome.index);
        if (!(await wait(outcome.sleepMs))) return false;
        continue;
      }
      if (outcome.index > 0) attempt = 1;
      pairs = await this.#dropDone(pairs, outcome.index);
      const pauseMs = this.#options.recovery.afterFailure(pairs[0]!.raw, outcome.error, attempt);
      if (pauseMs !== undefined) {
        attempt++;
        if (!(await wait(pauseMs))) return false;
        continue;
      }
      const count = outcome.isNamed ? 1 : pairs.length;
      for (const { raw } of pairs.slice(0, count)) if (!(await this.#giveUp(raw, outcome.error, wait))) return false;
      for (const { raw } of pairs.slice(0, count)) await this.#options.progress.done(raw, 'passed-over');
      pairs = pairs.slice(count);
      attempt = 1;
    }
    const last = records.at(-1)!;
    control.processed(last);
    for (const { raw } of pairs) await this.#options.progress.done(raw, 'handled');
    // What the listener got is its own to acknowledge; what came after it is nobody's.
    if (pairs.at(-1)?.raw !== last) await this.#options.progress.done(last, 'passed-over');
    return true;
  }

  /** What cannot be read is given up before the listener is asked; undefined for it, and for what the filter leaves out. */
  async #read(raw: UnreadRecord, wait: Wait): Promise<Pair | 'interrupted' | undefined> {
    const { readers, filter } = this.#options;
    try {
      const record = receivedRecord(raw, readers);
      return filter === undefined || filter(record) ? { raw, record } : undefined;
    } catch (thrown) {
      return (await this.#giveUp(raw, asError(thrown), wait)) ? undefined : 'interrupted';
    }
  }

  async #giveUp(raw: UnreadRecord, error: Error, wait: Wait): Promise<boolean> {
    for (;;) {
      const given = await this.#options.recovery.giveUp(raw, error, wait);
      if (given !== 'again') return given === 'given-up';
    }
  }

  async #attempt(pairs: readonly Pair[]): Promise<Failure | Nack | undefined> {
    const { call, progress } = this.#options;
    const last = pairs.at(-1)!.raw;
    progress.delivered(last);
    const acknowledgment = new ListenerAcknowledgment(
      progress.isManual ? () => progress.acknowledged(last) : undefined,
    );
    try {
      await call(
        pairs.map(({ record }) => record),
        acknowledgment,
      );
      return acknowledgment.nacked;
    } catch (thrown) {
      const error = asError(thrown);
      const index = error instanceof BatchListenerFailedError ? error.index : -1;
      const isNamed = Number.isInteger(index) && index >= 0 && index < pairs.length;
      return { error, index: isNamed ? index : 0, isNamed };
    }
  }

  /** The first `count` are done with; gives the others. */
  async #dropDone(pairs: Pair[], count: number): Promise<Pair[]> {
    for (const { raw } of pairs.slice(0, count)) await this.#options.progress.done(raw, 'handled');
    return pairs.slice(count);
  }
}
