import type { Findings } from './findings.ts';
import { Column, type RecordTable } from './record-table.ts';

/**
 * Judges the logs that all clients together saw: one value at an offset, each producer's records in the order of sending, a key
 * of a producer in one partition. Sorts row numbers, partition by partition.
 */
export function checkLogOrder(table: RecordTable, findings: Findings): void {
  const rows: number[] = [];
  for (let row = 0; row < table.size; row++) if (table.get(row, Column.offset) >= 0) rows.push(row);
  rows.sort(
    (a, b) =>
      table.get(a, Column.topic) - table.get(b, Column.topic) ||
      table.get(a, Column.partition) - table.get(b, Column.partition) ||
      table.get(a, Column.offset) - table.get(b, Column.offset),
  );
  let last = new Map<number, number>();
  let previous = -1;
  for (const row of rows) {
    if (previous >= 0 && !isSamePartition(table, previous, row)) last = new Map();
    else if (previous >= 0 && table.get(previous, Column.offset) === table.get(row, Column.offset))
      findings.add(
        'diverged',
        `two values at one offset: ${named(table, previous)} and ${named(table, row)}`,
        ...shown(table, previous),
        ...shown(table, row),
      );
    const client = table.get(row, Column.client);
    const before = last.get(client) ?? -1;
    if (before >= 0 && table.get(before, Column.sentAt) > table.get(row, Column.sentAt))
      findings.add(
        'reordered',
        `${named(table, row)} was sent before ${named(table, before)}`,
        ...shown(table, row),
        ...shown(table, before),
      );
    if (before < 0 || table.get(before, Column.sentAt) < table.get(row, Column.sentAt)) last.set(client, row);
    previous = row;
  }
  checkKeys(table, rows, findings);
}

/** The order of a key is lost when its producer puts it into two partitions. */
function checkKeys(table: RecordTable, rows: readonly number[], findings: Findings): void {
  const homes = new Map<string, number>();
  for (const row of rows) {
    const key = table.get(row, Column.key);
    if (key < 0) continue;
    const name = `${table.get(row, Column.client)} ${table.get(row, Column.topic)} ${key}`;
    const first = homes.get(name);
    if (first === undefined) homes.set(name, row);
    else if (!isSamePartition(table, first, row))
      findings.add(
        'reordered',
        `one key in two partitions: ${named(table, first)} and ${named(table, row)}`,
        ...shown(table, first),
        ...shown(table, row),
      );
  }
}

function isSamePartition(table: RecordTable, a: number, b: number): boolean {
  return (
    table.get(a, Column.topic) === table.get(b, Column.topic) &&
    table.get(a, Column.partition) === table.get(b, Column.partition)
  );
}

/** A record as findings name it. */
export function named(table: RecordTable, row: number): string {
  const topic = table.names.nameOf(table.get(row, Column.topic));
  const place =
    table.get(row, Column.offset) < 0
      ? topic
      : `${topic}-${table.get(row, Column.partition)}@${table.get(row, Column.offset)}`;
  return `${table.valueOf(row)} (${place})`;
}

/** The events that tell of a record: its send, its acknowledgement, and its first read. */
export function shown(table: RecordTable, row: number): number[] {
  return [table.get(row, Column.sentAt), table.get(row, Column.acknowledgedAt), table.get(row, Column.firstReadAt)];
}
