import { ZERO_UUID } from '../../src/base/uuid.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { listOffsets } from '../../src/protocol/messages/002-list-offsets.ts';
import { metadata } from '../../src/protocol/messages/003-metadata.ts';
import { createTopics } from '../../src/protocol/messages/019-create-topics.ts';
import { deleteTopics } from '../../src/protocol/messages/020-delete-topics.ts';
import { createPartitions } from '../../src/protocol/messages/037-create-partitions.ts';
import type { ReadMessage } from '../../src/protocol/schema.ts';
import { buildBatch } from '../../src/records/batch-builder.ts';
import { sleep } from '../measure/wait.ts';
import { withClient, type RawClient } from './raw-client.ts';

const LATEST = -1;
const POLL_MS = 20;
const READY_MS = 60_000;
const REQUEST_MS = 30_000;
const PARTITIONS_PER_REQUEST = 1000;

/** Where the replicas of a topic's partitions lie: so many for each, or the brokers of each, leader first. */
export type Placement = { readonly replicas: number } | { readonly brokers: readonly (readonly number[])[] };

/** Creates a topic, with one replica unless told otherwise, and waits until every partition has a leader. */
export async function createTopic(
  port: number,
  name: string,
  partitions: number,
  placement: Placement = { replicas: 1 },
): Promise<void> {
  await withClient(port, async (client) => {
    const where =
      'replicas' in placement
        ? { numPartitions: partitions, replicationFactor: placement.replicas, assignments: [] }
        : {
            numPartitions: -1,
            replicationFactor: -1,
            assignments: placement.brokers.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
          };
    const topic = { name, ...where, configs: [] };
    const answer = await client.request(createTopics, 4, { topics: [topic], timeoutMs: REQUEST_MS });
    const error = answer.topics[0]?.errorCode;
    if (error !== 0) throw new Error(`creating ${name}: error ${error}`);
    await untilLed(client, name, partitions);
  });
}

/** Gives a topic more partitions, so many in all, and waits until every one has a leader. */
export async function growTopic(port: number, name: string, partitions: number): Promise<void> {
  await withClient(port, async (client) => {
    const topics = [{ name, count: partitions, assignments: null }];
    const answer = await client.request(createPartitions, 1, { topics, timeoutMs: REQUEST_MS, validateOnly: false });
    const error = answer.results[0]?.errorCode;
    if (error !== 0) throw new Error(`growing ${name}: error ${error}`);
    await untilLed(client, name, partitions);
  });
}

async function untilLed(client: RawClient, name: string, partitions: number): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while ((await leaders(client, [name])) < partitions) {
    if (performance.now() > deadline) throw new Error(`${name} has no leaders after ${READY_MS} ms`);
    await sleep(POLL_MS);
  }
}

export async function deleteTopic(port: number, name: string): Promise<void> {
  const answer = await withClient(port, (client) =>
    client.request(deleteTopics, 3, { topics: [], topicNames: [name], timeoutMs: REQUEST_MS }),
  );
  const error = answer.responses[0]?.errorCode;
  if (error !== 0) throw new Error(`deleting ${name}: error ${error}`);
}

/** How many partitions of these topics have a leader; null asks for all topics. */
export async function leaders(client: RawClient, names: readonly string[] | null): Promise<number> {
  const { topics } = await describe(client, names);
  let count = 0;
  for (const topic of topics) {
    if (topic.errorCode !== 0) continue;
    for (const partition of topic.partitions) if (partition.errorCode === 0 && partition.leaderId >= 0) count++;
  }
  return count;
}

/** The answer to Metadata, as this broker sees it. */
export function describe(
  client: RawClient,
  names: readonly string[] | null,
): Promise<ReadMessage<typeof metadata.response>> {
  const topics = names === null ? null : names.map((name) => ({ name, topicId: ZERO_UUID }));
  return client.request(metadata, 4, {
    topics,
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  });
}

/** Sum of the end offsets, as each partition's leader has it: what a fresh topic holds when nothing is lost or doubled. */
export async function recordsIn(port: number, name: string, partitions: number): Promise<number> {
  const byPort = await partitionsByPort(port, name);
  let found = 0;
  let sum = 0;
  for (const [leaderPort, indexes] of byPort) {
    const wanted = indexes.map((partitionIndex) => ({ partitionIndex, timestamp: LATEST }));
    const answer = await withClient(leaderPort, (client) =>
      client.request(listOffsets, 5, {
        replicaId: -1,
        isolationLevel: 0,
        topics: [{ name, partitions: wanted }],
        timeoutMs: 0,
      }),
    );
    for (const { partitionIndex, errorCode, offset } of answer.topics[0]?.partitions ?? []) {
      if (errorCode !== 0) throw new Error(`end offset of ${name}-${partitionIndex}: error ${errorCode}`);
      sum += offset;
      found++;
    }
  }
  if (found !== partitions) throw new Error(`${found} of ${partitions} partitions of ${name} tell where they end`);
  return sum;
}

/** Waits until every partition is served by its leader: brokers make the logs of a new topic after they told of it. */
export async function untilServed(port: number, name: string, partitions: number): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    try {
      await recordsIn(port, name, partitions);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}

/** A topic's partitions by the port of the broker that leads them. */
export async function partitionsByPort(port: number, name: string): Promise<Map<number, number[]>> {
  const { brokers, topics } = await withClient(port, (client) => describe(client, [name]));
  const byPort = new Map<number, number[]>();
  for (const { partitionIndex, leaderId } of topics[0]?.partitions ?? []) {
    const leader = brokers.find(({ nodeId }) => nodeId === leaderId);
    if (leader === undefined) throw new Error(`${name}-${partitionIndex} has no leader`);
    const indexes = byPort.get(leader.port) ?? [];
    byPort.set(leader.port, indexes);
    indexes.push(partitionIndex);
  }
  return byPort;
}

/** Throws unless a topic holds exactly that many records. */
export async function expectRecords(port: number, name: string, partitions: number, expected: number): Promise<void> {
  const found = await recordsIn(port, name, partitions);
  if (found !== expected) throw new Error(`${name} holds ${found} records, not ${expected}`);
}

/** Produces one small record to each partition; the error code of the first that refuses, 0 when all took it. */
export async function produceToEach(client: RawClient, name: string, partitions: number): Promise<number> {
  const refused = await produceTo(client, name, [...Array(partitions).keys()]);
  return refused[0]?.errorCode ?? 0;
}

/** Produces one small record to each partition, again where a partition is not ready yet, so that each has one in the end. */
export async function produceOneToEach(port: number, name: string, partitions: number): Promise<void> {
  const deadline = performance.now() + READY_MS;
  await withClient(port, async (client) => {
    let missing = [...Array(partitions).keys()];
    while (missing.length > 0) {
      const refused: { readonly index: number; readonly errorCode: number }[] = [];
      for (let at = 0; at < missing.length; at += PARTITIONS_PER_REQUEST) {
        refused.push(...(await produceTo(client, name, missing.slice(at, at + PARTITIONS_PER_REQUEST))));
      }
      missing = refused.map(({ index }) => index);
      if (missing.length === 0) return;
      if (performance.now() > deadline) throw new Error(`${name}-${missing[0]}: error ${refused[0]?.errorCode}`);
      await sleep(POLL_MS);
    }
  });
}

/** Produces one small record to each of these partitions; those that refused. */
async function produceTo(
  client: RawClient,
  name: string,
  partitions: readonly number[],
): Promise<{ readonly index: number; readonly errorCode: number }[]> {
  const records = buildBatch([{ value: Buffer.from('bench'), timestamp: Date.now() }]);
  const answer = await client.request(produce, 7, {
    acks: 1,
    timeoutMs: REQUEST_MS,
    topicData: [{ name, topicId: ZERO_UUID, partitionData: partitions.map((index) => ({ index, records })) }],
  });
  return (answer.responses[0]?.partitionResponses ?? []).filter(({ errorCode }) => errorCode !== 0);
}
