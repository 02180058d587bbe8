import type { Uuid } from '../../base/uuid.ts';

/** What the coordinator asks of the cluster's topics; always answered from the newest metadata. */
export interface GroupTopics {
  /** The id of a topic; undefined when there is none of that name. */
  topicId(name: string): Uuid | undefined;
  /** The name of a topic; undefined when there is none with that id. */
  topicName(id: Uuid): string | undefined;
  /** How many partitions a topic has; undefined when there is none of that name. */
  partitionCount(name: string): number | undefined;
  /** Racks of a partition's replicas, one entry for each replica that has one. */
  racks(name: string, partition: number): readonly string[];
  /** All topics, for subscriptions by pattern. */
  names(): readonly string[];
  /** Grows with each change of the metadata. */
  revision(): number;
}

/** A topic that is no more, told from a later one of its name by its id. */
export interface DeletedTopic {
  readonly name: string;
  readonly id: Uuid;
}

/** Topics that came, went, or changed in partitions or replicas. */
export interface TopicChanges {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly deleted: readonly DeletedTopic[];
}
