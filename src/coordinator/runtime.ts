import { E, type ErrorSpec } from '../protocol/errors.ts';
import { PendingReply, type Reply } from './pending-reply.ts';
import { type Claim, Shard, type ShardSeams } from './shard.ts';
import type { Effects, StateMachine } from './state-machine.ts';
import type { TransactionEnd, TransactionProducer } from './transaction-producer.ts';

export interface RuntimeOptions<M> extends ShardSeams {
  /** A fresh state machine for a partition that is about to be loaded. */
  readonly createMachine: (partition: number) => M;
}

/** A client's request to the coordinator of one partition. */
export interface Submission<M, R, T> extends Claim {
  /** The response that tells of an error of the whole request. */
  readonly failure: (error: ErrorSpec) => T;
  /** Decides; must see to it that `reply` is answered, now or by a later decision. */
  readonly decide: (machine: M, effects: Effects<R>, reply: Reply<T>) => void;
}

/**
 * Runs the state machines of one coordinator, one for each partition of its topic that this broker leads: groups,
 * transactions and share groups all stand on it. A request of a partition that is not loaded here is answered
 * NOT_COORDINATOR, of one that is being loaded COORDINATOR_LOAD_IN_PROGRESS.
 *
 * Requests that wait are not bounded here: a connection has one request under way, so connections bound them.
 */
export class CoordinatorRuntime<M extends StateMachine<R>, R> {
  readonly #options: RuntimeOptions<M>;
  readonly #shards = new Map<number, Shard<M, R>>();

  constructor(options: RuntimeOptions<M>) {
    this.#options = options;
  }

  /** Partitions that are loaded or being loaded. */
  partitions(): number[] {
    return [...this.#shards.keys()];
  }

  /** The state machines of the active partitions, to be looked at and not touched. */
  machines(): M[] {
    return [...this.#shards.values()].filter(({ phase }) => phase === 'active').map(({ machine }) => machine);
  }

  isActive(partition: number): boolean {
    return this.#shards.get(partition)?.phase === 'active';
  }

  /** This broker leads the partition from now on: loads it. Does nothing when it is loaded or being loaded. */
  load(partition: number): void {
    const present = this.#shards.get(partition);
    if (present !== undefined && present.phase !== 'closed') return;
    const { createMachine } = this.#options;
    const shard = new Shard<M, R>(partition, createMachine(partition), this.#options, (dropped) =>
      this.#reload(dropped),
    );
    this.#shards.set(partition, shard);
    shard.load();
  }

  /** This broker no longer leads the partition: whoever waits is answered NOT_COORDINATOR. */
  unload(partition: number): void {
    const shard = this.#shards.get(partition);
    this.#shards.delete(partition);
    shard?.close();
  }

  close(): void {
    for (const partition of this.partitions()) this.unload(partition);
  }

  /** Has a request decided; the promise settles when it is answered and never rejects. */
  submit<T>(partition: number, submission: Submission<M, R, T>): Promise<T> {
    const pending = new PendingReply<T>(submission.failure);
    const shard = this.#shards.get(partition);
    if (shard === undefined) pending.fail(E.NOT_COORDINATOR);
    else {
      shard.submit(pending, submission, (machine, effects) => submission.decide(machine, effects, pending));
    }
    return pending.promise;
  }

  /**
   * What all partitions that are led here say, together; the error of one that cannot say it, as while it is loading, is
   * that of the whole. Never rejects.
   */
  async listAll<T>(list: (machine: M, effects: Effects<R>) => T[]): Promise<T[] | ErrorSpec> {
    const listings = this.partitions().map((partition) =>
      this.submit(partition, {
        mayWrite: false,
        failure: (error): T[] | ErrorSpec => error,
        decide: (machine, effects, reply) => effects.answer(reply, list(machine, effects)),
      }),
    );
    const all: T[] = [];
    for (const listing of await Promise.all(listings)) {
      if (Array.isArray(listing)) all.push(...listing);
      else if (listing !== E.NOT_COORDINATOR) return listing;
    }
    return all;
  }

  /** Runs a decision that no client asked for, where the partition is active. */
  run(partition: number, decide: (machine: M, effects: Effects<R>) => void): void {
    this.#shards.get(partition)?.run(decide);
  }

  /** Runs a decision on every active partition. */
  runAll(decide: (machine: M, effects: Effects<R>) => void): void {
    for (const shard of this.#shards.values()) shard.run(decide);
  }

  /** Writes a transaction's marker to the partition and ends the transaction there; settles once it is committed. */
  endTransaction(partition: number, producer: TransactionProducer, end: TransactionEnd): Promise<ErrorSpec> {
    const shard = this.#shards.get(partition);
    const pending = new PendingReply<ErrorSpec>((error) => error);
    if (shard === undefined) pending.fail(E.NOT_COORDINATOR);
    else {
      shard.submit(pending, { mayWrite: true, transaction: { producer, end } }, (_machine, effects) => {
        shard.endTransaction(producer, end);
        effects.answer(pending, E.NONE);
      });
    }
    return pending.promise;
  }

  #reload(dropped: Shard<M, R>): void {
    if (this.#shards.get(dropped.partition) !== dropped) return;
    this.#options.timers.soon(() => {
      if (this.#shards.get(dropped.partition) === dropped) this.load(dropped.partition);
    });
  }
}
