import { assert } from '../../base/assert.ts';
import { ClassicMember } from './classic-member.ts';
import type { GroupValue } from './group-records.ts';
import type { MemberProtocol } from './member-protocol.ts';
import { CONSUMER_PROTOCOL_TYPE, subscribedTopics } from './subscription.ts';

/** The states of a classic group, by the names that clients and tools see. */
export const ClassicState = {
  empty: 'Empty',
  preparingRebalance: 'PreparingRebalance',
  completingRebalance: 'CompletingRebalance',
  stable: 'Stable',
  dead: 'Dead',
} as const;
export type ClassicState = (typeof ClassicState)[keyof typeof ClassicState];

/**
 * A group of the classic protocol: who belongs to it and how far its rebalance is. Only what a finished rebalance agreed
 * on is recorded ({@link restore}); a rebalance under way is lost when the coordinator moves, and members join anew.
 * The rules of who may do what when are in classic-join.ts, classic-sync.ts and their neighbours.
 */
export class ClassicGroup {
  readonly type = 'classic';
  readonly id: string;
  readonly members = new Map<string, ClassicMember>();
  /** Member ids by instance id. */
  readonly staticMembers = new Map<string, string>();
  /** Ids handed out to clients that are to join with them (KIP-394). */
  readonly pendingMembers = new Set<string>();
  /** Members of the current generation that have not sent SyncGroup yet. */
  readonly pendingSync = new Set<string>();
  /** Somebody joined since the initial rebalance delay was last put off. */
  hasNewJoin = false;
  protocolType: string | null = null;
  protocolName: string | null = null;
  leaderId: string | null = null;
  generation = 0;
  /** Topics that the members consume, of all members; undefined when that cannot be known. */
  subscribed: ReadonlySet<string> | undefined;
  /** When the current state was entered, in wall-clock milliseconds; -1 in records of old Kafkas. */
  stateTimestampMs = -1;
  /** Whether the log holds a record of the group. */
  isStored = false;
  #state: ClassicState = ClassicState.empty;
  #previousState: ClassicState = ClassicState.empty;

  constructor(id: string) {
    this.id = id;
  }

  get state(): ClassicState {
    return this.#state;
  }

  get previousState(): ClassicState {
    return this.#previousState;
  }

  /** It has no members, and none is about to be one. */
  get isEmpty(): boolean {
    return this.#state === ClassicState.empty;
  }

  get isConsumerGroup(): boolean {
    return this.protocolType === CONSUMER_PROTOCOL_TYPE;
  }

  get awaitingJoinCount(): number {
    let count = 0;
    for (const member of this.members.values()) if (member.awaitingJoin !== undefined) count++;
    return count;
  }

  get hasAllJoined(): boolean {
    return this.pendingMembers.size === 0 && this.awaitingJoinCount === this.members.size;
  }

  /** The longest time that a member wants to be waited for. */
  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs);
    return longest;
  }

  transitionTo(state: ClassicState, nowMs: number): void {
    this.#previousState = this.#state;
    this.#state = state;
    this.stateTimestampMs = nowMs;
  }

  /** The group is no more; what still refers to it finds it dead. */
  die(): void {
    this.#state = ClassicState.dead;
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId;
  }

  /** The first member leads and says what kind of group it is. */
  add(member: ClassicMember, protocolType: string): void {
    assert(!this.members.has(member.id), 'a member joins once');
    if (member.instanceId !== null) {
      assert(!this.staticMembers.has(member.instanceId), 'an instance id is taken once');
      this.staticMembers.set(member.instanceId, member.id);
    }
    if (this.members.size === 0) this.protocolType = protocolType;
    this.leaderId ??= member.id;
    this.members.set(member.id, member);
    this.pendingMembers.delete(member.id);
  }

  remove(memberId: string): void {
    const member = this.members.get(memberId);
    this.members.delete(memberId);
    this.pendingMembers.delete(memberId);
    this.pendingSync.delete(memberId);
    if (member !== undefined && member.instanceId !== null) this.staticMembers.delete(member.instanceId);
    if (this.leaderId === memberId) this.leaderId = this.members.keys().next().value ?? null;
  }

  /** Puts `next` into the place of the static member that it follows. */
  replaceStatic(old: ClassicMember, next: ClassicMember): void {
    const wasLeader = this.isLeader(old.id);
    this.members.delete(old.id);
    this.pendingSync.delete(old.id);
    this.members.set(next.id, next);
    if (next.instanceId !== null) this.staticMembers.set(next.instanceId, next.id);
    if (wasLeader) this.leaderId = next.id;
  }

  /** Whether someone of this kind and with these protocols can be a member beside those there are. */
  supports(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (this.#state === ClassicState.empty) return protocolType !== '' && protocols.length > 0;
    return protocolType === this.protocolType && protocols.some(({ name }) => this.#isKnownToAll(name));
  }

  /** Of the protocols that all members know, the one that most members prefer to the others. */
  selectProtocol(): string {
    const votes = new Map<string, number>();
    for (const member of this.members.values()) {
      const vote = member.protocols.find(({ name }) => this.#isKnownToAll(name));
      assert(vote !== undefined, 'members of a group share a protocol');
      votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1);
    }
    let best = '';
    for (const [name, count] of votes) if (best === '' || count > votes.get(best)!) best = name;
    return best;
  }

  /** A leader that did not come back gives way to one that did; false when nobody did. */
  electLeader(): boolean {
    const leader = this.leaderId === null ? undefined : this.members.get(this.leaderId);
    if (leader === undefined) return false;
    if (leader.awaitingJoin !== undefined) return true;
    for (const member of this.members.values()) {
      if (member.awaitingJoin === undefined) continue;
      this.leaderId = member.id;
      return true;
    }
    return false;
  }

  /** The next generation of the members there are, which may be none. */
  startGeneration(nowMs: number): void {
    this.generation++;
    this.pendingSync.clear();
    const isEmpty = this.members.size === 0;
    this.protocolName = isEmpty ? null : this.selectProtocol();
    this.subscribed = this.#subscribedTopics();
    this.transitionTo(isEmpty ? ClassicState.empty : ClassicState.completingRebalance, nowMs);
  }

  /** Whether the group's members consume `topic`; a consumer group that cannot tell is taken to. */
  isSubscribedTo(topic: string): boolean {
    return this.subscribed?.has(topic) ?? this.isConsumerGroup;
  }

  toRecord(assignments: ReadonlyMap<string, Uint8Array>, nowMs: number): GroupValue {
    const members = [];
    for (const member of this.members.values()) {
      members.push(member.toRecord(this.protocolName, assignments.get(member.id) ?? member.assignment));
    }
    return {
      protocolType: this.protocolType ?? '',
      generation: this.generation,
      protocol: this.protocolName,
      leader: this.leaderId,
      currentStateTimestamp: nowMs,
      members,
    };
  }

  /**
   * Makes the group what its record says: Stable with the recorded members and assignments, or Empty. Members that
   * are there already keep what only lives in memory.
   */
  restore(value: GroupValue): void {
    this.isStored = true;
    this.protocolType = value.protocolType === '' ? null : value.protocolType;
    this.generation = value.generation;
    this.protocolName = value.protocol;
    const recorded = new Set(value.members.map(({ memberId }) => memberId));
    for (const id of this.members.keys()) if (!recorded.has(id)) this.remove(id);
    for (const entry of value.members) {
      const present = this.members.get(entry.memberId);
      if (present !== undefined) {
        present.restore(entry, value.protocol);
        continue;
      }
      const member = ClassicMember.fromRecord(entry, value.protocol);
      this.members.set(member.id, member);
      if (member.instanceId !== null) this.staticMembers.set(member.instanceId, member.id);
    }
    this.leaderId = value.leader;
    this.subscribed = this.#subscribedTopics();
    this.transitionTo(recorded.size === 0 ? ClassicState.empty : ClassicState.stable, value.currentStateTimestamp);
  }

  #isKnownToAll(protocolName: string): boolean {
    for (const member of this.members.values()) {
      if (!member.protocols.some(({ name }) => name === protocolName)) return false;
    }
    return true;
  }

  #subscribedTopics(): ReadonlySet<string> | undefined {
    if (!this.isConsumerGroup) return undefined;
    const topics = new Set<string>();
    for (const member of this.members.values()) {
      const subscribed = subscribedTopics(member.metadataFor(this.protocolName));
      if (subscribed === undefined) return undefined;
      for (const topic of subscribed) topics.add(topic);
    }
    return topics;
  }
}
