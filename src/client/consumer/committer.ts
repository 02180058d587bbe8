import type { Timer } from '../../runtime/clock.ts';
import { asKafkaError } from '../client-error.ts';
import type { ClientRuntime } from '../client-runtime.ts';
import type { AssignedPartitions } from './assigned-partitions.ts';
import type { TopicPartition, TopicPartitionOffset } from './topic-partition.ts';

/** Sends offsets to the coordinator, as the member that this consumer is. */
export type SendCommit = (offsets: readonly TopicPartitionOffset[]) => Promise<void>;

/** Commits what was processed: one commit at a time, so that an older one never overtakes a newer one. */
export class Committer<K, V> {
  readonly #runtime: Pick<ClientRuntime, 'timers' | 'logger'>;
  readonly #assigned: AssignedPartitions<K, V>;
  readonly #send: SendCommit;
  #last: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;

  constructor(runtime: Pick<ClientRuntime, 'timers' | 'logger'>, assigned: AssignedPartitions<K, V>, send: SendCommit) {
    this.#runtime = runtime;
    this.#assigned = assigned;
    this.#send = send;
  }

  /** Commits these offsets, after the commits that were asked for before. Rejects when the coordinator refuses. */
  commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const committing = this.#last.then(async () => {
      await this.#send(offsets);
      for (const item of offsets) {
        const state = this.#assigned.get(item);
        if (state !== undefined) state.committedOffset = item.offset;
      }
    });
    this.#last = committing.catch(() => {});
    return committing;
  }

  /** Commits what was processed and is not committed, of some partitions or of all. */
  async commitProcessed(partitions?: Iterable<TopicPartition>): Promise<void> {
    // What a commit under way covers is not sent once more.
    await this.#last;
    const offsets = this.#processed(partitions);
    if (offsets.length > 0) await this.commit(offsets);
  }

  /** As {@link commitProcessed}, for when nobody is there to hear of a failure: what is not committed will be processed again. */
  async tryCommitProcessed(partitions?: Iterable<TopicPartition>): Promise<void> {
    try {
      await this.commitProcessed(partitions);
    } catch (error) {
      this.#runtime.logger.warn('a commit failed', { err: asKafkaError(error, 'commit') });
    }
  }

  /** Commits in a while, unless that is coming already. */
  schedule(intervalMs: number): void {
    this.#timer ??= this.#runtime.timers.set(intervalMs, () => {
      this.#timer = undefined;
      void this.tryCommitProcessed();
    });
  }

  close(): void {
    this.#timer?.cancel();
  }

  #processed(partitions?: Iterable<TopicPartition>): TopicPartitionOffset[] {
    const states =
      partitions === undefined
        ? [...this.#assigned]
        : [...partitions].flatMap((item) => this.#assigned.get(item) ?? []);
    return states
      .filter(({ hasUncommitted }) => hasUncommitted)
      .map(({ topic, partition, processed }) => ({ topic, partition, ...processed }));
  }
}
