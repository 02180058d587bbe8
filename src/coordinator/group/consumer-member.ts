import type { Uuid } from '../../base/uuid.ts';
import type { MemberProtocol } from './member-protocol.ts';

/** How far a member is on the way to its target assignment; the numbers are those of the records (KIP-848). */
export const MemberState = {
  /** It has what its epoch gives it. */
  stable: 0,
  /** It has to give partitions back before it can go on to the next epoch. */
  unrevokedPartitions: 1,
  /** It is in the new epoch but waits for partitions that others have not given back yet. */
  unreleasedPartitions: 2,
} as const;
export type MemberState = (typeof MemberState)[keyof typeof MemberState];

/** memberEpoch of a heartbeat that leaves the group. */
export const LEAVE_EPOCH = -1;
/** memberEpoch of a static member that leaves for now: its partitions are kept for it until its session ends. */
export const STATIC_LEAVE_EPOCH = -2;

/** Partitions, each with the member epoch in which it was assigned, by topic id. */
export type EpochAssignment = ReadonlyMap<Uuid, ReadonlyMap<number, number>>;

export const NO_PARTITIONS: EpochAssignment = new Map();

/** What only members have that speak the classic protocol in a consumer group. */
export interface ClassicProfile {
  readonly sessionTimeoutMs: number;
  readonly protocols: readonly MemberProtocol[];
}

/** A member of a consumer group. Never changed: a newer one takes its place. */
export interface ConsumerMember {
  readonly id: string;
  readonly epoch: number;
  readonly previousEpoch: number;
  readonly state: MemberState;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly rebalanceTimeoutMs: number;
  readonly clientId: string;
  readonly clientHost: string;
  readonly topics: ReadonlySet<string>;
  /** A regular expression beside the topics; empty when there is none. */
  readonly pattern: string;
  /** The assignor that it would like; null: it does not care. */
  readonly serverAssignor: string | null;
  readonly assigned: EpochAssignment;
  /** What it was told to give back and may still hold. */
  readonly pendingRevocation: EpochAssignment;
  /** Null for members of the consumer protocol. */
  readonly classic: ClassicProfile | null;
}

/** A member of which nothing is known yet but its id. */
export function newConsumerMember(id: string): ConsumerMember {
  return {
    id,
    epoch: 0,
    previousEpoch: -1,
    state: MemberState.stable,
    instanceId: null,
    rackId: null,
    rebalanceTimeoutMs: -1,
    clientId: '',
    clientHost: '',
    topics: new Set(),
    pattern: '',
    serverAssignor: null,
    assigned: NO_PARTITIONS,
    pendingRevocation: NO_PARTITIONS,
    classic: null,
  };
}

/** Whether the member has all that the assignment of `targetEpoch` gives it. */
export function isReconciledTo(member: ConsumerMember, targetEpoch: number): boolean {
  return member.state === MemberState.stable && member.epoch === targetEpoch;
}

export function isSameAssignment(left: EpochAssignment, right: EpochAssignment): boolean {
  if (left === right) return true;
  if (left.size !== right.size) return false;
  for (const [topicId, partitions] of left) {
    const others = right.get(topicId);
    if (others === undefined || others.size !== partitions.size) return false;
    for (const [partition, epoch] of partitions) if (others.get(partition) !== epoch) return false;
  }
  return true;
}

export function isSameSet(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  if (left === right) return true;
  if (left.size !== right.size) return false;
  for (const entry of left) if (!right.has(entry)) return false;
  return true;
}
