import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RefusedSequences } from '../../src/broker/replicas/refused-sequences.ts';
import { batchOf, LogFixture, NOW_MS } from '../log/log-fixture.ts';

const MINUTES = 60_000;
const UNKNOWN = { entry: () => undefined };

function batch(sequence: number, { producerId = 7, epoch = 0 } = {}): Uint8Array {
  return batchOf(['a'], { producerId, producerEpoch: epoch, baseSequence: sequence });
}

test('what follows a refused batch is out of order until that one comes again', () => {
  const refused = new RefusedSequences();
  refused.note(batch(0), 0);
  refused.note(batch(1), 1);
  assert.equal(refused.isAhead(batch(2), UNKNOWN, 2), true);
  assert.equal(refused.isAhead(batch(1), UNKNOWN, 3), true);
  assert.equal(refused.isAhead(batch(0), UNKNOWN, 4), false);
  assert.equal(refused.isAhead(batch(1), UNKNOWN, 5), false);
});

test('other producers and other epochs are not concerned, nor batches without a producer', () => {
  const refused = new RefusedSequences();
  refused.note(batch(5), 0);
  refused.note(batchOf(['a']), 0);
  refused.note(new Uint8Array(3), 0);
  assert.equal(refused.isAhead(batch(9, { producerId: 8 }), UNKNOWN, 0), false);
  assert.equal(refused.isAhead(batchOf(['a']), UNKNOWN, 0), false);
  assert.equal(refused.isAhead(batch(9, { epoch: 1 }), UNKNOWN, 0), false, 'it began anew');
});

test('a refusal is forgotten when producers have given up', () => {
  const refused = new RefusedSequences();
  refused.note(batch(0), 0);
  assert.equal(refused.isAhead(batch(3), UNKNOWN, 3 * MINUTES), false);
});

test('as many producers as anyone likes are forgotten again', () => {
  const refused = new RefusedSequences();
  for (let id = 0; id < 1001; id++) refused.note(batch(0, { producerId: id }), 0);
  assert.equal(refused.isAhead(batch(1, { producerId: 0 }), UNKNOWN, 0), false);
  assert.equal(refused.isAhead(batch(1, { producerId: 1 }), UNKNOWN, 0), true);
});

test('of a producer that the log knows the sequences tell', () => {
  const fixture = new LogFixture();
  fixture.log.appendAsLeader(batch(0), { origin: 'client', leaderEpoch: 0, nowMs: NOW_MS });
  const refused = new RefusedSequences();
  refused.note(batch(1), 0);
  assert.equal(refused.isAhead(batch(2), fixture.log.producerState, 0), false);
});
