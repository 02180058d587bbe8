import { fetch } from '../../../src/protocol/messages/001-fetch.ts';
import { put, someBatch } from '../batches.ts';
import { untilFollowed } from '../in-cluster.ts';
import { partitionAt, toFetch, type FetchRequest } from '../reading.ts';
import { versionsOf, type Scenario, type Side } from '../scenario.ts';
import { createTopic } from '../topics.ts';

/** Reading from the replica in the reader's rack (KIP-392), where brokers choose it by racks. */
export const scenario: Scenario = {
  name: '54-follower-reads',
  brokers: 3,
  async run(side: Side) {
    const topic = await createTopic(side, 'read', { replicas: [[1, 2]] });
    const leader = side.peer();
    await put(leader, topic, someBatch(4));
    await put(leader, topic, someBatch(3, {}, 4));
    await untilFollowed(side, topic, { broker: 2, end: 7 });
    for (const version of versionsOf(fetch).filter((each) => each >= 11)) {
      for (const rackId of ['', 'rack-1', 'rack-2', 'rack-3', 'nowhere']) {
        const ask = async (who: string, broker: number, options: Partial<FetchRequest> = {}): Promise<void> => {
          const request = toFetch(topic, [partitionAt()], { rackId, ...options });
          await side.peer('oracle', broker).call(`${who}, rack '${rackId}'`, fetch, version, request);
        };
        await ask('leader', 1);
        await ask('follower', 2);
        await ask('stranger', 3);
      }
    }
    const follower = side.peer('oracle', 2);
    for (const fetchOffset of [0, 3, 6, 7, 8, -1]) {
      for (const isolationLevel of [0, 1]) {
        const request = toFetch(topic, [partitionAt({ fetchOffset })], { rackId: 'rack-2', isolationLevel });
        await follower.call(`follower at ${fetchOffset}, isolation ${isolationLevel}`, fetch, 17, request);
        await leader.call(`leader at ${fetchOffset}, isolation ${isolationLevel}`, fetch, 17, request);
      }
    }
    for (const currentLeaderEpoch of [0, 1, 7]) {
      for (const lastFetchedEpoch of [-1, 0, 5]) {
        const at = partitionAt({ currentLeaderEpoch, lastFetchedEpoch, fetchOffset: 4 });
        const request = toFetch(topic, [at], { rackId: 'rack-2' });
        await follower.call(`epochs ${currentLeaderEpoch}, ${lastFetchedEpoch}`, fetch, 17, request);
      }
    }
    const waits = toFetch(topic, [partitionAt({ fetchOffset: 7 })], { rackId: 'rack-2', maxWaitMs: 400, minBytes: 1 });
    await follower.call('at the end of the follower, waiting', fetch, 17, waits, { slowMs: 300 });
    const later = toFetch(topic, [partitionAt({ fetchOffset: 7 })], {
      rackId: 'rack-2',
      maxWaitMs: 15_000,
      minBytes: 1,
    });
    const woken = follower.call('woken by what the leader takes', fetch, 17, later, { slowMs: 12_000 });
    await put(leader, topic, someBatch(2, {}, 7));
    await woken;
  },
};
