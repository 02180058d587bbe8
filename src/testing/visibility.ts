import type { FullReader, Pipeline } from './check-options.ts';
import type { Findings } from './findings.ts';
import { named, shown } from './log-order.ts';
import type { OffsetLedger } from './offset-ledger.ts';
import { Column, Outcome, type RecordTable } from './record-table.ts';
import type { Transaction, TransactionLedger } from './transaction-ledger.ts';

/** All that a history told, when it is at its end. `bits` has the bit of each full reader in a record's `readers`. */
export interface Books {
  readonly table: RecordTable;
  readonly transactions: TransactionLedger;
  readonly offsets: OffsetLedger;
  readonly findings: Findings;
  readonly bits: ReadonlyMap<string, number>;
}

function transactionOf({ table, transactions }: Books, row: number): Transaction | undefined {
  const number = table.get(row, Column.transaction);
  return number < 0 ? undefined : transactions.of(table.names.nameOf(number));
}

/** Must everyone see it: acknowledged, and its transaction, if any, committed for certain. */
function isCertain(books: Books, row: number): boolean {
  if (books.table.get(row, Column.outcome) !== Outcome.acknowledged) return false;
  const transaction = transactionOf(books, row);
  return transaction === undefined || transaction.end === 'committed';
}

/** Each full reader got each acknowledged record, each transaction whole or not at all, and nothing of an aborted one. */
export function checkReaders(books: Books, readers: readonly FullReader[]): void {
  const { table, findings } = books;
  for (let row = 0; row < table.size; row++) {
    const transaction = transactionOf(books, row);
    const readAt = table.get(row, Column.committedReadAt);
    if (readAt >= 0 && transaction?.end === 'aborted')
      findings.add('aborted-read', `${named(table, row)} of ${transaction.name}`, transaction.endedAt, readAt);
  }
  for (const reader of readers) checkReader(books, reader);
}

function checkReader(books: Books, reader: FullReader): void {
  const { table, findings } = books;
  const bit = books.bits.get(reader.name) ?? 0;
  const topics = new Set(reader.topics);
  const parts = new Map<Transaction, { seen: number; missing: number }>();
  for (let row = 0; row < table.size; row++) {
    if (!topics.has(table.names.nameOf(table.get(row, Column.topic)))) continue;
    const isSeen = (table.get(row, Column.readers) & bit) !== 0;
    const transaction = transactionOf(books, row);
    if (transaction === undefined) {
      if (!isSeen && isCertain(books, row))
        findings.add('lost', `${reader.name} never got ${named(table, row)}`, ...shown(table, row));
      continue;
    }
    if (!isSeen && table.get(row, Column.outcome) !== Outcome.acknowledged) continue;
    let part = parts.get(transaction);
    if (part === undefined) parts.set(transaction, (part = { seen: -1, missing: -1 }));
    if (isSeen && part.seen < 0) part.seen = row;
    if (!isSeen && part.missing < 0) part.missing = row;
  }
  for (const [{ name, end, endedAt }, { seen, missing }] of parts) {
    if (missing < 0) continue;
    if (seen >= 0 && end !== 'aborted')
      findings.add(
        'torn',
        `${reader.name} got ${named(table, seen)} of ${name}, not ${named(table, missing)}`,
        ...shown(table, seen),
        ...shown(table, missing),
        endedAt,
      );
    else if (end === 'committed')
      findings.add('lost', `${reader.name} got nothing of ${name}`, ...shown(table, missing), endedAt);
  }
}

/** Each input has one output, and the offsets of the inputs went with the outputs. */
export function checkPipelines(books: Books, pipelines: readonly Pipeline[]): void {
  for (const pipeline of pipelines) checkPipeline(books, pipeline);
}

function checkPipeline(books: Books, { group, from, to, reader }: Pipeline): void {
  const { table, findings, offsets } = books;
  const bit = books.bits.get(reader) ?? 0;
  const outputs = new Map<number, number>();
  for (let row = 0; row < table.size; row++) {
    const source = table.get(row, Column.source);
    if (source < 0 || (table.get(row, Column.readers) & bit) === 0) continue;
    if (table.names.nameOf(table.get(row, Column.topic)) !== to) continue;
    const first = outputs.get(source);
    if (first === undefined) outputs.set(source, row);
    else
      findings.add(
        'duplicate',
        `${named(table, source)} became ${named(table, first)} and ${named(table, row)}`,
        ...shown(table, first),
        ...shown(table, row),
      );
  }
  for (let row = 0; row < table.size; row++) {
    if (table.names.nameOf(table.get(row, Column.topic)) !== from || !isCertain(books, row)) continue;
    const output = outputs.get(row);
    const place = { topic: from, partition: table.get(row, Column.partition) };
    const committed = offsets.lastRead(group, place);
    const isPast = committed !== undefined && committed.offset > table.get(row, Column.offset);
    const at = committed?.at ?? -1;
    if (output === undefined) {
      const what = `${named(table, row)} became nothing${isPast ? ', yet its offset is committed' : ''}`;
      findings.add(isPast ? 'torn' : 'lost', what, ...shown(table, row), at);
    } else if (committed !== undefined && !isPast)
      findings.add(
        'torn',
        `${named(table, output)} without the offset of ${named(table, row)}`,
        ...shown(table, output),
        at,
      );
  }
}
