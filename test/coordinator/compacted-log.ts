import { buildBatch } from '../../src/records/batch-builder.ts';
import { decodeRecords } from '../../src/records/batch-records.ts';
import { isControl, isTransactional, producerEpoch, producerId } from '../../src/records/batch.ts';
import { ControlType, readEndTxnMarker } from '../../src/records/control-records.ts';

interface LoggedRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly header: {
    readonly transactional: boolean;
    readonly control: boolean;
    readonly producerId: number;
    readonly producerEpoch: number;
  };
}

/**
 * What compaction leaves of a log, by its rules and nothing else: below the first open transaction the last record of each
 * key, without those of aborted transactions, and all markers; from there on everything. Records keep their offsets.
 */
export function compacted(batches: readonly Buffer[], tombstones: 'kept' | 'dropped'): Buffer[] {
  const records = batches.flatMap(recordsOf);
  const outcomes = outcomesOf(records);
  const firstOpen = Math.min(
    Infinity,
    ...records.filter((r) => outcomes.get(r) === 'open').map(({ offset }) => offset),
  );
  const counting = records.filter((r) => r.offset < firstOpen && !r.header.control && outcomes.get(r) !== 'aborted');
  const lastOf = new Map(counting.map((record) => [keyOf(record), record]));
  const isKept = (record: LoggedRecord): boolean => {
    if (record.offset >= firstOpen || record.header.control) return true;
    if (lastOf.get(keyOf(record)) !== record) return false;
    return record.value !== null || tombstones === 'kept';
  };
  return records
    .filter(isKept)
    .map(({ offset, header, ...record }) => buildBatch([record], { baseOffset: offset, ...header }));
}

function recordsOf(batch: Buffer): LoggedRecord[] {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
  const header = {
    transactional: isTransactional(view, 0),
    control: isControl(view, 0),
    producerId: producerId(view, 0),
    producerEpoch: producerEpoch(view, 0),
  };
  return decodeRecords(batch).map(({ offset, timestamp, key, value }) => ({ offset, timestamp, key, value, header }));
}

/** What became of the transactions that records are in. */
function outcomesOf(records: readonly LoggedRecord[]): Map<LoggedRecord, 'open' | 'committed' | 'aborted'> {
  const outcomes = new Map<LoggedRecord, 'open' | 'committed' | 'aborted'>();
  const open = new Map<number, LoggedRecord[]>();
  for (const record of records) {
    const { transactional, control, producerId: producer } = record.header;
    if (control) {
      const outcome = readEndTxnMarker(record.key, record.value)?.type === ControlType.commit ? 'committed' : 'aborted';
      for (const ended of open.get(producer) ?? []) outcomes.set(ended, outcome);
      open.delete(producer);
    } else if (transactional) {
      outcomes.set(record, 'open');
      open.set(producer, [...(open.get(producer) ?? []), record]);
    }
  }
  return outcomes;
}

function keyOf({ key }: LoggedRecord): string {
  return Buffer.from(key ?? []).toString('hex');
}
