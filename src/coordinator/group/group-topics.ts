import type { Uuid } from '../../base/uuid.ts';

/** What the coordinator asks of the cluster's topics: OffsetCommit and OffsetFetch name them by id from version 10 on. */
export interface GroupTopics {
  /** The id of a topic; undefined when there is none of that name. */
  topicId(name: string): Uuid | undefined;
  /** The name of a topic; undefined when there is none with that id. */
  topicName(id: Uuid): string | undefined;
  /** How many partitions a topic has; undefined when there is none of that name. */
  partitionCount(name: string): number | undefined;
}
