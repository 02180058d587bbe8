import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Malformed } from '../../../src/base/malformed.ts';
import { TransactionPartitions } from '../../../src/coordinator/txn/transaction-partitions.ts';
import {
  decodeTransactionRecord,
  encodeTransactionRecord,
  recordBytesAtMost,
} from '../../../src/coordinator/txn/transaction-records.ts';
import { created, prepared, withPartitions } from '../../../src/coordinator/txn/transaction-state.ts';
import { ORDERS } from './transaction-world.ts';

const NOW = 1_700_000_000_000;
const ongoing = withPartitions(created(7, 1_000, NOW), TransactionPartitions.of(ORDERS), {
  clientVersion: 2,
  nowMs: NOW,
});
const ending = prepared(ongoing, {
  isCommit: true,
  clientVersion: 2,
  nextProducerId: 9,
  isWithoutPartitions: false,
  nowMs: NOW + 1,
});

test('a state comes back from the log as it was, except for what Kafka does not write', () => {
  for (const version of [1, 2]) {
    for (const state of [created(7, 1_000, NOW), ongoing, ending, null]) {
      const { key, value } = encodeTransactionRecord({ transactionalId: 'tx', state }, version);
      const read = decodeTransactionRecord(key, value);
      assert.deepEqual(read, { transactionalId: 'tx', state: state && { ...state, lastProducerEpoch: -1 } });
    }
  }
});

test('under transaction.version 0 the old value is written, unless something would be lost', () => {
  const versions = [created(7, 1_000, NOW), ending].map((state) =>
    Buffer.from(encodeTransactionRecord({ transactionalId: 'tx', state }, 0).value!).readInt16BE(),
  );
  assert.deepEqual(versions, [0, 1]);
});

test('other record types are passed over, unknown values are not', () => {
  assert.equal(decodeTransactionRecord(Buffer.from([0, 1, 0, 0]), null), undefined);
  const { key, value } = encodeTransactionRecord({ transactionalId: 'tx', state: ongoing }, 2);
  const later = Buffer.from(value!);
  later.writeInt16BE(2);
  assert.throws(() => decodeTransactionRecord(key, later), Malformed);
});

test('a record is never larger than was reckoned', () => {
  for (const count of [0, 1, 300]) {
    const partitions = TransactionPartitions.of(
      Array.from({ length: count }, (_, index) => ({ topic: `t${index % 7}`.repeat(30), partition: index })),
    );
    const state = { ...ending, partitions };
    const { key, value } = encodeTransactionRecord({ transactionalId: 'ü'.repeat(200), state }, 2);
    assert.ok(key.length + value!.length <= recordBytesAtMost('ü'.repeat(200), partitions));
  }
});
