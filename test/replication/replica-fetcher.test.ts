import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import type { fetch } from '../../src/protocol/messages/001-fetch.ts';
import type { ReadMessage, WriteMessage } from '../../src/protocol/schema.ts';
import { ReplicaFetcher, type ReplicaFetcherParts } from '../../src/replication/replica-fetcher.ts';
import type { FollowerReplica } from '../../src/replication/follower-replica.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import type { PeerAnswered } from '../../src/wire/peer-connection.ts';
import { NotingLogger } from '../log/log-fixture.ts';

type Request = WriteMessage<typeof fetch.request>;
type Sent = { readonly body: Request; answer(changes?: Partial<ReadMessage<typeof fetch.response>>): void };

/** A fetcher whose requests go nowhere: the test answers them. */
function given() {
  const time = new VirtualTime();
  const sent: Sent[] = [];
  const send = (
    _: number,
    __: string,
    { body }: { body: Request },
    answered: PeerAnswered<typeof fetch.response.fields>,
  ) =>
    void sent.push({
      body,
      answer: (changes) =>
        answered({ throttleTimeMs: 0, errorCode: 0, sessionId: 7, responses: [], nodeEndpoints: [], ...changes }),
    });
  const parts = {
    config: loadConfig({}).config,
    clock: time,
    timers: time,
    logger: new NotingLogger(),
    peers: { send },
    brokerId: 2,
    brokerEpoch: () => 70,
    quota: { isExceeded: () => false, isThrottled: () => false },
    turn: (work: () => void) => work(),
    whenWritten: (done: () => void) => done(),
  } as unknown as ReplicaFetcherParts;
  return { time, sent, fetcher: new ReplicaFetcher(1, parts) };
}

/** An empty replica. */
function replica(index: number): FollowerReplica {
  const log = {
    logEndOffset: 0,
    logStartOffset: 0,
    settledEndOffset: 0,
    isOffline: false,
    leaderEpochs: { latestEpoch: -1 },
  };
  return { topic: 'orders', topicId: 'orders-id', index, leaderEpoch: 0, log } as unknown as FollowerReplica;
}

function asked({ body }: Sent): number[] {
  return body.topics.flatMap(({ partitions }) => partitions.map(({ partition }) => partition));
}

test('a session is told of each replica once, and of none while all are idle', async () => {
  const { time, sent, fetcher } = given();
  fetcher.add(replica(0));
  fetcher.add(replica(1));
  await time.run(1);
  assert.deepEqual(asked(sent[0]!), [0, 1]);
  sent[0]!.answer();
  assert.deepEqual(asked(sent[1]!), []);
  sent[1]!.answer();
  fetcher.add(replica(2));
  await time.run(1);
  assert.deepEqual(asked(sent.at(-1)!), [2], 'behind the fetch that the leader keeps');
});

test('a replica that was given up and taken up again between two fetches is not forgotten by the session', async () => {
  const { time, sent, fetcher } = given();
  const [first, second] = [replica(0), replica(1)];
  fetcher.add(first);
  fetcher.add(second);
  await time.run(1);
  sent[0]!.answer();
  fetcher.remove(second);
  fetcher.add(second);
  await time.run(1);
  const { body } = sent.at(-1)!;
  assert.deepEqual(asked(sent.at(-1)!), [1]);
  assert.deepEqual(body.forgottenTopicsData, []);
});
