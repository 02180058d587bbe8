import { createTopics } from '../../src/protocol/messages/019-create-topics.ts';
import { describeQuorum } from '../../src/protocol/messages/055-describe-quorum.ts';
import { sleep } from '../measure/wait.ts';
import { RawClient, withClient } from './raw-client.ts';
import { describe } from './topics.ts';

const POLL_MS = 5;
const WAIT_MS = 60_000;
const REQUEST_MS = 5_000;
const TOPIC_EXISTS = 36;

/** The id of the broker that is the controller now. */
export async function controllerOf(port: number): Promise<number> {
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
  const answer = await withClient(port, (client) => client.request(describeQuorum, 1, { topics }));
  const leaderId = answer.topics[0]?.partitions[0]?.leaderId ?? -1;
  if (leaderId < 0) throw new Error(`${port} knows no controller`);
  return leaderId;
}

/** Asks a broker to create a topic until it can: when somebody decides about the cluster (again). Gives `performance.now()`. */
export async function untilDecided(port: number, name: string): Promise<number> {
  const topic = { name, numPartitions: 1, replicationFactor: 2, assignments: [], configs: [] };
  const deadline = performance.now() + WAIT_MS;
  let client: RawClient | undefined;
  try {
    for (;;) {
      try {
        client ??= await RawClient.open(port);
        const answer = await client.request(createTopics, 4, { topics: [topic], timeoutMs: REQUEST_MS });
        const code = answer.topics[0]?.errorCode;
        // An attempt whose answer was lost with the controller may have done it.
        if (code === 0 || code === TOPIC_EXISTS) return performance.now();
      } catch {
        client?.close();
        client = undefined;
      }
      if (performance.now() > deadline) throw new Error(`nothing is decided for ${WAIT_MS} ms`);
      await sleep(POLL_MS);
    }
  } finally {
    client?.close();
  }
}

/** Waits until the broker at `port` says that every replica of a topic is in sync. */
export async function untilInSync(port: number, topic: string, replicas: number, timeoutMs = WAIT_MS): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  await withClient(port, async (client) => {
    for (;;) {
      const { topics } = await describe(client, [topic]);
      const partitions = topics[0]?.partitions ?? [];
      const behind = partitions.filter(({ isrNodes }) => isrNodes.length < replicas);
      if (partitions.length > 0 && behind.length === 0) return;
      if (performance.now() > deadline) throw new Error(`${behind.length} partitions of ${topic} are not in sync`);
      await sleep(POLL_MS * 20);
    }
  });
}
