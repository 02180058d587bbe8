import { fetch } from '../../../src/protocol/messages/001-fetch.ts';
import { deleteTopics } from '../../../src/protocol/messages/020-delete-topics.ts';
import { put, someBatch, topicOf } from '../batches.ts';
import { partitionAt, sortPartitions, toFetch, type FetchAnswer, type FetchRequest } from '../reading.ts';
import type { Peer, Scenario, Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

/** Incremental fetch sessions: opening, changes only, forgetting, wrong ids and epochs, closing (behaviours 45-46). */
export const scenario: Scenario = {
  name: '10-fetch-sessions',
  async run(side: Side) {
    for (const version of [7, 11, 12, 13, 17]) await oneVersion(side, version);
    await wrongSessions(side);
    await mixed(side);
    await deletedTopic(side);
  },
};

async function oneVersion(side: Side, version: number): Promise<void> {
  const peer = side.peer();
  const topic = await createTopic(side, `s${version}`, { partitions: 3 });
  await put(peer, topic, someBatch(2), 0);
  const session = await open(peer, topic, version, [0, 1, 2]);
  const next = async (
    label: string,
    sessionEpoch: number,
    options: Partial<FetchRequest> = {},
  ): Promise<FetchAnswer | undefined> =>
    peer.call(label, fetch, version, toFetch(topic, [], { topics: [], sessionId: session, sessionEpoch, ...options }), {
      pick: sortPartitions,
    });
  await next('the same again', 1);
  await next('moved on', 2, { topics: [{ ...topicOf(topic), partitions: [partitionAt({ fetchOffset: 2 })] }] });
  await next('nothing new', 3);
  await put(peer, topic, someBatch(1), 1);
  await next('new in one', 4);
  await next('still there', 5);
  await next('moved on in it', 6, {
    topics: [{ ...topicOf(topic), partitions: [partitionAt({ partition: 1, fetchOffset: 1 })] }],
  });
  await next('one forgotten', 7, { forgottenTopicsData: [{ ...topicOf(topic), partitions: [1] }] });
  await put(peer, topic, someBatch(1), 1);
  await next('nothing of the forgotten one', 8);
  await next('added again', 9, {
    topics: [{ ...topicOf(topic), partitions: [partitionAt({ partition: 1, fetchOffset: 1 })] }],
  });
  await next('an offset out of range', 10, {
    topics: [{ ...topicOf(topic), partitions: [partitionAt({ fetchOffset: 77 })] }],
  });
  await next('the error stays', 11);
  await next('an unknown partition', 12, {
    topics: [{ ...topicOf(topic), partitions: [partitionAt({ partition: 9 })] }],
  });
  await next('an unknown partition stays', 13);
  await next('the same epoch again', 13);
  await next('an old epoch', 2);
  await next('the right one', 14);
  await next('closed', -1);
  await next('after the close', 15);
}

async function open(peer: Peer, topic: Topic, version: number, partitions: readonly number[]): Promise<number> {
  const wanted = partitions.map((partition) => partitionAt({ partition }));
  const answer = await peer.need('open', fetch, version, toFetch(topic, wanted, { sessionId: 0, sessionEpoch: 0 }));
  return answer.sessionId;
}

async function wrongSessions(side: Side): Promise<void> {
  const peer = side.peer();
  const topic = await createTopic(side, 'wrong');
  const at = (sessionId: number, sessionEpoch: number): FetchRequest =>
    toFetch(topic, [partitionAt()], { sessionId, sessionEpoch });
  for (const version of [7, 12, 13]) {
    await peer.call('unknown session', fetch, version, at(12_345, 1));
    await peer.call('unknown session, closing', fetch, version, at(12_345, -1));
    await peer.call('no session, epoch 1', fetch, version, at(0, 1));
    await peer.call('no session, epoch -1', fetch, version, at(0, -1));
    await peer.call('no session, epoch -5', fetch, version, at(0, -5));
    const session = await open(peer, topic, version, [0]);
    await peer.call('epoch 0 opens another', fetch, version, at(session, 0), {
      pick: (answer) => ({ ...answer, sessionId: answer.sessionId !== 0 && answer.sessionId !== session }),
    });
    await peer.call('the old one is gone', fetch, version, at(session, 1));
    await peer.call(
      'empty, opening',
      fetch,
      version,
      toFetch(topic, [], { topics: [], sessionId: 0, sessionEpoch: 0 }),
    );
  }
  const session = await open(peer, topic, 12, [0]);
  const other = side.peer();
  await other.call('from another connection', fetch, 12, at(session, 1));
}

/** A session made with names is none for ids. */
async function mixed(side: Side): Promise<void> {
  const peer = side.peer();
  const topic = await createTopic(side, 'mixed');
  for (const [first, second] of [
    [12, 13],
    [13, 12],
  ] as const) {
    const session = await open(peer, topic, first, [0]);
    const request = toFetch(topic, [partitionAt()], { sessionId: session, sessionEpoch: 1 });
    await peer.call(`opened in ${first}`, fetch, second, request);
    await peer.call(`opened in ${first}, nothing named`, fetch, second, { ...request, topics: [] });
  }
}

async function deletedTopic(side: Side): Promise<void> {
  const peer = side.peer();
  for (const version of [12, 13]) {
    const topic = await createTopic(side, `deleted-${version}`);
    const session = await open(peer, topic, version, [0]);
    await peer.quiet(deleteTopics, 6, {
      topics: [{ name: topic.name, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }],
      topicNames: [],
      timeoutMs: 10_000,
    });
    const request = toFetch(topic, [], { topics: [], sessionId: session, maxWaitMs: 2000, minBytes: 1 });
    await untilError(peer, version, request);
  }
}

/** The deletion reaches the partitions a little later; the first answer with something in it is recorded. */
async function untilError(peer: Peer, version: number, request: FetchRequest): Promise<void> {
  for (let sessionEpoch = 1; sessionEpoch < 20; sessionEpoch++) {
    const answer = await peer.quiet(fetch, version, { ...request, sessionEpoch });
    const code = answer?.responses[0]?.partitions[0]?.errorCode ?? 0;
    if (code === 0) continue;
    await peer.call('a deleted topic', fetch, version, { ...request, sessionEpoch: sessionEpoch + 1 });
    return;
  }
}
