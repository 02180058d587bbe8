import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../src/protocol/errors.ts';
import { buildEndTxnBatch } from '../../src/records/control-records.ts';
import { Verification } from '../../src/log/producers/verification.ts';
import { LogFixture, NOW_MS, batchOf } from './log-fixture.ts';

interface Sent {
  readonly epoch?: number;
  readonly seq: number;
  readonly count?: number;
  readonly transactional?: boolean;
}

const PRODUCER = 4000;

/** A log whose transactions have to be verified before they begin. */
class Verified extends LogFixture {
  start(sequence: number, { epoch = 0, tv2 = true, nowMs = NOW_MS } = {}): Verification | string | undefined {
    const start = { producerId: PRODUCER, epoch, sequence, supportsEpochBump: tv2 };
    const started = this.log.producerState.startVerification(start, nowMs);
    return started === undefined || started instanceof Verification ? started : started.name;
  }

  /** As {@link start} where a verification has to come of it. */
  verify(sequence: number, options: { epoch?: number; tv2?: boolean; nowMs?: number } = {}): Verification {
    const verification = this.start(sequence, options);
    assert(verification instanceof Verification);
    return verification;
  }

  send({ epoch = 0, seq, count = 1, transactional = true }: Sent, verification?: Verification): string {
    const values = Array.from({ length: count }, (_, index) => `${seq + index}`);
    const batch = batchOf(values, { producerId: PRODUCER, producerEpoch: epoch, baseSequence: seq, transactional });
    const result = this.log.appendAsLeader(batch, {
      leaderEpoch: 0,
      origin: 'client',
      nowMs: NOW_MS,
      mustBeVerified: true,
      verification,
    });
    this.settle();
    if (result.error !== E.NONE) return result.error.name;
    return `${result.firstOffset}${result.isDuplicate ? ' again' : ''}`;
  }

  end({ epoch, commit = true, version = 2 }: { epoch: number; commit?: boolean; version?: number }): string {
    const marker = buildEndTxnBatch({
      type: commit ? 1 : 0,
      coordinatorEpoch: 0,
      producerId: PRODUCER,
      producerEpoch: epoch,
      timestamp: NOW_MS,
    });
    const { error } = this.log.appendAsLeader(marker, {
      leaderEpoch: 0,
      origin: 'coordinator',
      nowMs: NOW_MS,
      mustBeVerified: true,
      transactionVersion: version,
    });
    this.settle();
    return error.name;
  }

  settle(): void {
    this.log.writeStaged();
    this.log.setHighWatermark(this.log.logEndOffset);
  }
}

test('a transaction begins with what was verified, and goes on without', () => {
  const log = new Verified();
  assert.equal(log.send({ seq: 0 }), 'INVALID_TXN_STATE');
  const verification = log.verify(0);
  assert.equal(log.send({ seq: 0 }), 'INVALID_TXN_STATE', 'the answer has not come');
  assert.equal(log.send({ seq: 0 }, verification), '0');
  assert.equal(log.start(1), undefined, 'nothing to ask any more');
  assert.equal(log.send({ seq: 1 }), '1');
  assert.equal(log.send({ seq: 0 }), '0 again');
});

test('without the rule nothing has to be verified', () => {
  const log = new LogFixture();
  const batch = batchOf(['a'], { producerId: PRODUCER, producerEpoch: 0, baseSequence: 0, transactional: true });
  assert.equal(log.append(batch).error, E.NONE);
});

test('a marker between verification and append makes the answer worthless', () => {
  const log = new Verified();
  const verification = log.verify(0, { tv2: false });
  assert.equal(log.end({ epoch: 0, commit: false, version: 0 }), 'NONE');
  assert.equal(log.send({ seq: 0 }, verification), 'INVALID_TXN_STATE');
  assert.equal(log.send({ seq: 0 }, log.verify(0, { tv2: false })), '1');
});

test('the marker of the transaction before does not end the verification of the next', () => {
  const log = new Verified();
  log.send({ seq: 0 }, log.verify(0));
  const next = log.verify(0, { epoch: 1 });
  assert.equal(log.end({ epoch: 1 }), 'NONE');
  assert.equal(log.send({ seq: 0, epoch: 1 }, next), '2');
  const later = log.verify(0, { epoch: 2 });
  assert.equal(log.end({ epoch: 3 }), 'NONE', 'it was fenced');
  assert.equal(log.send({ seq: 0, epoch: 2 }, later), 'INVALID_PRODUCER_EPOCH');
});

test('an epoch that was superseded is refused before anyone is asked', () => {
  const log = new Verified();
  log.send({ seq: 0, epoch: 2 }, log.verify(0, { epoch: 2 }));
  assert.equal(log.start(0, { epoch: 1 }), 'INVALID_PRODUCER_EPOCH');
  assert.equal(log.send({ seq: 1, epoch: 1 }), 'INVALID_PRODUCER_EPOCH');
});

test('the batch that asked first has to come first', () => {
  const log = new Verified();
  const first = log.verify(0, { tv2: false });
  const second = log.verify(3, { tv2: false });
  assert.equal(first, second);
  assert.equal(log.send({ seq: 3 }, second), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(log.send({ seq: 0, count: 3 }, first), '0');
  assert.equal(log.send({ seq: 3 }, second), '3');
});

test('an earlier batch that asks later lowers the bar, a new epoch sets it anew', () => {
  const log = new Verified();
  log.verify(5, { tv2: false });
  log.verify(2, { tv2: false });
  assert.equal(log.send({ seq: 5 }, log.verify(5, { tv2: false })), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  const bumped = log.verify(7, { tv2: false, epoch: 1 });
  assert.equal(log.send({ seq: 7, epoch: 1 }, bumped), '0');
});

test('under transaction version 2 a producer without batches starts at sequence 0', () => {
  const log = new Verified();
  assert.equal(log.send({ seq: 4 }, log.verify(4)), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(log.send({ seq: 0 }, log.verify(0)), '0');
  assert.equal(log.end({ epoch: 1 }), 'NONE');
  assert.equal(log.send({ seq: 1, epoch: 1 }, log.verify(1, { epoch: 1 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
});

test('a marker of version 2 is above the epoch of its transaction, unless it is sent again', () => {
  const log = new Verified();
  log.send({ seq: 0 }, log.verify(0));
  assert.equal(log.end({ epoch: 0 }), 'INVALID_PRODUCER_EPOCH');
  assert.equal(log.end({ epoch: 1 }), 'NONE');
  assert.equal(log.end({ epoch: 1 }), 'NONE', 'sent again');
  log.send({ seq: 0, epoch: 1 }, log.verify(0, { epoch: 1 }));
  assert.equal(log.end({ epoch: 1 }), 'INVALID_PRODUCER_EPOCH', 'of the transaction before');
  assert.equal(log.log.lastStableOffset, 3);
  assert.equal(log.end({ epoch: 1, version: 1 }), 'NONE', 'version 1 keeps the epoch');
});

test('at the last epoch a marker of version 2 may keep it', () => {
  const log = new Verified();
  const epoch = 0x7fff;
  log.send({ seq: 0, epoch }, log.verify(0, { epoch }));
  assert.equal(log.end({ epoch }), 'NONE');
});

test('verifications expire with the ids of producers, and a bound holds them', () => {
  const log = new Verified();
  const verification = log.verify(0);
  log.log.expireProducers(NOW_MS + 999, 1000);
  assert.equal(log.verify(0), verification);
  log.log.expireProducers(NOW_MS + 1000, 1000);
  assert.equal(log.send({ seq: 0 }, verification), 'INVALID_TXN_STATE');

  const first = log.verify(0);
  for (let id = 1; id <= 10_000; id++) {
    const start = { producerId: PRODUCER + id, epoch: 0, sequence: 0, supportsEpochBump: true };
    log.log.producerState.startVerification(start, NOW_MS);
  }
  assert.notEqual(log.verify(0), first, 'the oldest gave way');
});

test('a restart forgets what was being verified', () => {
  const log = new Verified();
  const verification = log.verify(0);
  log.killAndReopen();
  assert.equal(log.send({ seq: 0 }, verification), 'INVALID_TXN_STATE');
});

test("where the log's start has passed an open transaction, readers of committed records start there", () => {
  const log = new Verified();
  log.send({ seq: 0, count: 3 }, log.verify(0));
  assert.equal(log.log.lastStableOffset, 0);
  assert.equal(log.log.deleteRecordsBefore(2), E.NONE);
  assert.equal(log.log.lastStableOffset, 2);
});
