import { ByteReader } from '../../base/byte-reader.ts';
import { ByteWriter } from '../../base/byte-writer.ts';
import { Malformed } from '../../base/malformed.ts';
import { decode, encode } from '../../protocol/codec.ts';
import { transactionLogKey, transactionLogValue } from '../../protocol/internal-records/transaction-log.ts';
import { TransactionPartitions } from './transaction-partitions.ts';
import { NONE, type TransactionState } from './transaction-state.ts';
import { isTransactionStatus, TransactionStatus } from './transaction-status.ts';

/** A record of `__transaction_state`; without a state the transactional id is gone. */
export interface TransactionRecord {
  readonly transactionalId: string;
  readonly state: TransactionState | null;
}

/** Record type that stands before the key; `__transaction_state` knows one. */
const RECORD_TYPE = 0;
const KEY_VERSION = 0;
const VALUE_VERSION_MAX = 1;

/**
 * Key and value in Kafka's schema. Value version 1 came with transaction.version 1; a state that only it can tell is written
 * in it at any level, so that nothing is lost.
 */
export function encodeTransactionRecord(
  record: TransactionRecord,
  transactionVersion: number,
): { key: Uint8Array; value: Uint8Array | null } {
  const { transactionalId, state } = record;
  const writer = new ByteWriter();
  writer.int16(RECORD_TYPE);
  encode(transactionLogKey, KEY_VERSION, writer, { transactionalId });
  return { key: writer.finish(), value: state === null ? null : encodeState(state, transactionVersion) };
}

/** The record that lies under `key`; undefined for a type that is not known. Throws {@link Malformed}. */
export function decodeTransactionRecord(key: Uint8Array, value: Uint8Array | null): TransactionRecord | undefined {
  const reader = new ByteReader(key);
  if (reader.int16() !== RECORD_TYPE) return undefined;
  const { transactionalId } = decode(transactionLogKey, KEY_VERSION, reader);
  return { transactionalId, state: value === null ? null : decodeState(value) };
}

const FIXED_BYTES = 128;
const TOPIC_BYTES = 8;
const PARTITION_BYTES = 4;

/** At least what key and value of the record take, in whatever state the transaction may come to with these partitions. */
export function recordBytesAtMost(transactionalId: string, partitions: TransactionPartitions): number {
  let size = FIXED_BYTES + Buffer.byteLength(transactionalId);
  for (const { topic, partitions: indexes } of partitions.byTopic()) {
    size += TOPIC_BYTES + Buffer.byteLength(topic) + PARTITION_BYTES * indexes.length;
  }
  return size;
}

function encodeState(state: TransactionState, transactionVersion: number): Uint8Array {
  const needsTags = state.nextProducerId !== NONE || state.clientVersion !== 0;
  const version = transactionVersion >= 1 || needsTags ? 1 : 0;
  const partitions = state.partitions.byTopic().map((entry) => ({
    topic: entry.topic,
    partitionIds: entry.partitions,
  }));
  const writer = new ByteWriter();
  writer.int16(version);
  encode(transactionLogValue, version, writer, {
    producerId: state.producerId,
    producerEpoch: state.producerEpoch,
    transactionTimeoutMs: state.timeoutMs,
    transactionStatus: state.status,
    transactionPartitions: state.status === TransactionStatus.empty ? null : partitions,
    transactionLastUpdateTimestampMs: state.lastUpdateMs,
    transactionStartTimestampMs: state.startMs,
    clientTransactionVersion: state.clientVersion,
    ...(version >= 1 && { previousProducerId: state.previousProducerId, nextProducerId: state.nextProducerId }),
  });
  return writer.finish();
}

function decodeState(bytes: Uint8Array): TransactionState {
  const reader = new ByteReader(bytes);
  const version = reader.int16();
  if (version < 0 || version > VALUE_VERSION_MAX) throw new Malformed(`TransactionLogValue of version ${version}`);
  const value = decode(transactionLogValue, version, reader);
  const status = value.transactionStatus;
  if (!isTransactionStatus(status)) throw new Malformed(`transaction status ${status}`);
  const partitions = (value.transactionPartitions ?? []).flatMap(({ topic, partitionIds }) =>
    partitionIds.map((partition) => ({ topic, partition })),
  );
  return {
    producerId: value.producerId,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    producerEpoch: value.producerEpoch,
    lastProducerEpoch: NONE,
    timeoutMs: value.transactionTimeoutMs,
    status,
    partitions: status === TransactionStatus.empty ? TransactionPartitions.none : TransactionPartitions.of(partitions),
    lastUpdateMs: value.transactionLastUpdateTimestampMs,
    startMs: value.transactionStartTimestampMs,
    clientVersion: value.clientTransactionVersion,
  };
}
