import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchBuffers } from '../../../src/client/producer/batch-buffers.ts';
import { Idempotence } from '../../../src/client/producer/idempotence.ts';
import { PartitionQueue, sequenceAfter } from '../../../src/client/producer/partition-queue.ts';
import type { Receipt } from '../../../src/client/producer/receipt.ts';
import type { ProducerBatch } from '../../../src/client/producer/producer-batch.ts';
import { E } from '../../../src/protocol/errors.ts';
import { Codec } from '../../../src/records/batch.ts';

const NO_SIZE = 40;

const still = { monotonicMs: () => 0 };

/** Nobody asks what became of these. */
const unread: Receipt = { written() {}, failed() {} };

/** A partition of a producer, one record to a batch. */
class World {
  readonly queue: PartitionQueue;
  readonly idempotence: Idempotence;
  readonly sent: ProducerBatch[] = [];

  constructor(isTransactional = false) {
    this.idempotence = new Idempotence(isTransactional);
    this.idempotence.adopt(7, 0);
    const settings = { batchSize: 1, lingerMs: 0, codec: Codec.none, isTransactional, buffers: new BatchBuffers(1) };
    this.queue = new PartitionQueue('orders', 0, settings);
  }

  /** New records, each in a batch, sent at once. */
  send(count: number): ProducerBatch[] {
    const first = this.sent.length;
    for (let index = 0; index < count; index++) {
      const record = { key: null, value: null, headers: [], timestamp: 0, size: NO_SIZE, receipt: unread };
      this.queue.append(record, still);
      this.next();
    }
    return this.sent.slice(first);
  }

  /** The next waiting batch goes out, if it may. */
  next(): ProducerBatch | undefined {
    if (!this.idempotence.maySend(this.queue)) return undefined;
    const [first] = this.queue.waiting;
    this.idempotence.assign(this.queue, first!);
    const batch = this.queue.take();
    this.sent.push(batch!);
    return batch;
  }

  written(batch: ProducerBatch, offset = 0): void {
    batch.isOnWire = false;
    this.idempotence.acknowledged(this.queue, batch, offset);
    this.queue.remove(batch);
  }

  refused(batch: ProducerBatch, error: keyof typeof E, logStartOffset = 0): boolean {
    batch.isOnWire = false;
    const mayRetry = this.idempotence.mayRetry(this.queue, batch, { error: E[error], logStartOffset });
    if (mayRetry) this.queue.putBack(batch, 0);
    else this.queue.remove(batch);
    return mayRetry;
  }

  get stamps(): string[] {
    return this.queue.unsettled.map(({ stamp }) => `${stamp?.producerEpoch}:${stamp?.baseSequence}`);
  }
}

test('sequences wrap to 0 after 2^31-1', () => {
  assert.equal(sequenceAfter(5, 3), 8);
  assert.equal(sequenceAfter(0x7fff_fffe, 1), 0x7fff_ffff);
  assert.equal(sequenceAfter(0x7fff_ffff, 1), 0);
  assert.equal(sequenceAfter(0x7fff_fffe, 5), 3);
});

test('batches behind one that failed come out of order, and go again in order, one at a time', () => {
  const world = new World();
  const [a, b, c] = world.send(3);
  assert.equal(world.refused(a!, 'NOT_LEADER_OR_FOLLOWER'), true);
  assert.equal(world.refused(c!, 'OUT_OF_ORDER_SEQUENCE_NUMBER'), true);
  assert.equal(world.refused(b!, 'OUT_OF_ORDER_SEQUENCE_NUMBER'), true);
  assert.deepEqual(world.queue.waiting, [a, b, c]);
  assert.equal(world.next(), a);
  assert.equal(world.next(), undefined, 'the first has to be settled before the second goes again');
  world.written(a!);
  assert.equal(world.next(), b);
  assert.deepEqual(world.stamps, ['0:1', '0:2']);
  assert.equal(world.idempotence.bumpIfNeeded(), true);
  assert.equal(world.idempotence.epoch, 0);
});

test('a batch that is next and still out of order has lost its place: new epoch, from 0', () => {
  const world = new World();
  const [a, b] = world.send(2);
  assert.equal(world.refused(a!, 'OUT_OF_ORDER_SEQUENCE_NUMBER'), true);
  assert.equal(world.next(), undefined);
  world.idempotence.bumpIfNeeded();
  assert.equal(world.idempotence.epoch, 0, 'not while b is on its way under the old epoch');
  assert.equal(world.refused(b!, 'OUT_OF_ORDER_SEQUENCE_NUMBER'), true);
  world.idempotence.bumpIfNeeded();
  assert.deepEqual(world.stamps, ['1:0', '1:1']);
  assert.equal(world.next(), a);
});

test('a partition without trouble keeps its epoch until its batches are settled, then takes the new one from 0', () => {
  const world = new World();
  const calm = new PartitionQueue('orders', 1, {
    batchSize: 1,
    lingerMs: 0,
    codec: Codec.none,
    isTransactional: false,
    buffers: new BatchBuffers(1),
  });
  const { idempotence } = world;
  const record = {
    key: null,
    value: null,
    headers: [],
    timestamp: 0,
    size: NO_SIZE,
    receipt: unread,
  };
  calm.append(record, still);
  idempotence.assign(calm, calm.waiting[0]!);
  const first = calm.take()!;
  const [a] = world.send(1);
  world.queue.remove(a!);
  a!.isOnWire = false;
  idempotence.failed(world.queue);
  idempotence.bumpIfNeeded();
  assert.equal(idempotence.epoch, 1);
  calm.append(record, still);
  assert.equal(idempotence.maySend(calm), false);
  idempotence.acknowledged(calm, first, 0);
  calm.remove(first);
  assert.equal(idempotence.maySend(calm), true);
  idempotence.assign(calm, calm.waiting[0]!);
  assert.deepEqual(calm.waiting[0]!.stamp, { producerId: 7, producerEpoch: 1, baseSequence: 0 });
});

test('a batch given up in doubt holds up new ones, until what is on its way clears the doubt', () => {
  const world = new World();
  const [a, b] = world.send(2);
  world.idempotence.givenUp(world.queue, a!);
  world.queue.remove(a!);
  world.send(1);
  assert.equal(world.queue.waiting.length, 1, 'held up');
  world.written(b!);
  assert.equal(world.idempotence.settleDoubts(), false, 'b was taken, so a was as well');
  assert.equal(world.next()?.stamp?.baseSequence, 2);
});

test('a doubt that nothing can clear ends the epoch, and in a transaction the transaction', () => {
  for (const isTransactional of [false, true]) {
    const world = new World(isTransactional);
    const [a] = world.send(1);
    a!.isOnWire = false;
    world.idempotence.givenUp(world.queue, a!);
    world.queue.remove(a!);
    assert.equal(world.idempotence.settleDoubts(), true);
    world.idempotence.bumpIfNeeded();
    assert.equal(world.idempotence.epoch, isTransactional ? 0 : 1);
  }
});

test('an unknown producer id starts anew where the log was cut, and fails a transaction where it was not', () => {
  const idempotent = new World();
  const [a] = idempotent.send(1);
  assert.equal(idempotent.refused(a!, 'UNKNOWN_PRODUCER_ID', 5), true);
  idempotent.idempotence.bumpIfNeeded();
  assert.deepEqual(idempotent.stamps, ['1:0']);

  const cut = new World(true);
  const [b, c] = cut.send(2);
  cut.written(b!, 3);
  assert.equal(cut.refused(c!, 'UNKNOWN_PRODUCER_ID', 10), true);
  assert.deepEqual(cut.stamps, ['0:0']);

  const whole = new World(true);
  const [d, e] = whole.send(2);
  whole.written(d!, 30);
  assert.equal(whole.refused(e!, 'UNKNOWN_PRODUCER_ID', 10), false);
});

test('out of order in a transaction: the next batch fails it, a later one waits', () => {
  const world = new World(true);
  const [a, b] = world.send(2);
  assert.equal(world.refused(b!, 'OUT_OF_ORDER_SEQUENCE_NUMBER'), true);
  assert.equal(world.refused(a!, 'OUT_OF_ORDER_SEQUENCE_NUMBER'), false);
});

test('after the last epoch comes a new producer id', () => {
  const world = new World();
  world.idempotence.adopt(7, 0x7fff);
  const [a] = world.send(1);
  assert.equal(world.refused(a!, 'OUT_OF_ORDER_SEQUENCE_NUMBER'), true);
  assert.equal(world.idempotence.bumpIfNeeded(), false);
  assert.equal(world.idempotence.hasProducerId, false);
  world.idempotence.adopt(8, 0);
  world.idempotence.restartNoted();
  assert.equal(world.next()?.stamp?.producerId, 8);
  assert.deepEqual(world.stamps, ['0:0']);
});
