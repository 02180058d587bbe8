import { setTimeout as pause } from 'node:timers/promises';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { metadata } from '../../src/protocol/messages/003-metadata.ts';
import { describeTopicPartitions } from '../../src/protocol/messages/075-describe-topic-partitions.ts';
import type { Read } from '../../src/protocol/schema.ts';
import { partitionAt, toFetch } from './reading.ts';
import type { Peer, Side } from './scenario.ts';
import type { Topic } from './topics.ts';

const SEEN_MS = 60_000;
const LOOK_MS = 50;
const LIMIT = 2000;

/** One partition as DescribeTopicPartitions shows it. */
export type ShownPartition = Read<
  typeof describeTopicPartitions.response.fields
>['topics'][number]['partitions'][number];

/** Waits, outside the record, until each of the brokers shows a partition so: changes reach them one after the other. */
export async function untilShown(
  side: Side,
  topic: Topic,
  isReached: (partition: ShownPartition) => boolean,
  options: { partition?: number; brokers?: readonly number[] } = {},
): Promise<void> {
  const { partition = 0, brokers = side.brokers } = options;
  for (const broker of brokers) {
    const peer = side.peer('oracle', broker);
    await eventually(`partition ${partition} of ${topic.name} at broker ${broker}`, async () => {
      const topics = [{ name: topic.name }];
      const answer = await peer.quiet(describeTopicPartitions, 0, {
        topics,
        responsePartitionLimit: LIMIT,
        cursor: null,
      });
      const shown = answer?.topics[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition);
      return shown !== undefined && isReached(shown);
    });
    peer.close();
  }
}

/** Waits, outside the record, until each of the brokers names so many brokers that run. */
export async function untilBrokers(side: Side, brokers: readonly number[], count: number): Promise<void> {
  for (const broker of brokers) {
    const peer = side.peer('oracle', broker);
    await eventually(`${count} brokers at broker ${broker}`, async () => {
      const answer = await peer.quiet(metadata, 12, {
        topics: [],
        allowAutoTopicCreation: false,
        includeTopicAuthorizedOperations: false,
        includeClusterAuthorizedOperations: false,
      });
      return answer?.brokers.length === count;
    });
    peer.close();
  }
}

/** Waits, outside the record, until a follower knows that all below `end` of partition 0 is committed. */
export async function untilFollowed(
  side: Side,
  topic: Topic,
  follower: { readonly broker: number; readonly end: number },
): Promise<void> {
  const { broker, end } = follower;
  const peer = side.peer('oracle', broker);
  await eventually(`offset ${end} at broker ${broker}`, async () => {
    const answer = await peer.quiet(fetch, 12, toFetch(topic, [partitionAt()], { rackId: `rack-${broker}` }));
    return answer?.responses[0]?.partitions[0]?.highWatermark === end;
  });
  peer.close();
}

/** Asks again and again until something holds; a broker that does not answer yet is asked again too. */
export async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + SEEN_MS;
  while (Date.now() < deadline) {
    if (await holds().catch(() => false)) return;
    await pause(LOOK_MS);
  }
  throw new Error(`never seen: ${what}`);
}

export const isInSync =
  (...ids: readonly number[]) =>
  ({ isrNodes }: ShownPartition): boolean =>
    isrNodes.length === ids.length && ids.every((id) => isrNodes.includes(id));

/** What a broker shows of topics, recorded. */
export async function describe(peer: Peer, label: string, ...topics: readonly Topic[]): Promise<void> {
  await peer.call(label, describeTopicPartitions, 0, {
    topics: topics.map(({ name }) => ({ name })),
    responsePartitionLimit: LIMIT,
    cursor: null,
  });
}

/** Brokers in the order of their ids. */
export function byId<Answer extends { readonly brokers: readonly { nodeId?: number; brokerId?: number }[] }>(
  answer: Answer,
): Answer {
  const id = (broker: Answer['brokers'][number]): number => broker.nodeId ?? broker.brokerId ?? -1;
  return { ...answer, brokers: answer.brokers.toSorted((a, b) => id(a) - id(b)) };
}
