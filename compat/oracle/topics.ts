import { setTimeout as pause } from 'node:timers/promises';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { E } from '../../src/protocol/errors.ts';
import { listOffsets } from '../../src/protocol/messages/002-list-offsets.ts';
import { metadata } from '../../src/protocol/messages/003-metadata.ts';
import { createTopics } from '../../src/protocol/messages/019-create-topics.ts';
import type { Read, Write } from '../../src/protocol/schema.ts';
import type { Peer, Side } from './scenario.ts';

const READY_MS = 10_000;

/** One topic of a CreateTopics request. */
export type NewTopic = Write<typeof createTopics.request.fields>['topics'][number];
export type MetadataAnswer = Read<typeof metadata.response.fields>;

/** A topic that a scenario works on. */
export interface Topic {
  readonly name: string;
  readonly topicId: string;
}

export function newTopic(name: string, options: Partial<NewTopic> = {}): NewTopic {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...options };
}

/** Creates a topic outside the record and waits until all its partitions have a leader. */
export async function createTopic(
  side: Side,
  name: string,
  options: {
    partitions?: number;
    configs?: Readonly<Record<string, string>>;
    /** The brokers of each partition, its leader first; the number of partitions is theirs. */
    replicas?: readonly (readonly number[])[];
    /** Those that have to know it, where not all run. */
    onBrokers?: readonly number[];
  } = {},
): Promise<Topic> {
  const peer = side.peer('oracle', options.onBrokers?.[0]);
  const fullName = side.name(name);
  const configs = Object.entries(options.configs ?? {}).map(([key, value]) => ({ name: key, value }));
  const { partitions = 1, replicas } = options;
  const placed = replicas && {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
  };
  const topic = newTopic(fullName, { numPartitions: partitions, configs, ...placed });
  const answer = await peer.quiet(createTopics, 7, { topics: [topic], timeoutMs: 10_000 });
  const created = answer?.topics[0];
  if (created === undefined || created.errorCode !== 0) {
    throw new Error(`topic ${name}: ${created?.errorCode} ${created?.errorMessage}`);
  }
  side.plain({ topicId: created.topicId, name: fullName });
  for (const broker of options.onBrokers ?? side.brokers) {
    const asked = side.peer('oracle', broker);
    await untilReady(asked, fullName, broker);
    asked.close();
  }
  peer.close();
  return { name: fullName, topicId: created.topicId };
}

/**
 * Waits until the broker shows every change made so far: Kafka answers when the controller has written a change, and
 * the broker follows a moment later, in order; a topic created now is shown after all of them.
 */
export async function settled(side: Side, onBrokers?: readonly number[]): Promise<void> {
  await createTopic(side, `settled-${side.nextNumber()}`, onBrokers && { onBrokers });
}

/** Waits, outside the record, until the broker itself knows the topic with a leader for each partition. */
export async function untilReady(peer: Peer, name: string, broker = 1): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    const answer = await peer.quiet(metadata, 12, {
      topics: [{ name, topicId: ZERO_UUID }],
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: false,
      includeClusterAuthorizedOperations: false,
    });
    const topic = answer?.topics[0];
    if (topic?.errorCode === 0 && (await hasLeaders(peer, topic, broker))) return;
    await pause(20);
  }
  throw new Error(`topic ${name} never had its leaders`);
}

/**
 * Kafka shows a partition in its metadata a moment before the broker leads or follows it; asking for offsets tells: a leader
 * answers, another that it is none.
 */
async function hasLeaders(peer: Peer, topic: MetadataAnswer['topics'][number], broker: number): Promise<boolean> {
  const isOurs = new Map(topic.partitions.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId === broker]));
  const answer = await peer.quiet(listOffsets, 5, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [
      {
        name: topic.name ?? '',
        partitions: [...isOurs.keys()].map((partitionIndex) => ({ partitionIndex, timestamp: -1 })),
      },
    ],
    timeoutMs: 0,
  });
  const known = (index: number, code: number): boolean =>
    code === 0 || (isOurs.get(index) === false && code === E.NOT_LEADER_OR_FOLLOWER.code);
  return answer?.topics[0]?.partitions.every((each) => known(each.partitionIndex, each.errorCode)) ?? false;
}
