import type { PartitionAssignor } from './assignor/partition-assignor.ts';
import type { MigrationPolicy } from './migration-policy.ts';

/**
 * The settings of groups, by their names in Kafka where it has them. The object is asked at each use, so a value that may
 * change while running is given as a getter.
 */
export interface GroupCoordinatorConfig {
  /** group.min.session.timeout.ms and group.max.session.timeout.ms: what a member may ask for. */
  readonly groupMinSessionTimeoutMs: number;
  readonly groupMaxSessionTimeoutMs: number;
  /** group.initial.rebalance.delay.ms: how long the first rebalance of an empty group waits for more members. */
  readonly groupInitialRebalanceDelayMs: number;
  /** group.max.size: members of one group. */
  readonly groupMaxSize: number;
  /** offset.metadata.max.bytes: the note that may go with a committed offset, in characters. */
  readonly offsetMetadataMaxBytes: number;
  /** offsets.retention.minutes, in milliseconds. */
  readonly offsetsRetentionMs: number;
  /** offsets.retention.check.interval.ms: how often offsets and groups that have had their time are looked for. */
  readonly offsetsRetentionCheckIntervalMs: number;
  /** offsets.commit.timeout.ms: how long an answer waits for its records to be committed. */
  readonly offsetsCommitTimeoutMs: number;
  /**
   * A dynamic member whose connection closed is dropped after this time unless it is heard of again; -1, as in Kafka:
   * only when its session ends.
   */
  readonly memberDisconnectGraceMs: number;
  /** posthorn.group.changing.heartbeat.interval.ms: the soonest that who waits for news is told to ask; 0: like all others. */
  readonly changingHeartbeatIntervalMs: number;
  /** group.consumer.max.size: members of one consumer group. */
  readonly consumerGroupMaxSize: number;
  readonly consumerGroupMigrationPolicy: MigrationPolicy;
  /** group.consumer.assignors, by name; the first is the default. There is at least one. */
  readonly assignors: ReadonlyMap<string, PartitionAssignor>;
  /** group.consumer.regex.refresh.interval.ms: how often patterns are matched though no topic is new. */
  readonly consumerPatternRefreshIntervalMs: number;
  /** consumer.session.timeout.ms of the group, else of the broker. */
  consumerSessionTimeoutMs(groupId: string): number;
  /** consumer.heartbeat.interval.ms: how often members are told to send heartbeats. */
  consumerHeartbeatIntervalMs(groupId: string): number;
  /** consumer.assignment.interval.ms: the shortest time between two target assignments. */
  consumerAssignmentIntervalMs(groupId: string): number;
}

/** A member that joins has no session yet; a join that waits longer is given up (Kafka: 5 minutes, not a setting). */
export const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1000;

/**
 * Ids handed out to members that have not come back with them yet, per group. One more is refused with
 * GROUP_MAX_SIZE_REACHED: otherwise a client that joins in a loop would fill the memory until its sessions end.
 */
export const PENDING_MEMBERS_MAX = 10_000;
