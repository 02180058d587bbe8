import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Partitions } from '../../src/broker/replicas/partitions.ts';
import {
  produceRefusal,
  supportOfOffsetCommit,
  supportOfProduce,
  verifyTransaction,
  type TransactionSupport,
  type Verdict,
} from '../../src/broker/replicas/transaction-verification.ts';
import { Turn } from '../../src/broker/turn.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Enrolment } from '../../src/coordinator/txn/transaction-enrolment.ts';
import { E, type ErrorSpec } from '../../src/protocol/errors.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { LogFixture, batchOf } from '../log/log-fixture.ts';
import { ALONE, aloneServices } from './replica-fixture.ts';

const SELF = 1;
const PRODUCER = 7;

/** A leader of one partition, and a coordinator that answers as it is told. */
class World {
  readonly time = new VirtualTime();
  readonly fixture = new LogFixture();
  readonly turn = new Turn(this.time, this.fixture.logger);
  readonly partitions = new Partitions(aloneServices(SELF, this.turn));
  readonly asked: Enrolment[] = [];
  /** One after the other; the last one again and again. */
  answers: ErrorSpec[] = [E.NONE];
  settings: Record<string, string | boolean> = {};
  decided: readonly Verdict[] | undefined;

  constructor() {
    this.turn.run(() => this.partitions.add(this.fixture.log, ALONE));
  }

  /** Returns whether it was decided at once. */
  verify(
    support: TransactionSupport,
    options: { partition?: number; epoch?: number; isPatient?: boolean } = {},
  ): boolean {
    const { config } = loadConfig({ overrides: this.settings });
    const { time, turn, partitions } = this;
    const enrol = async (enrolment: Enrolment): Promise<ErrorSpec[]> => {
      this.asked.push(enrolment);
      const answer = this.answers.length > 1 ? this.answers.shift()! : this.answers[0]!;
      return enrolment.partitions.map(() => answer);
    };
    return verifyTransaction(
      {
        transactionalId: 'tx',
        producerId: PRODUCER,
        producerEpoch: options.epoch ?? 0,
        support,
        writes: [{ topic: 'orders', partition: options.partition ?? 0, sequence: 0 }],
        isPatient: options.isPatient ?? true,
      },
      {
        config,
        clock: time,
        timers: time,
        turn,
        partitions,
        enrolment: { enrol },
        image: () => ({ partition: () => undefined }),
      },
      (verdicts) => {
        this.decided = verdicts;
      },
    );
  }

  get outcome(): ErrorSpec | undefined {
    return this.decided?.[0]?.error;
  }

  async error(support: TransactionSupport, answer: ErrorSpec): Promise<string | undefined> {
    this.answers = [answer];
    this.decided = undefined;
    this.verify(support, { isPatient: false });
    await this.time.settle();
    return this.outcome?.name;
  }
}

test('the version of a request says how its transactions work', () => {
  assert.deepEqual([10, 11, 12, 13].map(supportOfProduce), ['plain', 'abortable', 'adds', 'adds']);
  assert.deepEqual([3, 4, 5].map(supportOfOffsetCommit), ['plain', 'abortable', 'adds']);
});

test('the coordinator is asked to verify, or to add', async () => {
  const world = new World();
  assert.equal(world.verify('abortable'), false);
  await world.time.settle();
  assert.equal(world.verify('adds'), false);
  await world.time.settle();
  assert.deepEqual(
    world.asked.map(({ mode }) => mode),
    ['verify', 'add'],
  );
  assert.notEqual(world.decided?.[0]?.verification, undefined);
});

test('nobody is asked about a transaction that is open, an old epoch or a partition that is not here', () => {
  const world = new World();
  const batch = batchOf(['a'], { producerId: PRODUCER, producerEpoch: 1, baseSequence: 0, transactional: true });
  world.fixture.append(batch);
  assert.equal(world.verify('adds', { epoch: 1 }), true);
  assert.deepEqual(world.decided, [{ error: E.NONE, verification: undefined }]);
  assert.equal(world.verify('adds', { epoch: 0 }), true);
  assert.equal(world.outcome, E.INVALID_PRODUCER_EPOCH);
  assert.equal(world.verify('adds', { partition: 5 }), true);
  assert.equal(world.outcome, E.UNKNOWN_TOPIC_OR_PARTITION);
  assert.deepEqual(world.asked, []);
});

test('without the rule only those ask who leave it to the broker to add their partitions', () => {
  const world = new World();
  world.settings = { 'transaction.partition.verification.enable': false };
  assert.equal(world.verify('abortable'), true);
  assert.equal(world.outcome, E.NONE);
  assert.equal(world.verify('adds'), false);
});

test('a transaction that is still being ended is asked about again for a while', async () => {
  const world = new World();
  world.answers = [E.CONCURRENT_TRANSACTIONS, E.CONCURRENT_TRANSACTIONS, E.NONE];
  world.verify('adds');
  await world.time.run(39);
  assert.equal(world.outcome, undefined);
  await world.time.run(1);
  assert.equal(world.outcome, E.NONE);
  assert.equal(world.asked.length, 3);

  const patient = new World();
  patient.answers = [E.CONCURRENT_TRANSACTIONS];
  patient.verify('adds');
  await patient.time.run(99);
  assert.equal(patient.outcome, undefined);
  await patient.time.run(1);
  assert.equal(patient.outcome, E.CONCURRENT_TRANSACTIONS);
  assert.equal(patient.time.pending, 0);
});

test('others are told at once', async () => {
  const world = new World();
  assert.equal(await world.error('abortable', E.CONCURRENT_TRANSACTIONS), 'CONCURRENT_TRANSACTIONS');
  assert.equal(await world.error('adds', E.CONCURRENT_TRANSACTIONS), 'CONCURRENT_TRANSACTIONS', 'offsets do not wait');
  assert.equal(world.time.pending, 0);
});

test('errors of the coordinator are those that the version knows', async () => {
  const world = new World();
  assert.equal(await world.error('adds', E.PRODUCER_FENCED), 'INVALID_PRODUCER_EPOCH');
  assert.equal(await world.error('plain', E.TRANSACTION_ABORTABLE), 'INVALID_TXN_STATE');
  assert.equal(await world.error('abortable', E.TRANSACTION_ABORTABLE), 'TRANSACTION_ABORTABLE');
  assert.equal(await world.error('adds', E.INVALID_PRODUCER_ID_MAPPING), 'INVALID_PRODUCER_ID_MAPPING');
});

function told(error: ErrorSpec, support: TransactionSupport): (string | null)[] {
  const refusal = produceRefusal(error, support);
  return [refusal.error.name, refusal.message];
}

test('a producer knows no errors of coordinators: it is told one that it tries again after', () => {
  const message = 'Unable to verify the partition has been added to the transaction. Underlying error: ';
  for (const error of [E.NOT_COORDINATOR, E.COORDINATOR_NOT_AVAILABLE, E.COORDINATOR_LOAD_IN_PROGRESS]) {
    assert.deepEqual(told(error, 'adds'), ['NOT_ENOUGH_REPLICAS', `${message}${error.name}`]);
  }
  const { name } = E.CONCURRENT_TRANSACTIONS;
  assert.deepEqual(told(E.CONCURRENT_TRANSACTIONS, 'abortable'), ['NOT_ENOUGH_REPLICAS', `${message}${name}`]);
  assert.deepEqual(told(E.CONCURRENT_TRANSACTIONS, 'adds'), [name, null]);
  assert.deepEqual(told(E.INVALID_TXN_STATE, 'plain'), [
    'INVALID_TXN_STATE',
    'Partition was not added to the transaction',
  ]);
  assert.deepEqual(told(E.TRANSACTION_ABORTABLE, 'abortable'), ['TRANSACTION_ABORTABLE', null]);
});
