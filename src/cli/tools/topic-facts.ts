import { metadata } from '../../protocol/messages/003-metadata.ts';
import { describeTopicPartitions } from '../../protocol/messages/075-describe-topic-partitions.ts';
import type { ReadMessage } from '../../protocol/schema.ts';
import { throwRefusal, type ToolAdmin } from './tool-admin.ts';

export type TopicFacts = ReadMessage<typeof describeTopicPartitions.response>['topics'][number];

export interface ListedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
}

/** All topics by name. */
export async function listTopics(admin: ToolAdmin): Promise<ListedTopic[]> {
  const { topics } = await admin.ask('listTopics', 'any', metadata, {
    topics: null,
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  });
  return topics
    .map(({ name, topicId, isInternal }) => ({ name: name ?? '', topicId, isInternal }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const PAGE_PARTITIONS = 2000;

/** Topics with their partitions by index, in pages of so many partitions that are put together. */
export async function describeTopics(
  admin: ToolAdmin,
  names: readonly string[],
  responsePartitionLimit = PAGE_PARTITIONS,
): Promise<TopicFacts[]> {
  const found = new Map<string, TopicFacts>();
  let cursor: { readonly topicName: string; readonly partitionIndex: number } | null = null;
  do {
    const topics = names.map((name) => ({ name }));
    const page: ReadMessage<typeof describeTopicPartitions.response> = await admin.ask(
      'describeTopics',
      'any',
      describeTopicPartitions,
      { topics, responsePartitionLimit, cursor },
    );
    for (const topic of page.topics) {
      throwRefusal(topic.errorCode);
      const known = found.get(topic.name ?? '');
      if (known === undefined) found.set(topic.name ?? '', topic);
      else known.partitions.push(...topic.partitions);
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return [...found.values()].toSorted((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
}
