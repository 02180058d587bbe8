import { setTimeout as pause } from 'node:timers/promises';
import { ZERO_UUID } from '../../src/base/uuid.ts';
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
  options: { partitions?: number; configs?: Readonly<Record<string, string>> } = {},
): Promise<Topic> {
  const peer = side.peer();
  const fullName = side.name(name);
  const configs = Object.entries(options.configs ?? {}).map(([key, value]) => ({ name: key, value }));
  const topic = newTopic(fullName, { numPartitions: options.partitions ?? 1, configs });
  const answer = await peer.quiet(createTopics, 7, { topics: [topic], timeoutMs: 10_000 });
  const created = answer?.topics[0];
  if (created === undefined || created.errorCode !== 0) {
    throw new Error(`topic ${name}: ${created?.errorCode} ${created?.errorMessage}`);
  }
  side.plain({ topicId: created.topicId, name: fullName });
  await untilReady(peer, fullName);
  peer.close();
  return { name: fullName, topicId: created.topicId };
}

/**
 * Waits until the broker shows every change made so far: Kafka answers when the controller has written a change, and
 * the broker follows a moment later, in order; a topic created now is shown after all of them.
 */
export async function settled(side: Side): Promise<void> {
  await createTopic(side, `settled-${side.nextNumber()}`);
}

/** Waits, outside the record, until the broker itself knows the topic with a leader for each partition. */
export async function untilReady(peer: Peer, name: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    const answer = await peer.quiet(metadata, 12, {
      topics: [{ name, topicId: ZERO_UUID }],
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: false,
      includeClusterAuthorizedOperations: false,
    });
    const topic = answer?.topics[0];
    if (topic?.errorCode === 0 && (await hasLeaders(peer, name, topic.partitions.length))) return;
    await pause(20);
  }
  throw new Error(`topic ${name} never had its leaders`);
}

/** Kafka shows a partition in its metadata a moment before the broker leads it; asking for offsets tells. */
async function hasLeaders(peer: Peer, name: string, partitions: number): Promise<boolean> {
  const wanted = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }));
  const answer = await peer.quiet(listOffsets, 5, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name, partitions: wanted }],
    timeoutMs: 0,
  });
  return answer?.topics[0]?.partitions.every(({ errorCode }) => errorCode === 0) ?? false;
}
