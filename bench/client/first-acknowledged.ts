import { createTopics } from '../../src/protocol/messages/019-create-topics.ts';
import { sleep } from '../measure/wait.ts';
import { withClient, type RawClient } from './raw-client.ts';
import { produceToEach } from './topics.ts';

const TOPIC = 'first';
const REQUEST_MS = 30_000;
const LOSS_MS = 60_000;
const POLL_MS = 1;
const TOPIC_ALREADY_EXISTS = 36;

/** Creates a topic of a broker that has just started and produces a record to it; `performance.now()` of its acknowledgement. */
export async function firstAcknowledged(port: number): Promise<number> {
  const deadline = performance.now() + LOSS_MS;
  return withClient(port, async (client) => {
    for (;;) {
      const error = (await create(client)) ?? (await produceToEach(client, TOPIC, 1));
      if (error === 0) return performance.now();
      if (performance.now() > deadline) throw new Error(`no record after ${LOSS_MS} ms: error ${error}`);
      await sleep(POLL_MS);
    }
  });
}

/** The error of an attempt that has to be made again; undefined when the topic is there. */
async function create(client: RawClient): Promise<number | undefined> {
  const topic = { name: TOPIC, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  const answer = await client.request(createTopics, 4, { topics: [topic], timeoutMs: REQUEST_MS });
  const error = answer.topics[0]?.errorCode;
  return error === 0 || error === TOPIC_ALREADY_EXISTS ? undefined : error;
}
