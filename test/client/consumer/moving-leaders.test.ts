import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { SeededRandom } from '../../../src/base/seeded-random.ts';
import { Cluster } from '../../../src/client/cluster.ts';
import type { ConsumerOptions } from '../../../src/client/consumer/consumer-options.ts';
import { Consumer } from '../../../src/client/consumer/consumer.ts';
import { string } from '../../../src/client/serializers.ts';
import { E } from '../../../src/protocol/errors.ts';
import { fetch } from '../../../src/protocol/messages/001-fetch.ts';
import { offsetForLeaderEpoch } from '../../../src/protocol/messages/023-offset-for-leader-epoch.ts';
import { buildBatch } from '../../../src/records/batch-builder.ts';
import { VirtualTime } from '../../../src/runtime/virtual-time.ts';
import { silent } from '../../runtime/silent-logger.ts';
import { ScriptedCluster, type ScriptedTopic } from '../scripted-cluster.ts';

const DELAY_MS = 5;
/** From this version on a broker tells who leads, and where that is. */
const HINTS_VERSION = 16;
const FETCH_WITHOUT_DIVERGENCE = 11;
const first = { topic: 'orders', partition: 0 };

interface Fetched {
  readonly node: number;
  readonly offset: number;
}

/** A log of one partition, and what was asked of it. */
interface World {
  readonly time: VirtualTime;
  readonly brokers: ScriptedCluster;
  readonly cluster: Cluster;
  readonly orders: ScriptedTopic;
  /** The epoch of each record by its offset, as the leader has them now. */
  log: number[];
  readonly fetched: Fetched[];
  /** Named to readers in place of records, by the leader. */
  nearReplica: number;
  /** What the near replica answers. */
  followerError: number;
  readonly consumer: Consumer<Uint8Array | null, string | null>;
  /** The values that come within so long. */
  read(ms: number): Promise<string[]>;
}

async function world(
  context: TestContext,
  {
    fetchMax = 18,
    ...options
  }: ConsumerOptions<Uint8Array | null, string | null> & { readonly fetchMax?: number } = {},
): Promise<World> {
  const time = new VirtualTime();
  const brokers = await new ScriptedCluster(time, DELAY_MS).listen();
  const orders = { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', leader: 1, leaderEpoch: 1 };
  brokers.topics.set('orders', orders);
  const runtime = { clock: time, timers: time, random: new SeededRandom(3), network: brokers.network, logger: silent };
  const cluster = new Cluster(runtime, { bootstrapServers: brokers.bootstrapServers, retryBackoffMs: 1000 });
  const consumer = new Consumer(cluster, { valueDeserializer: string, ...options });
  context.after(async () => {
    const closing = consumer.close();
    await time.run(60_000);
    await closing;
  });
  const values: string[] = [];
  const state: World = {
    time,
    brokers,
    cluster,
    orders,
    log: [],
    fetched: [],
    nearReplica: -1,
    followerError: 0,
    consumer,
    read: async (ms) => {
      await time.run(ms);
      return values.splice(0);
    },
  };
  brokers.on(
    fetch,
    ({ topics }, node, version) => fetchAnswer(state, topics[0]?.partitions[0]?.fetchOffset, node, version),
    fetchMax,
  );
  consumer.assign([first]);
  consumer.seek(first, 0);
  void (async () => {
    for await (const { value } of consumer) values.push(value ?? '');
  })().catch((error: unknown) => values.push((error as { code: string }).code));
  return state;
}

/** One record at a time; nothing, after a while, at the end. */
function fetchAnswer(state: World, offset: number | undefined, node: number, version: number) {
  const { orders, brokers, log } = state;
  const answer = { throttleTimeMs: 0, errorCode: 0, sessionId: 0 };
  if (offset === undefined) return { ...answer, responses: [] };
  state.fetched.push({ node, offset });
  const isNear = node === state.nearReplica;
  const isLeader = node === orders.leader;
  const mayRead = isLeader ? state.nearReplica < 0 : isNear && state.followerError === 0;
  const epoch = log[offset];
  const record = { key: null, value: Buffer.from(`${offset}@${epoch}`), timestamp: 0 };
  const records =
    mayRead && epoch !== undefined ? buildBatch([record], { baseOffset: offset, partitionLeaderEpoch: epoch }) : null;
  const isRefused = !isLeader && !isNear;
  const partition = {
    partitionIndex: 0,
    errorCode: isRefused ? E.NOT_LEADER_OR_FOLLOWER.code : isNear ? state.followerError : 0,
    highWatermark: log.length,
    abortedTransactions: null,
    preferredReadReplica: isLeader ? state.nearReplica : -1,
    records,
    ...(isRefused && version >= HINTS_VERSION
      ? { currentLeader: { leaderId: orders.leader, leaderEpoch: orders.leaderEpoch } }
      : {}),
  };
  return {
    ...answer,
    responses: [{ topic: 'orders', topicId: orders.topicId, partitions: [partition] }],
    nodeEndpoints: isRefused && version >= HINTS_VERSION ? [brokers.endpointOf(orders.leader)] : [],
  };
}

test('a leader that moved is followed at once when the old one says where to (KIP-951)', async (context) => {
  const state = await world(context);
  state.log = [1, 1];
  assert.deepEqual(await state.read(400), ['0@1', '1@1']);
  Object.assign(state.orders, { leader: 2, leaderEpoch: 2 });
  state.log = [1, 1, 2];
  assert.deepEqual(await state.read(400), ['2@2'], 'long before the pause of 1000 ms');
  assert.ok(
    state.fetched.some(({ node, offset }) => node === 1 && offset === 2),
    'the old one was asked first',
  );
});

test('a near replica that the leader names is read from, and left when it fails (KIP-392)', async (context) => {
  const state = await world(context, { rackId: 'b' });
  state.nearReplica = 2;
  state.log = [1];
  assert.deepEqual(await state.read(400), ['0@1']);
  assert.deepEqual(state.fetched.slice(0, 2), [
    { node: 1, offset: 0 },
    { node: 2, offset: 0 },
  ]);
  state.followerError = E.OFFSET_OUT_OF_RANGE.code;
  await state.read(400);
  state.nearReplica = -1;
  state.log = [1, 1];
  assert.deepEqual(await state.read(3000), ['1@1'], 'the leader is asked again, and the position stays');
  assert.equal(state.fetched.at(-1)?.node, 1);
});

test('a broker that was slow to greet is not asked for what another leads by then', async (context) => {
  const state = await world(context);
  Object.assign(state.orders, { leader: 2, leaderEpoch: 1 });
  state.log = [1];
  assert.deepEqual(await state.read(3000), ['0@1']);
  // Its own connection for fetches has been made before; the one to the next leader has not.
  state.fetched.length = 0;
  state.brokers.silentNode = 1;
  Object.assign(state.orders, { leader: 1, leaderEpoch: 2 });
  await state.read(1000);
  state.brokers.silentNode = -1;
  Object.assign(state.orders, { leader: 2, leaderEpoch: 3 });
  const refreshed = state.cluster.refresh(['orders']);
  state.log = [1, 1, 3];
  await state.read(100);
  await refreshed;
  state.consumer.resume([first]);
  assert.deepEqual(await state.read(2000), ['1@1', '2@3']);
  state.brokers.greet();
  await state.read(2000);
  assert.deepEqual(
    state.fetched.filter(({ node }) => node === 1),
    [],
  );
});

suiteOfTruncation('before Fetch 12', FETCH_WITHOUT_DIVERGENCE);

/** Leaders that do not tell by themselves where histories part are asked (KIP-320). */
function suiteOfTruncation(name: string, fetchMax: number): void {
  test(`records that a new leader has lost are noticed, and read as it has them (${name})`, async (context) => {
    const state = await world(context, { fetchMax, offsetReset: 'earliest' });
    const asked = answerEpochs(state);
    state.log = [1, 1, 1];
    assert.deepEqual(await state.read(400), ['0@1', '1@1', '2@1']);
    assert.deepEqual(asked, [], 'nothing is asked while the leader stays');
    Object.assign(state.orders, { leader: 2, leaderEpoch: 2 });
    state.log = [1, 2, 2, 2];
    assert.deepEqual(await state.read(5000), ['1@2', '2@2', '3@2']);
    assert.deepEqual(asked, [1, 1], 'once for the last record read, once for where reading goes on');
  });

  test(`who must not skip is told of the truncation (${name})`, async (context) => {
    const state = await world(context, { fetchMax, offsetReset: 'none' });
    answerEpochs(state);
    state.log = [1, 1, 1];
    await state.read(400);
    Object.assign(state.orders, { leader: 2, leaderEpoch: 2 });
    state.log = [1, 2, 2, 2];
    assert.deepEqual(await state.read(5000), ['LOG_TRUNCATED']);
  });

  test(`a new leader with the same history is read on from there (${name})`, async (context) => {
    const state = await world(context, { fetchMax, offsetReset: 'earliest' });
    const asked = answerEpochs(state);
    state.log = [1, 1];
    await state.read(400);
    Object.assign(state.orders, { leader: 2, leaderEpoch: 2 });
    state.log = [1, 1, 2];
    assert.deepEqual(await state.read(5000), ['2@2']);
    assert.deepEqual(asked, [1]);
    assert.equal(state.consumer.metrics().positionsLost, 0);
  });
}

/** The end of an epoch is where the next one begins, as leaders have it. Returns the epochs that were asked for. */
function answerEpochs(state: World): number[] {
  const asked: number[] = [];
  state.brokers.on(offsetForLeaderEpoch, ({ topics }, node) => {
    const { leaderEpoch: wanted, partition } = topics[0]!.partitions[0]!;
    if (node !== state.orders.leader) {
      const errorCode = E.NOT_LEADER_OR_FOLLOWER.code;
      return { topics: [{ topic: 'orders', partitions: [{ partition, errorCode, endOffset: -1 }] }] };
    }
    asked.push(wanted);
    const end = state.log.findIndex((epoch) => epoch > wanted);
    const endOffset = end < 0 ? state.log.length : end;
    const told = { partition, errorCode: 0, leaderEpoch: state.log[endOffset - 1] ?? -1, endOffset };
    return { topics: [{ topic: 'orders', partitions: [told] }] };
  });
  return asked;
}
