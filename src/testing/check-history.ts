import type { CheckOptions } from './check-options.ts';
import { Findings, type Finding, type FindingKind } from './findings.ts';
import {
  isOffsetEvent,
  type AcknowledgedEvent,
  type HistoryEvent,
  type OffsetEvent,
  type PollEvent,
  type SendEvent,
} from './history-event.ts';
import { checkLogOrder, named, shown } from './log-order.ts';
import { OffsetLedger } from './offset-ledger.ts';
import { OwnershipLedger } from './ownership-ledger.ts';
import { Column, Outcome, RecordTable } from './record-table.ts';
import { TransactionLedger } from './transaction-ledger.ts';
import { checkPipelines, checkReaders } from './visibility.ts';

export interface Verdict {
  readonly findings: readonly Finding[];
  readonly counts: ReadonlyMap<FindingKind, number>;
  readonly records: number;
  readonly polls: number;
}

export const READERS_MAX = 30;
const RECORDS_MAX = 4_000_000;
const UNDECIDED_MS_MAX = 90_000;

/**
 * Judges a history: what clients saw must be what a Kafka without faults could have shown them. What a client could not know (a
 * send or a commit without an answer) may have happened or not, but not half. The history is read once and not kept; memory
 * grows with the sends, transactions and places that a group committed, not with the polls.
 *
 * Throws a RangeError for a history or options beyond the limits.
 */
export function checkHistory(events: Iterable<HistoryEvent>, options: CheckOptions = {}): Verdict {
  const check = new HistoryCheck(options);
  for (const event of events) check.take(event);
  return check.close();
}

class HistoryCheck {
  readonly #findings = new Findings();
  readonly #table: RecordTable;
  readonly #transactions: TransactionLedger;
  readonly #owners = new OwnershipLedger(this.#findings);
  readonly #offsets = new OffsetLedger(this.#findings, this.#owners);
  readonly #options: CheckOptions;
  readonly #bits = new Map<string, number>();
  /** Where each client reads in each partition, to see it taken back. */
  readonly #positions = new Map<string, { offset: number; at: number }>();
  /** Reads of values that nobody sent yet: a poll and a send of the same millisecond may come in either order. */
  readonly #unsent = new Map<string, { event: PollEvent; at: number }>();
  #at = -1;
  #endMs = 0;
  #polls = 0;

  constructor(options: CheckOptions) {
    const readers = options.readers ?? [];
    if (readers.length > READERS_MAX) throw new RangeError(`more than ${READERS_MAX} full readers`);
    this.#options = options;
    this.#table = new RecordTable(options.recordsMax ?? RECORDS_MAX);
    this.#transactions = new TransactionLedger(this.#findings, options.undecidedMsMax ?? UNDECIDED_MS_MAX);
    for (const [index, { name }] of readers.entries()) this.#bits.set(name, 1 << index);
  }

  take(event: HistoryEvent): void {
    const at = ++this.#at;
    this.#endMs = Math.max(this.#endMs, event.atMs);
    if (isOffsetEvent(event)) return this.#offsetEvent(event, at);
    switch (event.type) {
      case 'send':
        return this.#send(event, at);
      case 'acknowledged':
        return this.#acknowledged(event, at);
      case 'failed':
        return this.#outcome(event.value, Outcome.failed);
      case 'unknown':
        return this.#outcome(event.value, Outcome.unknown);
      case 'poll':
        return this.#poll(event, at);
      case 'begin':
      case 'commitAsked':
      case 'committed':
      case 'aborted':
      case 'undecided':
        return this.#transactions.step(event, at);
      case 'gained':
      case 'revoked':
      case 'lost':
        this.#positions.delete(`${event.client}\n${event.topic}\n${event.partition}`);
        return this.#owners.change(event, at);
      case 'killed':
        return this.#transactions.kill(event.client);
      case 'stableOffset':
        return this.#transactions.look(event, at);
      case 'restarted':
      case 'stopped':
      case 'resumed':
        return undefined;
      default:
        return event satisfies never;
    }
  }

  #offsetEvent(event: OffsetEvent, at: number): void {
    switch (event.type) {
      case 'offsetsAsked':
        return this.#offsets.ask(event, at);
      case 'offsetsDone':
      case 'offsetsFailed':
      case 'offsetsUnknown':
        return this.#offsets.answer(event, at);
      case 'offsetsReset':
        return this.#offsets.reset(event);
      case 'committedAsked':
        return this.#offsets.look(event);
      case 'committedRead':
        return this.#offsets.see(event, at);
      default:
        return event satisfies never;
    }
  }

  #send(event: SendEvent, at: number): void {
    const table = this.#table;
    const row = table.add(event.value);
    table.set(row, Column.client, table.names.numberOf(event.client));
    table.set(row, Column.topic, table.names.numberOf(event.topic));
    if (event.key !== null) table.set(row, Column.key, table.names.numberOf(event.key));
    table.set(row, Column.sentAt, at);
    if (event.source !== undefined) table.set(row, Column.source, table.rowOf(event.source));
    if (event.transaction !== undefined) {
      this.#transactions.of(event.transaction, event.client);
      table.set(row, Column.transaction, table.names.numberOf(event.transaction));
    }
    const early = this.#unsent.get(event.value);
    if (early === undefined) return;
    this.#unsent.delete(event.value);
    this.#read(row, early.event, early.at);
  }

  #outcome(value: string, outcome: number): void {
    const row = this.#table.rowOf(value);
    if (row >= 0) this.#table.set(row, Column.outcome, outcome);
  }

  #acknowledged(event: AcknowledgedEvent, at: number): void {
    const row = this.#table.rowOf(event.value);
    if (row < 0) return;
    this.#outcome(event.value, Outcome.acknowledged);
    this.#table.set(row, Column.acknowledgedAt, at);
    this.#place(row, event, at);
  }

  /** A send has one place in the log; an acknowledgement without an offset (-1: the broker had it already) tells none. */
  #place(row: number, { partition, offset }: { partition: number; offset: number }, at: number): void {
    if (offset < 0) return;
    const table = this.#table;
    if (table.get(row, Column.offset) < 0) {
      table.set(row, Column.partition, partition);
      table.set(row, Column.offset, offset);
    } else if (table.get(row, Column.offset) !== offset || table.get(row, Column.partition) !== partition)
      this.#findings.add(
        'duplicate',
        `${named(table, row)} is also at ${partition}@${offset}`,
        ...shown(table, row),
        at,
      );
  }

  #poll(event: PollEvent, at: number): void {
    this.#polls++;
    const key = `${event.client}\n${event.topic}\n${event.partition}`;
    const position = this.#positions.get(key);
    if (position === undefined) this.#positions.set(key, { offset: event.offset, at });
    else {
      if (event.offset <= position.offset)
        this.#findings.add(
          'reordered',
          `${event.client} read ${event.topic}-${event.partition} at ${event.offset} after ${position.offset}`,
          position.at,
          at,
        );
      position.offset = event.offset;
      position.at = at;
    }
    const row = this.#table.rowOf(event.value);
    if (row >= 0) this.#read(row, event, at);
    else if (!this.#unsent.has(event.value)) {
      if (this.#unsent.size >= RECORDS_MAX) throw new RangeError(`more than ${RECORDS_MAX} reads of what nobody sent`);
      this.#unsent.set(event.value, { event, at });
    }
  }

  #read(row: number, event: PollEvent, at: number): void {
    const table = this.#table;
    if (table.names.nameOf(table.get(row, Column.topic)) !== event.topic) {
      this.#findings.add(
        'unsent',
        `${named(table, row)} was read in ${event.topic}`,
        table.get(row, Column.sentAt),
        at,
      );
      return;
    }
    this.#place(row, event, at);
    if (table.get(row, Column.firstReadAt) < 0) table.set(row, Column.firstReadAt, at);
    table.set(row, Column.readers, table.get(row, Column.readers) | (this.#bits.get(event.group ?? event.client) ?? 0));
    if (event.isolation === 'read_uncommitted') return;
    if (table.get(row, Column.committedReadAt) < 0) table.set(row, Column.committedReadAt, at);
    const transaction = table.get(row, Column.transaction);
    if (transaction >= 0) this.#transactions.read(this.#transactions.of(table.names.nameOf(transaction)), event, at);
  }

  close(): Verdict {
    for (const [value, { event, at }] of this.#unsent)
      this.#findings.add('unsent', `nobody sent ${value} (${event.topic}-${event.partition}@${event.offset})`, at);
    this.#transactions.close(this.#endMs);
    checkLogOrder(this.#table, this.#findings);
    const books = {
      table: this.#table,
      transactions: this.#transactions,
      offsets: this.#offsets,
      findings: this.#findings,
      bits: this.#bits,
    };
    checkReaders(books, this.#options.readers ?? []);
    checkPipelines(books, this.#options.pipelines ?? []);
    const { list: findings, counts } = this.#findings;
    return { findings, counts, records: this.#table.size, polls: this.#polls };
  }
}
