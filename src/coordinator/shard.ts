import { assert } from '../base/assert.ts';
import { E, type ErrorSpec } from '../protocol/errors.ts';
import { ControlType } from '../records/control-records.ts';
import { buildEndTxnBatch } from '../records/control-records.ts';
import type { Clock, Timers } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { CommitQueue } from './commit-queue.ts';
import type { AppendTransaction, CoordinatorLog, TurnEnd } from './coordinator-log.ts';
import { LOAD_CHUNK_BYTES, loadChunk } from './load.ts';
import { PendingReply, type Reply } from './pending-reply.ts';
import { ShardTimers } from './shard-timers.ts';
import { RECORD_OVERHEAD_BYTES, StagedBatches } from './staged-batches.ts';
import type { Effects, StateMachine } from './state-machine.ts';
import type { TransactionEnd, TransactionProducer } from './transaction-producer.ts';
import { requestErrorOfAppend } from './append-errors.ts';
import { BATCH_HEADER_BYTES } from '../records/batch.ts';

/** What the shards of one coordinator share. */
export interface ShardSeams {
  readonly log: CoordinatorLog;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** How long an answer waits for the high watermark. */
  readonly commitTimeoutMs: () => number;
}

/** What a request may want of the log. */
export interface Claim {
  /** False for what only reads or refreshes, which goes on while appends would be refused. */
  readonly mayWrite: boolean;
  /** Given when the records belong to a transaction, or end it. */
  readonly transaction?: AppendTransaction | undefined;
}

export type ShardPhase = 'loading' | 'active' | 'closed';

/**
 * One partition of a coordinator's topic: loads its log, lets decisions run on the state machine, applies what they write at
 * once, appends it when all that had arrived is decided, and holds every answer, reads too, until the high watermark has passed
 * all that the answer can have seen. When an append fails, the applied state is ahead of the log: the shard closes, whoever
 * waits is told, and the owner loads the partition anew.
 */
export class Shard<M extends StateMachine<R>, R> implements Effects<R>, TurnEnd {
  readonly partition: number;
  readonly machine: M;
  nowMs = 0;
  monotonicMs = 0;
  readonly #seams: ShardSeams;
  readonly #logger: Logger;
  readonly #onDropped: (shard: Shard<M, R>) => void;
  readonly #timers: ShardTimers;
  readonly #commits: CommitQueue;
  readonly #open = new Set<PendingReply<unknown>>();
  #staged: StagedBatches | undefined;
  #beforeAppend: ((effects: Effects<R>) => void)[] = [];
  #isEnlisted = false;
  #phase: ShardPhase = 'loading';

  /** @param onDropped the state is lost and the partition has to be loaded anew. */
  constructor(partition: number, machine: M, seams: ShardSeams, onDropped: (shard: Shard<M, R>) => void) {
    this.partition = partition;
    this.machine = machine;
    this.#seams = seams;
    this.#logger = seams.logger.child({ partition });
    this.#onDropped = onDropped;
    this.#timers = new ShardTimers(seams.clock, seams.timers);
    this.#commits = new CommitQueue(seams.timers, seams.commitTimeoutMs, E.COORDINATOR_NOT_AVAILABLE);
  }

  get phase(): ShardPhase {
    return this.#phase;
  }

  get recordBytesMax(): number {
    return this.#seams.log.batchBytesMax(this.partition) - BATCH_HEADER_BYTES - RECORD_OVERHEAD_BYTES;
  }

  /** Loads the partition: what fits in one piece at once, the rest turn by turn. */
  load(): void {
    this.#loadFrom(undefined, this.#seams.clock.monotonicMs());
  }

  /** Runs a client's request; settled at once when the shard cannot take it. */
  submit<T>(pending: PendingReply<T>, claim: Claim, decide: (machine: M, effects: Effects<R>) => void): void {
    if (this.#phase !== 'active') {
      pending.fail(this.#phase === 'loading' ? E.COORDINATOR_LOAD_IN_PROGRESS : E.NOT_COORDINATOR);
      return;
    }
    if (claim.transaction === undefined) this.#take(pending, claim, decide);
    else this.#takeInTransaction(pending, claim, decide);
  }

  /** Runs a decision: a timer's, or one of the coordinator's own. Does nothing unless the shard is active. */
  run(decide: (machine: M, effects: Effects<R>) => void): void {
    if (this.#phase !== 'active') return;
    this.nowMs = this.#seams.clock.nowMs();
    this.monotonicMs = this.#seams.clock.monotonicMs();
    try {
      decide(this.machine, this);
    } catch (error) {
      this.#logger.error('a decision failed; the partition is loaded anew', { error });
      this.#drop(E.UNKNOWN_SERVER_ERROR);
    }
  }

  /** Ends a transaction: the marker goes to the log, and its records become real or vanish. */
  endTransaction(producer: TransactionProducer, { type, coordinatorEpoch }: TransactionEnd): void {
    const batch = buildEndTxnBatch({
      type,
      coordinatorEpoch,
      producerId: producer.id,
      producerEpoch: producer.epoch,
      timestamp: this.nowMs,
    });
    this.machine.endTransaction(producer, type === ControlType.commit);
    this.#stage().appendBatch(batch);
  }

  write(record: R, producer?: TransactionProducer): void {
    const { key, value } = this.machine.encode(record);
    this.#stage().append(key, value, this.nowMs, producer);
    this.machine.apply(record, producer);
  }

  answer<T>(reply: Reply<T>, response: T): void {
    const pending = reply as PendingReply<unknown>;
    if (!this.#open.delete(pending)) return;
    if (this.#staged === undefined) this.#commits.holdForLast(pending, response);
    else this.#commits.holdForStaged(pending, response);
  }

  whenCommitted(due: (effects: Effects<R>) => void): void {
    assert(this.#staged !== undefined, 'nothing was written that could be committed');
    this.#commits.runAfterStaged(() => this.run((_machine, effects) => due(effects)));
  }

  beforeAppend(due: (effects: Effects<R>) => void): void {
    this.#beforeAppend.push(due);
    this.#enlist();
  }

  get isWritable(): boolean {
    return this.#phase === 'active' && this.#seams.log.appendError(this.partition) === E.NONE;
  }

  callback<T>(due: (effects: Effects<R>, outcome: T) => void): (outcome: T) => void {
    return (outcome) => this.run((_machine, effects) => due(effects, outcome));
  }

  setTimer(key: string, delayMs: number, due: (effects: Effects<R>) => void): void {
    this.#timers.set(key, delayMs, () => this.run((_machine, effects) => due(effects)));
  }

  cancelTimer(key: string): void {
    this.#timers.cancel(key);
  }

  /** Finishes what the requests share, and appends what was written. */
  endOfTurn(): void {
    const shared = this.#beforeAppend;
    this.#beforeAppend = [];
    for (const due of shared) this.run((_machine, effects) => due(effects));
    this.#isEnlisted = false;
    if (this.#beforeAppend.length > 0) this.#enlist();
    this.#append();
  }

  #take<T>(pending: PendingReply<T>, claim: Claim, decide: (machine: M, effects: Effects<R>) => void): void {
    const error = claim.mayWrite ? this.#seams.log.appendError(this.partition, claim.transaction) : E.NONE;
    if (error !== E.NONE) {
      pending.fail(requestErrorOfAppend(error));
      return;
    }
    this.#open.add(pending as PendingReply<unknown>);
    this.run(decide);
  }

  /**
   * Whether a transaction may be written to depends on what is in the log: everything decided before goes there first, and
   * what is decided now at once, before the next one asks.
   */
  #takeInTransaction<T>(
    pending: PendingReply<T>,
    claim: Claim,
    decide: (machine: M, effects: Effects<R>) => void,
  ): void {
    this.#append();
    if (this.#phase !== 'active') {
      pending.fail(E.NOT_COORDINATOR);
      return;
    }
    this.#take(pending, claim, decide);
    this.#append(claim.transaction);
  }

  #append(transaction?: AppendTransaction): void {
    if (this.#phase !== 'active' || this.#staged === undefined) return;
    const batches = this.#staged.take();
    this.#staged = undefined;
    const { log } = this.#seams;
    let lastOffset = -1;
    for (const batch of batches) {
      const result = log.append(this.partition, batch, transaction);
      if (result.error !== E.NONE) {
        this.#logger.warn('append failed; the partition is loaded anew', { error: result.error.name });
        this.#drop(result.error);
        return;
      }
      lastOffset = result.lastOffset;
    }
    this.#commits.appended(lastOffset);
    log.whenCommitted(this.partition, lastOffset, (error) => {
      if (this.#phase !== 'active') return;
      if (error === E.NONE) this.#commits.committed(lastOffset);
      else this.#drop(error);
    });
  }

  /** Stops: timers end, everybody who waits is answered NOT_COORDINATOR. */
  close(): void {
    this.#close(E.NOT_COORDINATOR);
  }

  #stage(): StagedBatches {
    this.#staged ??= new StagedBatches(this.#seams.log.batchBytesMax(this.partition));
    this.#enlist();
    return this.#staged;
  }

  #enlist(): void {
    if (this.#isEnlisted) return;
    this.#isEnlisted = true;
    this.#seams.log.enlist(this);
  }

  #drop(error: ErrorSpec): void {
    if (this.#phase === 'closed') return;
    this.#close(requestErrorOfAppend(error));
    this.#onDropped(this);
  }

  /** @param heldError what those are told whose answer was ready but is not committed. */
  #close(heldError: ErrorSpec): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#timers.cancelAll();
    this.#staged = undefined;
    this.#beforeAppend = [];
    this.#commits.fail(heldError);
    for (const pending of this.#open) pending.fail(E.NOT_COORDINATOR);
    this.#open.clear();
  }

  #loadFrom(fromOffset: number | undefined, startedAtMs: number): void {
    if (this.#phase !== 'loading') return;
    const { log, clock, timers } = this.#seams;
    let offset = fromOffset ?? 0;
    try {
      offset = fromOffset ?? log.logStartOffset(this.partition);
      for (let bytesRead = 0; ;) {
        const progress = loadChunk(log, this.partition, this.machine, offset);
        if (progress.unknownRecords > 0) {
          this.#logger.warn('passed over records of unknown types', { count: progress.unknownRecords });
        }
        if (progress.bytesRead === 0) break;
        offset = progress.offset;
        bytesRead += progress.bytesRead;
        if (bytesRead >= LOAD_CHUNK_BYTES) {
          timers.soon(() => this.#loadFrom(offset, startedAtMs));
          return;
        }
      }
    } catch (error) {
      this.#logger.error('the partition could not be loaded; its coordinator stays away', { error });
      this.#close(E.NOT_COORDINATOR);
      return;
    }
    this.#phase = 'active';
    this.run((machine, effects) => machine.loaded(effects));
    const tookMs = Math.round(clock.monotonicMs() - startedAtMs);
    this.#logger.debug('loaded', { endOffset: offset, tookMs });
  }
}
