import {
  KafkaError,
  type BatchControl,
  type Consumer,
  type ConsumerOptions,
  type Kafka,
  type SubscribedTo,
  type TopicPartition,
  type TopicPartitionOffset,
} from '../../client/index.ts';
import type { Clock, Timer, Timers } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { asError, type UnreadRecord } from './error-handling.ts';
import { PendingCommits, type CommitPolicy } from './pending-commits.ts';
import type { Progress, RawBatch, Worker } from './record-worker.ts';
import type { Wait } from './recovery.ts';

type Bytes = Uint8Array | null;

/** What a container is made of. */
export interface ContainerParts {
  readonly id: string;
  readonly kafka: Kafka;
  readonly consumer: Omit<ConsumerOptions<Bytes, Bytes>, 'rebalance' | 'signal'> & { readonly groupId: string };
  readonly topics: SubscribedTo;
  readonly concurrency: number;
  readonly commits: CommitPolicy;
  /** The consumer commits by itself: `enable-auto-commit`. */
  readonly isAutoCommit: boolean;
  /** Starts again after a refused login or authorisation, so long after; it ends the container when undefined. */
  readonly authExceptionRetryMs: number | undefined;
  readonly makeWorker: (progress: Progress, waitWhile: (control: BatchControl) => Wait) => Worker;
  readonly world: { readonly clock: Clock; readonly timers: Timers; readonly logger: Logger };
}

export type ContainerState = 'stopped' | 'running' | 'failed';

/** How long a pause between attempts may outlast a stop or a rebalance. */
const LOOK_MS = 50;
const REFUSED: ReadonlySet<string> = new Set([
  'AUTHENTICATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
]);

/**
 * One listener at work: a member of its group that hands records to the listener and commits as its mode has it. Starting and stopping may
 * be repeated. A failure that no retry mends ends it: {@link state} says `failed`, {@link failure} why.
 */
export class ListenerContainer {
  readonly id: string;
  readonly #parts: ContainerParts;
  #consumer: Consumer | undefined;
  #running: Promise<void> | undefined;
  #commits: PendingCommits;
  #commitTimer: Timer | undefined;
  #workingCount = 0;
  #isPaused = false;
  #isStopping = false;
  #failure: Error | undefined;
  #whenAssigned: (() => void)[] = [];
  #hasAssignment = false;

  constructor(parts: ContainerParts) {
    this.id = parts.id;
    this.#parts = parts;
    this.#commits = new PendingCommits(parts.commits, 0);
  }

  get groupId(): string {
    return this.#parts.consumer.groupId;
  }

  get state(): ContainerState {
    if (this.#running !== undefined) return 'running';
    return this.#failure === undefined ? 'stopped' : 'failed';
  }

  /** What ended it. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The partitions that it reads now. */
  get assignment(): readonly TopicPartition[] {
    return this.#consumer?.assignment ?? [];
  }

  /** Joins the group and begins; nothing happens when it runs already. */
  start(): void {
    if (this.#running !== undefined) return;
    this.#failure = undefined;
    this.#isStopping = false;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      this.#hasAssignment = false;
    });
  }

  /** Resolves once partitions were assigned for the first time since the start; rejects when the container ends before. */
  async whenAssigned(): Promise<void> {
    if (this.#hasAssignment) return;
    if (this.#running === undefined) throw new KafkaError('INVALID_STATE', `listener ${this.id} is not running`);
    const assigned = new Promise<void>((done) => {
      this.#whenAssigned.push(done);
    });
    await Promise.race([assigned, this.#running]);
    if (!this.#hasAssignment) {
      throw this.#failure ?? new KafkaError('CLOSED', `listener ${this.id} was stopped before partitions came`);
    }
  }

  /** Resolves once the record at work is done with, everything is committed and the group is left. What is not done comes again. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#consumer?.stop();
    await this.#running;
  }

  /** Hands out nothing more once the records at work are done with; the membership stays. */
  pause(): void {
    this.#isPaused = true;
    this.#consumer?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#consumer?.resume();
  }

  async #run(): Promise<void> {
    const { world, authExceptionRetryMs } = this.#parts;
    while (!this.#isStopping) {
      try {
        await this.#consume();
        return;
      } catch (thrown) {
        const error = asError(thrown);
        const isRefused = error instanceof KafkaError && REFUSED.has(error.code);
        const facts = { listener: this.id, groupId: this.groupId, err: error };
        if (!isRefused || authExceptionRetryMs === undefined) {
          this.#failure = error;
          world.logger.error('a listener ended', facts);
          return;
        }
        world.logger.error('a listener was refused and will start again', { ...facts, authExceptionRetryMs });
        await this.#wait(authExceptionRetryMs, () => !this.#isStopping);
      }
    }
  }

  async #consume(): Promise<void> {
    const { kafka, consumer: options, topics, concurrency, world } = this.#parts;
    this.#commits = new PendingCommits(this.#parts.commits, world.clock.monotonicMs());
    const consumer = kafka.consumer({
      ...options,
      commitMode: this.#parts.isAutoCommit ? 'after-processing' : 'manual',
      rebalance: {
        assigned: (partitions) => this.#assigned(partitions),
        revoked: async (partitions) => this.#commit(this.#commits.release(partitions)).catch(() => {}),
        lost: (partitions) => void this.#commits.release(partitions),
      },
    });
    this.#consumer = consumer;
    const worker = this.#parts.makeWorker(
      this.#progress(),
      (control) => async (ms) => this.#wait(ms, () => control.isWanted),
    );
    try {
      await consumer.subscribe(topics);
      await consumer.run({ concurrency, eachBatch: (batch, control) => this.#batch(worker, batch, control) });
    } finally {
      this.#commitTimer?.cancel();
      this.#commitTimer = undefined;
      await consumer.close();
      this.#consumer = undefined;
    }
  }

  async #batch(worker: Worker, batch: RawBatch, control: BatchControl): Promise<void> {
    this.#workingCount++;
    try {
      const isDone = await worker.work(batch, control);
      const { topic, partition, nextOffset: offset, leaderEpoch } = batch;
      const { clock } = this.#parts.world;
      if (isDone)
        await this.#tryCommit(this.#commits.batchEnded({ topic, partition, offset, leaderEpoch }, clock.monotonicMs()));
      else {
        control.leaveRest();
        await this.#tryCommit(this.#commits.all(clock.monotonicMs()));
      }
    } finally {
      this.#workingCount--;
    }
    this.#commitInTime();
  }

  #progress(): Progress {
    const commits = (): PendingCommits => this.#commits;
    return {
      isManual: commits().isManual,
      delivered: (record) => commits().delivered(record),
      acknowledged: (record) => this.#acknowledged(record),
      done: async (record, how) => this.#tryCommit(commits().done(record, how, this.#parts.world.clock.monotonicMs())),
    };
  }

  /** Told of by the listener, perhaps long after it returned: then nobody else comes to commit. */
  async #acknowledged(record: UnreadRecord): Promise<void> {
    const due = this.#commits.acknowledged(record);
    if (due.length > 0) await this.#commit(due);
    else if (this.#workingCount === 0) await this.#tryCommit(this.#commits.all(this.#parts.world.clock.monotonicMs()));
  }

  /** In the modes that count or measure time, what a quiet topic left over. */
  #commitInTime(): void {
    const { ackMode, ackTimeMs } = this.#parts.commits;
    if (ackMode !== 'time' && ackMode !== 'count_time') return;
    const { clock, timers } = this.#parts.world;
    this.#commitTimer ??= timers.set(ackTimeMs, () => {
      this.#commitTimer = undefined;
      void this.#tryCommit(this.#commits.all(clock.monotonicMs()));
    });
  }

  #assigned(partitions: readonly TopicPartition[]): void {
    if (this.#isPaused) this.#consumer?.pause(partitions);
    this.#hasAssignment = true;
    const waiting = this.#whenAssigned;
    this.#whenAssigned = [];
    for (const done of waiting) done();
  }

  async #tryCommit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    await this.#commit(offsets).catch(() => {});
  }

  /** What cannot be committed will be delivered again: to whoever owns the partition then. */
  async #commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const consumer = this.#consumer;
    if (offsets.length === 0 || this.#parts.isAutoCommit || consumer === undefined) return;
    // What was acknowledged after its partition went elsewhere would take back what the new owner committed.
    const own = consumer.assignment;
    const ours = offsets.filter((item) =>
      own.some(({ topic, partition }) => topic === item.topic && partition === item.partition),
    );
    if (ours.length === 0) return;
    try {
      await consumer.commit(ours);
    } catch (thrown) {
      this.#parts.world.logger.warn('a commit failed', { listener: this.id, err: asError(thrown) });
      throw thrown;
    }
  }

  async #wait(ms: number, isWanted: () => boolean): Promise<boolean> {
    const { clock, timers } = this.#parts.world;
    const untilMs = clock.monotonicMs() + ms;
    while (isWanted()) {
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) return true;
      await new Promise<void>((done) => {
        timers.set(Math.min(leftMs, LOOK_MS), done);
      });
    }
    return false;
  }
}
