import { OFFSETS_TOPIC, TRANSACTIONS_TOPIC } from '../../broker/coordination/coordinator-topics.ts';
import { decodeGroupRecord } from '../../coordinator/group/group-records.ts';
import { decodeTransactionRecord } from '../../coordinator/txn/transaction-records.ts';
import { TransactionStatus } from '../../coordinator/txn/transaction-status.ts';
import type { DecodedRecord } from '../../records/batch-records.ts';
import type { HistoryEvent, OffsetsAskedEvent } from '../history-event.ts';

/** How often a transactional id came to an end that is a commit. */
interface Commits {
  status: TransactionStatus;
  decided: number;
  told: number;
}

/**
 * Holds what coordinators tell their clients against what is committed of their own topics: an answer that comes before its
 * record is below the high watermark is forgotten with the next leader (I10, I11).
 */
export class CoordinatorChecks {
  /** Committed offsets, by group and place. */
  readonly #offsets = new Map<string, Set<number>>();
  readonly #asked = new Map<string, OffsetsAskedEvent>();
  readonly #commits = new Map<string, Commits>();

  /** Whether anything is to be known of a topic's records. */
  static isOf(topic: string): boolean {
    return topic === OFFSETS_TOPIC || topic === TRANSACTIONS_TOPIC;
  }

  /** Takes records of a coordinator's topic that were committed outside of transactions. */
  take(topic: string, records: readonly DecodedRecord[]): void {
    for (const { key, value } of records) {
      if (key === null) continue;
      if (topic === OFFSETS_TOPIC) this.#takeOffset(key, value);
      else this.#takeTransaction(key, value);
    }
  }

  /** What is wrong with what a client was told; `endOf` gives the end of what is committed of a partition. */
  check(event: HistoryEvent, endOf: (topic: string, partition: number) => number): string | undefined {
    if (event.type === 'offsetsAsked') this.#asked.set(event.commit, event);
    if (event.type === 'offsetsDone') return this.#checkOffsets(event.commit, endOf);
    return event.type === 'committed' ? this.#checkTransaction(event.transaction) : undefined;
  }

  #takeOffset(key: Uint8Array, value: Uint8Array | null): void {
    const record = decodeGroupRecord(key, value);
    if (record?.type !== 'offset' || record.value === null) return;
    const place = placeOf(record.group, record.topic, record.partition);
    const offsets = this.#offsets.get(place);
    if (offsets === undefined) this.#offsets.set(place, new Set([record.value.offset]));
    else offsets.add(record.value.offset);
  }

  #takeTransaction(key: Uint8Array, value: Uint8Array | null): void {
    const record = decodeTransactionRecord(key, value);
    if (record === undefined || record.state === null) return;
    const commits = this.#commitsOf(record.transactionalId);
    const { status } = record.state;
    if (status === TransactionStatus.prepareCommit && commits.status !== status) commits.decided++;
    commits.status = status;
  }

  #checkOffsets(commit: string, endOf: (topic: string, partition: number) => number): string | undefined {
    const asked = this.#asked.get(commit);
    for (const { topic, partition, offset } of asked?.offsets ?? []) {
      const place = `${asked?.group} at ${topic}-${partition}`;
      if (offset > endOf(topic, partition))
        return `I11 ${place} has ${offset}, committed are ${endOf(topic, partition)}`;
      if (this.#offsets.get(placeOf(asked?.group ?? '', topic, partition))?.has(offset) !== true)
        return `I11 ${place} was told that ${offset} is committed, and that is not in the log`;
    }
    return undefined;
  }

  #checkTransaction(transaction: string): string | undefined {
    const transactionalId = transaction.slice(0, transaction.lastIndexOf('/'));
    const commits = this.#commitsOf(transactionalId);
    commits.told++;
    if (commits.told <= commits.decided) return undefined;
    return `I10 ${transactionalId} was told of ${commits.told} commits, the log has ${commits.decided}`;
  }

  #commitsOf(transactionalId: string): Commits {
    let commits = this.#commits.get(transactionalId);
    if (commits === undefined) {
      commits = { status: TransactionStatus.empty, decided: 0, told: 0 };
      this.#commits.set(transactionalId, commits);
    }
    return commits;
  }
}

function placeOf(group: string, topic: string, partition: number): string {
  return `${group}\n${topic}\n${partition}`;
}
