import { setTimeout as pause } from 'node:timers/promises';
import { listOffsets } from '../../src/protocol/messages/002-list-offsets.ts';
import { findCoordinator } from '../../src/protocol/messages/010-find-coordinator.ts';
import { initProducerId } from '../../src/protocol/messages/022-init-producer-id.ts';
import { addPartitionsToTxn } from '../../src/protocol/messages/024-add-partitions-to-txn.ts';
import { endTxn } from '../../src/protocol/messages/026-end-txn.ts';
import { describeTransactions } from '../../src/protocol/messages/065-describe-transactions.ts';
import type { BatchOptions } from '../../src/records/batch-builder.ts';
import { someBatch, toProduce, type ProduceRequest } from './batches.ts';
import type { Peer, Side } from './scenario.ts';
import type { Topic } from './topics.ts';

const TRANSACTION_KEY = 1;
const TRIES_MAX = 400;
const PAUSE_MS = 10;
const CONCURRENT_TRANSACTIONS = 51;

/** A transactional producer of a scenario, whose ids are the broker's own. */
export interface Transactor {
  readonly transactionalId: string;
  producerId: number;
  producerEpoch: number;
}

async function eventually<T>(what: string, attempt: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const found = await attempt();
    if (found !== undefined) return found;
    await pause(PAUSE_MS);
  }
  throw new Error(`${what} never happened`);
}

/** Finds its coordinator and takes an id and an epoch, outside the record. */
export async function transactor(side: Side, peer: Peer, name: string): Promise<Transactor> {
  const transactionalId = side.name(name);
  await eventually('the coordinator', async () => {
    const request = { key: '', keyType: TRANSACTION_KEY, coordinatorKeys: [transactionalId] };
    const answer = await peer.quiet(findCoordinator, 4, request);
    return answer?.coordinators[0]?.errorCode === 0 ? true : undefined;
  });
  const answer = await eventually('a producer id', async () => {
    const given = await peer.quiet(initProducerId, 5, { transactionalId, transactionTimeoutMs: 60_000 });
    return given?.errorCode === 0 ? given : undefined;
  });
  return { transactionalId, producerId: answer.producerId, producerEpoch: answer.producerEpoch };
}

/** Takes partitions into the transaction by AddPartitionsToTxn, as clients before version 2 do; outside the record. */
export async function enrol(peer: Peer, who: Transactor, topic: Topic | string, partitions: number[]): Promise<void> {
  const name = typeof topic === 'string' ? topic : topic.name;
  await eventually('the partition in its transaction', async () => {
    const answer = await peer.quiet(addPartitionsToTxn, 3, {
      transactions: [],
      v3AndBelowTransactionalId: who.transactionalId,
      v3AndBelowProducerId: who.producerId,
      v3AndBelowProducerEpoch: who.producerEpoch,
      v3AndBelowTopics: [{ name, partitions }],
    });
    const code = answer?.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode;
    if (code !== 0 && code !== CONCURRENT_TRANSACTIONS) throw new Error(`not enrolled: ${code}`);
    return code === 0 ? true : undefined;
  });
}

/** Ends the transaction and waits until its markers are where `topics` are read and it is complete; outside the record. */
export async function finish(
  peer: Peer,
  who: Transactor,
  committed: boolean,
  options: { version?: number; topics?: readonly (readonly [Topic, number])[] } = {},
): Promise<void> {
  const { version = 5, topics = [] } = options;
  const { transactionalId, producerId, producerEpoch } = who;
  const request = { transactionalId, producerId, producerEpoch, committed };
  await eventually('the end', async () => {
    const answer = await peer.quiet(endTxn, version, request);
    if (answer === undefined) throw new Error('no answer to EndTxn');
    if (answer.errorCode === CONCURRENT_TRANSACTIONS) return undefined;
    if (answer.errorCode !== 0) throw new Error(`EndTxn: ${answer.errorCode}`);
    if (version >= 5) {
      who.producerId = answer.producerId;
      who.producerEpoch = answer.producerEpoch;
    }
    return true;
  });
  for (const [topic, partition] of topics) await decided(peer, topic, partition);
  await complete(peer, transactionalId);
}

/** Waits until the coordinator has written that all markers are there: before, it refuses what comes next. */
async function complete(peer: Peer, transactionalId: string): Promise<void> {
  await eventually('the completion', async () => {
    const answer = await peer.quiet(describeTransactions, 0, { transactionalIds: [transactionalId] });
    const state = answer?.transactionStates[0]?.transactionState ?? '';
    return state.startsWith('Complete') || state === 'Empty' ? true : undefined;
  });
}

/** Waits until nothing is undecided in the partition. */
export async function decided(peer: Peer, topic: Topic, partition = 0): Promise<void> {
  const latest = async (isolationLevel: number): Promise<number> => {
    const answer = await peer.quiet(listOffsets, 5, {
      replicaId: -1,
      isolationLevel,
      topics: [{ name: topic.name, partitions: [{ partitionIndex: partition, timestamp: -1 }] }],
      timeoutMs: 0,
    });
    return answer?.topics[0]?.partitions[0]?.offset ?? -1;
  };
  await eventually('the marker', async () => ((await latest(0)) === (await latest(1)) ? true : undefined));
}

/** A produce request of one transactional batch. */
export function toProduceIn(
  who: Transactor,
  topic: Topic,
  baseSequence: number,
  options: { count?: number; partition?: number; batch?: BatchOptions; request?: Partial<ProduceRequest> } = {},
): ProduceRequest {
  const { count = 1, partition = 0, batch = {}, request = {} } = options;
  const { transactionalId, producerId, producerEpoch } = who;
  const bytes = someBatch(count, { producerId, producerEpoch, baseSequence, transactional: true, ...batch });
  return toProduce(topic, bytes, { partition, transactionalId, ...request });
}
