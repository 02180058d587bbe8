import { ByteReader } from '../base/byte-reader.ts';
import { Malformed } from '../base/malformed.ts';
import { buildBatch } from './batch-builder.ts';

/** Types of control records, the second half of their keys (Kafka's ControlRecordType). */
export const ControlType = {
  abort: 0,
  commit: 1,
  leaderChange: 2,
  snapshotHeader: 3,
  snapshotFooter: 4,
  kraftVersion: 5,
  kraftVoters: 6,
} as const;
export type ControlType = (typeof ControlType)[keyof typeof ControlType];

const CONTROL_KEY_BYTES = 4;
const END_TXN_VALUE_BYTES = 6;
const VERSION = 0;

/** The end of a transaction in one partition (Kafka's EndTransactionMarker). */
export interface EndTxnMarker {
  readonly type: typeof ControlType.abort | typeof ControlType.commit;
  readonly coordinatorEpoch: number;
}

/** What {@link buildEndTxnBatch} writes besides the marker. */
export interface EndTxnBatch extends EndTxnMarker {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly timestamp: number;
  readonly baseOffset?: number;
  readonly partitionLeaderEpoch?: number;
}

export function controlKey(type: ControlType): Uint8Array {
  return Buffer.from([0, VERSION, 0, type]);
}

/** Key and value of a transaction marker. */
export function endTxnMarker(marker: EndTxnMarker): { key: Uint8Array; value: Uint8Array } {
  const value = Buffer.alloc(END_TXN_VALUE_BYTES);
  value.writeInt16BE(VERSION, 0);
  value.writeInt32BE(marker.coordinatorEpoch, 2);
  return { key: controlKey(marker.type), value };
}

/** The control batch that ends a transaction: one record, transactional, without a sequence. */
export function buildEndTxnBatch(batch: EndTxnBatch): Buffer {
  return buildBatch([{ ...endTxnMarker(batch), timestamp: batch.timestamp }], {
    baseOffset: batch.baseOffset ?? 0,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    transactional: true,
    control: true,
    ...(batch.partitionLeaderEpoch === undefined ? {} : { partitionLeaderEpoch: batch.partitionLeaderEpoch }),
  });
}

/**
 * The type a control record's key names; undefined for a type of a later Kafka, which readers pass over. Later key
 * versions may be longer and are read as this one. Throws {@link Malformed}.
 */
export function readControlType(key: Uint8Array | null): ControlType | undefined {
  if (key === null || key.length < CONTROL_KEY_BYTES) throw new Malformed('control record without a whole key');
  const reader = new ByteReader(key);
  const version = reader.int16();
  if (version < 0) throw new Malformed(`control record key of version ${version}`);
  const type = reader.int16();
  return type >= ControlType.abort && type <= ControlType.kraftVoters ? (type as ControlType) : undefined;
}

/** Reads a transaction marker; undefined when the record is another kind of control record. Throws {@link Malformed}. */
export function readEndTxnMarker(key: Uint8Array | null, value: Uint8Array | null): EndTxnMarker | undefined {
  const type = readControlType(key);
  if (type !== ControlType.abort && type !== ControlType.commit) return undefined;
  if (value === null || value.length < END_TXN_VALUE_BYTES) throw new Malformed('transaction marker without a value');
  const reader = new ByteReader(value);
  const version = reader.int16();
  if (version < 0) throw new Malformed(`transaction marker of version ${version}`);
  return { type, coordinatorEpoch: reader.int32() };
}
