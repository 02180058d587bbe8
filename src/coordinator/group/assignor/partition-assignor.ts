import type { Uuid } from '../../../base/uuid.ts';

/** Partitions by topic id, each list in rising order. */
export type Assignment = ReadonlyMap<Uuid, readonly number[]>;

/** A member as an assignor sees it. */
export interface AssignedMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly topicIds: ReadonlySet<Uuid>;
  /** Its part of the last target assignment, which is to be kept where fairness allows. */
  readonly assignment: Assignment;
}

/** The topics that can be assigned. */
export interface AssignableTopics {
  /** 0 for a topic that does not exist. */
  partitionCount(topicId: Uuid): number;
  /** Racks of the replicas; empty where none are known. */
  racks(topicId: Uuid, partition: number): ReadonlySet<string>;
}

/**
 * Divides partitions among the members of a consumer group (KIP-848, `group.consumer.assignors`). Pure, and the same for
 * the same input.
 */
export interface PartitionAssignor {
  readonly name: string;
  /** The assignment of every member, those without partitions included. Members come sorted by id. */
  assign(members: readonly AssignedMember[], topics: AssignableTopics): ReadonlyMap<string, Assignment>;
}
