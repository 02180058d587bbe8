import { initProducerId } from '../../../src/protocol/messages/022-init-producer-id.ts';
import { addPartitionsToTxn } from '../../../src/protocol/messages/024-add-partitions-to-txn.ts';
import { addOffsetsToTxn } from '../../../src/protocol/messages/025-add-offsets-to-txn.ts';
import { endTxn } from '../../../src/protocol/messages/026-end-txn.ts';
import type { Peer, Scenario, Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';
import { NOBODY, sortResults, Transactional, type ProducerId } from '../transactional.ts';

const INIT_VERSIONS = [0, 1, 2, 3, 4, 5];
const FIRST_INIT_WITH_PRODUCER = 3;
const END_VERSIONS = [0, 1, 2, 3, 4, 5];
const TIMEOUT_MAX_MS = 900_000;
const SHORT_MS = 1_000;

/** A producer a few epochs away from another. */
function shifted({ producerId, producerEpoch }: ProducerId, by: number): ProducerId {
  return { producerId, producerEpoch: producerEpoch + by };
}

/** What the transaction coordinator answers, right or wrong, in every version (behaviours 81-85). */
export const scenario: Scenario = {
  name: '25-transactions',
  async run(side: Side) {
    const peer = side.peer();
    const topic = await createTopic(side, 't', { partitions: 3 });
    const tooLong = await timesOut(side, topic);
    for (const version of INIT_VERSIONS) await initializing(side, peer, version);
    await badInits(side, peer);
    for (const version of [0, 1, 2, 3]) await adding(side, peer, topic, version);
    for (const version of [4, 5]) await addingAsBroker(side, peer, topic, version);
    for (const version of [0, 1, 2, 3, 4]) await addingOffsets(side, peer, version);
    for (const version of END_VERSIONS) {
      await ending(side, peer, topic, { version, committed: true });
      await ending(side, peer, topic, { version, committed: false });
      await endingNothing(side, peer, version);
    }
    await fencing(side, peer, topic);
    await tooLong();
  },
};

async function initializing(side: Side, peer: Peer, version: number): Promise<void> {
  const id = await Transactional.open(side, peer, `init${version}`);
  await id.init('a new id', { version });
  await id.describe('a new id');
  const second = await id.init('the id again', { version });
  await id.init('timeout 0', { version, timeoutMs: 0 });
  await id.init('negative timeout', { version, timeoutMs: -1 });
  await id.init('timeout too long', { version, timeoutMs: TIMEOUT_MAX_MS + 1 });
  await id.init('longest timeout', { version, timeoutMs: TIMEOUT_MAX_MS });
  if (version < FIRST_INIT_WITH_PRODUCER) return;
  const third = shifted(second, 1);
  const fourth = await id.init('goes on', { version, expected: third });
  await id.init('goes on, told again', { version, expected: third });
  await id.init('goes on, older', { version, expected: shifted(third, -1) });
  await id.init('goes on, newer', { version, expected: shifted(fourth, 1) });
  await id.init('goes on, another producer id', { version, expected: { ...fourth, producerId: 7_000_000_000 } });
  await id.init('goes on, another producer id at the last epoch', {
    version,
    expected: { producerId: 7_000_000_000, producerEpoch: 32_766 },
  });
  await id.init('starts anew', { version });
  await id.init('goes on after another started', { version, expected: fourth });
  await id.describe('after all of this');
  await id.logged('the log');
}

async function badInits(side: Side, peer: Peer): Promise<void> {
  const fresh = await Transactional.open(side, peer, 'unheard');
  for (const version of INIT_VERSIONS) {
    for (const transactionalId of ['', null]) {
      await peer.call(`id ${transactionalId}`, initProducerId, version, {
        transactionalId,
        transactionTimeoutMs: 60_000,
      });
    }
    if (version < FIRST_INIT_WITH_PRODUCER) continue;
    await fresh.init('producer id without epoch', {
      version,
      expected: { producerId: 7_000_000_000, producerEpoch: -1 },
    });
    await fresh.init('epoch without producer id', { version, expected: { producerId: -1, producerEpoch: 1 } });
    await fresh.init('negative producer id', { version, expected: { producerId: -2, producerEpoch: 1 } });
  }
  await fresh.describe('refused');
  await fresh.init('a new id by one that has a producer id', {
    expected: { producerId: 7_000_000_000, producerEpoch: 4 },
  });
  await fresh.describe('taken');
}

async function adding(side: Side, peer: Peer, topic: Topic, version: number): Promise<void> {
  const id = await Transactional.open(side, peer, `add${version}`);
  await id.add('unknown id', NOBODY, { [topic.name]: [0] }, { version });
  const producer = await id.init('a producer');
  await id.add('unknown topic', producer, { [topic.name]: [0], [side.name('none')]: [0, 1] }, { version });
  await id.add('unknown partition', producer, { [topic.name]: [0, 3] }, { version });
  await id.add('negative partition', producer, { [topic.name]: [-1] }, { version });
  await id.describe('nothing added');
  await id.add('no topic', producer, {}, { version });
  await id.describe('no topic added');
  await id.add('a topic without partitions', producer, { [topic.name]: [] }, { version });
  await id.add('two partitions', producer, { [topic.name]: [1, 0] }, { version });
  await id.add('the same again', producer, { [topic.name]: [0] }, { version });
  await id.add('a partition twice', producer, { [topic.name]: [2, 2] }, { version });
  await id.add('an internal topic', producer, { ['__transaction_state']: [0] }, { version });
  await id.add('old epoch', shifted(producer, -1), { [topic.name]: [0] }, { version });
  await id.add('new epoch', shifted(producer, 1), { [topic.name]: [0] }, { version });
  await id.add('another producer', { ...producer, producerId: 7_000_000_000 }, { [topic.name]: [0] }, { version });
  await id.describe('added');
  await id.end('over', producer, false, 4);
  await id.settled('aborted');
  await id.add('the next transaction', producer, { [topic.name]: [1] }, { version });
  await id.describe('added again');
  await id.end('over again', producer, true, 4);
  await id.settled('committed');
  await id.logged('the log');
  await peer.call(
    'empty id',
    addPartitionsToTxn,
    version,
    {
      transactions: [],
      v3AndBelowTransactionalId: '',
      v3AndBelowProducerId: 1,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: [
        { name: topic.name, partitions: [0] },
        { name: topic.name, partitions: [1] },
      ],
    },
    { pick: sortResults },
  );
}

async function addingAsBroker(side: Side, peer: Peer, topic: Topic, version: number): Promise<void> {
  const id = await Transactional.open(side, peer, `many${version}`);
  const other = await Transactional.open(side, peer, `more${version}`);
  const wanted = { [topic.name]: [0, 1] };
  const verify = { version, verifyOnly: true };
  await id.add('verify: unknown id', { producerId: 7_000_000_000, producerEpoch: 0 }, wanted, verify);
  const producer = await id.init('a producer');
  const second = await other.init('another producer');
  await id.add('verify: nothing added', producer, wanted, verify);
  await id.add('verify: old epoch', shifted(producer, -1), wanted, verify);
  await id.add('verify: another producer', second, wanted, verify);
  await id.add('add', producer, { [topic.name]: [0] }, { version });
  await id.add('verify: one of two', producer, wanted, verify);
  await id.add('verify: unknown topic', producer, { [side.name('none')]: [0], [topic.name]: [0] }, verify);
  await id.add('add: new epoch', shifted(producer, 1), wanted, { version });
  const topics = [{ name: topic.name, partitions: [1] }];
  const unused = {
    v3AndBelowTransactionalId: '',
    v3AndBelowProducerId: 0,
    v3AndBelowProducerEpoch: 0,
    v3AndBelowTopics: [],
  };
  const one = { transactionalId: id.id, producerId: producer.producerId, producerEpoch: producer.producerEpoch };
  const two = { transactionalId: other.id, producerId: second.producerId, producerEpoch: second.producerEpoch };
  const calls: Record<string, readonly object[]> = {
    'two ids': [one, { ...two, verifyOnly: true }],
    'an id twice': [one, { ...one, verifyOnly: true }],
    'empty id': [{ ...one, transactionalId: '' }],
    'empty id, verify': [{ ...one, transactionalId: '', verifyOnly: true }],
  };
  for (const [label, asked] of Object.entries(calls)) {
    const transactions = asked.map((transaction) => ({ verifyOnly: false, ...one, ...transaction, topics }));
    await peer.call(label, addPartitionsToTxn, version, { ...unused, transactions }, { pick: sortResults });
  }
  await id.describe('added');
  await id.end('committed', producer, true);
  await id.settled('committed');
  await id.add('verify: after the end', producer, wanted, verify);
  await id.add('verify: after the end, as it goes on', shifted(producer, 1), wanted, verify);
  await id.logged('the log');
}

async function addingOffsets(side: Side, peer: Peer, version: number): Promise<void> {
  const id = await Transactional.open(side, peer, `offsets${version}`);
  await id.addOffsets('unknown id', { producerId: 7_000_000_000, producerEpoch: 0 }, version);
  const producer = await id.init('a producer');
  await id.addOffsets('old epoch', shifted(producer, -1), version);
  await id.addOffsets('new epoch', shifted(producer, 1), version);
  await id.addOffsets('another producer', { ...producer, producerId: 7_000_000_000 }, version);
  await id.addOffsets('offsets', producer, version, 'oracle-readers');
  await id.addOffsets('the same again', producer, version, 'oracle-readers');
  await id.addOffsets('no group', producer, version, '');
  await id.describe('added');
  await peer.call('empty id', addOffsetsToTxn, version, {
    transactionalId: '',
    producerId: 7_000_000_000,
    producerEpoch: 0,
    groupId: 'oracle-readers',
  });
}

async function ending(
  side: Side,
  peer: Peer,
  topic: Topic,
  { version, committed }: { version: number; committed: boolean },
): Promise<void> {
  const name = committed ? 'commit' : 'abort';
  const id = await Transactional.open(side, peer, `${name}${version}`);
  await id.end(`${name}: unknown id`, { producerId: 7_000_000_000, producerEpoch: 0 }, committed, version);
  const producer = await id.init('a producer');
  await id.add('a partition', producer, { [topic.name]: [0, 2] });
  await id.end(`${name}: old epoch`, shifted(producer, -1), committed, version);
  await id.end(`${name}: new epoch`, shifted(producer, 1), committed, version);
  await id.end(`${name}: another producer`, { ...producer, producerId: 7_000_000_000 }, committed, version);
  const next = await id.end(name, producer, committed, version);
  await id.settled(`${name} is over`);
  for (const again of [committed, !committed]) {
    const what = again ? 'commit' : 'abort';
    await id.end(`${what} as before`, producer, again, version);
    await id.settled(`${what} as before is over`);
    await id.end(`${what} of the version 5`, producer, again, 5);
    await id.settled(`${what} of the version 5 is over`);
    await id.end(`${what} of the version 4`, producer, again, 4);
  }
  await id.end('abort as it goes on', next, false, version);
  await id.settled('abort as it goes on is over');
  await id.end('commit as it goes on', next, true, version);
  await id.logged('the log');
  await id.init('another producer');
  await id.end('abort by the one before', next, false, version);
  await peer.call('empty id', endTxn, version, {
    transactionalId: '',
    producerId: 7_000_000_000,
    producerEpoch: 0,
    committed,
  });
}

async function endingNothing(side: Side, peer: Peer, version: number): Promise<void> {
  const id = await Transactional.open(side, peer, `nothing${version}`);
  const producer = await id.init('a producer');
  await id.end('commit of nothing', producer, true, version);
  await id.end('abort before nothing', shifted(producer, -1), false, version);
  const next = await id.end('abort of nothing', producer, false, version);
  await id.settled('nothing is over');
  await id.end('abort of nothing, told again', producer, false, version);
  await id.settled('nothing is over again');
  await id.end('abort of nothing, once more', next, false, version);
  await id.settled('nothing is over at last');
  await id.logged('the log');
}

/** A new producer ends the transaction of the one before it. */
async function fencing(side: Side, peer: Peer, topic: Topic): Promise<void> {
  for (const version of INIT_VERSIONS) {
    const id = await Transactional.open(side, peer, `fence${version}`);
    const producer = await id.init('a producer');
    await id.add('a partition', producer, { [topic.name]: [0] });
    await id.init('another producer', { version });
    await id.settled('the first is fenced');
    await id.add('the first adds', producer, { [topic.name]: [0] });
    await id.end('the first commits', producer, true);
    await id.end('the first aborts in version 4', producer, false, 4);
    const second = await id.initAfterwards('another producer at last');
    await id.add('the second adds', second, { [topic.name]: [0] }, { version: 5 });
    await id.init('the second recovers', { version, expected: second });
    await id.settled('the second is fenced by itself');
    if (version >= FIRST_INIT_WITH_PRODUCER) await id.init('the second recovers again', { version, expected: second });
    await id.logged('the log');
  }
}

/** A transaction that its producer never ends; the check comes long after. */
async function timesOut(side: Side, topic: Topic): Promise<() => Promise<void>> {
  const peer = side.peer();
  const ids = await Promise.all(['late3', 'late5'].map((name) => Transactional.open(side, peer, name)));
  const [third, fifth] = ids as [Transactional, Transactional];
  const first = await third.init('a short timeout', { timeoutMs: SHORT_MS });
  const second = await fifth.init('a short timeout', { timeoutMs: SHORT_MS });
  await third.add('a partition', first, { [topic.name]: [0] }, { version: 3 });
  await fifth.add('a partition', second, { [topic.name]: [0] }, { version: 5 });
  return async () => {
    for (const [id, producer] of [
      [third, first],
      [fifth, second],
    ] as const) {
      await id.settled('took too long', ['Ongoing']);
      await id.add('adds too late', producer, { [topic.name]: [0] });
      await id.end('commits too late', producer, true);
      await id.end('commits too late in version 4', producer, true, 4);
      await id.init('recovers', { expected: producer });
      await id.logged('the log');
      await id.initAfterwards('starts anew');
    }
  };
}
