import type { TopicPartition, TopicPartitionOffset } from '../../client/index.ts';
import type { AckMode } from '../config/kafka-settings.ts';

/** When to commit, beside the mode: after so many records, after so long. */
export interface CommitPolicy {
  readonly ackMode: AckMode;
  readonly ackCount: number;
  readonly ackTimeMs: number;
}

interface Progress {
  /** What is to be committed next; undefined when all is. */
  pending: TopicPartitionOffset | undefined;
  /** Everything before it is done with. */
  doneTo: number;
  /** The last record that was given to a listener, the last of the time before, and the last acknowledged: for the manual modes. */
  delivered: number;
  deliveredBefore: number;
  acknowledged: number;
}

type Place = Pick<TopicPartitionOffset, 'topic' | 'partition' | 'offset' | 'leaderEpoch'>;

/**
 * Decides, for each acknowledgement mode of Spring, which offsets are to be committed and when. An offset never goes back. It holds one
 * entry for each assigned partition.
 */
export class PendingCommits {
  readonly #policy: CommitPolicy;
  readonly #partitions = new Map<string, Progress>();
  #count = 0;
  #lastMs: number;

  constructor(policy: CommitPolicy, nowMs: number) {
    this.#policy = policy;
    this.#lastMs = nowMs;
  }

  /** Whether a listener acknowledges by itself. */
  get isManual(): boolean {
    return this.#policy.ackMode === 'manual' || this.#policy.ackMode === 'manual_immediate';
  }

  /** A record is given to a listener; of several at once, the last of them. */
  delivered(record: Place): void {
    const progress = this.#progress(record);
    if (record.offset <= progress.delivered) return;
    progress.deliveredBefore = progress.delivered;
    progress.delivered = record.offset;
  }

  /** A listener has acknowledged a record, and with it all before. Gives what is to be committed at once. */
  acknowledged(record: Place): readonly TopicPartitionOffset[] {
    const progress = this.#progress(record);
    progress.acknowledged = Math.max(progress.acknowledged, record.offset);
    this.#advance(progress, record);
    return this.#policy.ackMode === 'manual_immediate' ? this.#take([progress]) : [];
  }

  /**
   * A record is done with: its listener returned, it was filtered out, or it was given up. Where listeners acknowledge, one that no listener
   * will acknowledge counts only when nothing before it is open.
   */
  done(record: Place, how: 'handled' | 'passed-over', nowMs: number): readonly TopicPartitionOffset[] {
    const progress = this.#progress(record);
    if (this.isManual) {
      const isLast = record.offset === progress.delivered;
      const isOpen = progress.acknowledged < (isLast ? progress.deliveredBefore : progress.delivered);
      if (how === 'handled' || isOpen) return [];
      progress.acknowledged = Math.max(progress.acknowledged, progress.delivered);
    }
    this.#advance(progress, record);
    this.#count++;
    return this.#isDue(nowMs) ? this.all(nowMs) : [];
  }

  /** All that one fetch brought was gone through; `end` is where the next one begins, which may be past markers of transactions. */
  batchEnded(end: TopicPartitionOffset, nowMs: number): readonly TopicPartitionOffset[] {
    const { ackMode } = this.#policy;
    const progress = this.#progress(end);
    if (!this.isManual && end.offset > progress.doneTo) progress.pending = end;
    return ackMode === 'batch' || ackMode === 'manual' || this.#isDue(nowMs) ? this.all(nowMs) : [];
  }

  /** Whatever is left: at a pause, a rebalance, the end. */
  all(nowMs: number): readonly TopicPartitionOffset[] {
    this.#count = 0;
    this.#lastMs = nowMs;
    return this.#take(this.#partitions.values());
  }

  /** What is left of partitions that go away; they are forgotten. */
  release(partitions: readonly TopicPartition[]): readonly TopicPartitionOffset[] {
    const keys = partitions.map(keyOf);
    const found = keys.flatMap((key) => this.#partitions.get(key) ?? []);
    for (const key of keys) this.#partitions.delete(key);
    return this.#take(found);
  }

  #isDue(nowMs: number): boolean {
    const { ackMode, ackCount, ackTimeMs } = this.#policy;
    const isCounted = this.#count >= ackCount;
    const isTime = nowMs - this.#lastMs >= ackTimeMs;
    switch (ackMode) {
      case 'record':
        return true;
      case 'count':
        return isCounted;
      case 'time':
        return isTime;
      case 'count_time':
        return isCounted || isTime;
      case 'batch':
      case 'manual':
      case 'manual_immediate':
        return false;
      default:
        throw new TypeError(`no mode ${String(ackMode satisfies never)}`);
    }
  }

  #advance(progress: Progress, { topic, partition, offset, leaderEpoch }: Place): void {
    progress.doneTo = offset + 1;
    if (progress.pending !== undefined && progress.pending.offset > offset) return;
    progress.pending = { topic, partition, offset: offset + 1, leaderEpoch };
  }

  #take(progresses: Iterable<Progress>): TopicPartitionOffset[] {
    const taken: TopicPartitionOffset[] = [];
    for (const progress of progresses) {
      if (progress.pending !== undefined) taken.push(progress.pending);
      progress.pending = undefined;
    }
    return taken;
  }

  #progress(record: TopicPartition): Progress {
    const key = keyOf(record);
    let progress = this.#partitions.get(key);
    if (progress === undefined) {
      progress = { pending: undefined, doneTo: -1, delivered: -1, deliveredBefore: -1, acknowledged: -1 };
      this.#partitions.set(key, progress);
    }
    return progress;
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition} ${topic}`;
}
