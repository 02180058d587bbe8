import type { Uuid } from '../../base/uuid.ts';
import type { Assignment } from './assignor/partition-assignor.ts';
import { isReconciledTo, type ConsumerMember } from './consumer-member.ts';
import { PartitionOwners } from './partition-owners.ts';
import { CONSUMER_PROTOCOL_TYPE } from './subscription.ts';
import { Tally } from './tally.ts';

/** The states of a consumer group, by the names that clients and tools see. */
export const ConsumerGroupState = {
  empty: 'Empty',
  /** The group has changed and the assignment has not followed yet. */
  assigning: 'Assigning',
  /** Members are still on their way to the assignment. */
  reconciling: 'Reconciling',
  stable: 'Stable',
} as const;
export type ConsumerGroupState = (typeof ConsumerGroupState)[keyof typeof ConsumerGroupState];

/** The topics that a pattern was found to match. */
export interface ResolvedPattern {
  readonly topics: ReadonlySet<string>;
  /** Revision of the metadata that was looked through. */
  readonly revision: number;
  readonly timestampMs: number;
}

export const NO_ASSIGNMENT: Assignment = new Map();

/** The epochs of a group that nothing has happened to. */
const INITIAL_EPOCH = 1;
/** The metadata of a group that nobody tells of a change is looked at again after this time, as in Kafka. */
const METADATA_REFRESH_MS = 0x7fff_ffff;

/**
 * A group of the consumer protocol (KIP-848). The group epoch counts what happened to it (members, subscriptions, topics), the
 * target epoch says which of these epochs the target assignment was made for, and each member's epoch how far that member has
 * followed. All of it is recorded; what is set by other ways than the log is marked.
 */
export class ConsumerGroup {
  readonly type = 'consumer';
  readonly protocolType = CONSUMER_PROTOCOL_TYPE;
  readonly id: string;
  epoch = INITIAL_EPOCH;
  /** Over the topics that the group epoch was made with. */
  metadataHash = 0n;
  targetEpoch = INITIAL_EPOCH;
  /** When the target assignment was made, in wall-clock milliseconds; 0 when that is not known. */
  targetTimestampMs = 0;
  readonly targets = new Map<string, Assignment>();
  readonly patterns = new Map<string, ResolvedPattern>();
  /** The log holds a record of the topics as Kafka before 4.1 wrote it. */
  hasTopicsRecord = false;
  /** Not recorded: classic members that were told to join again and have not done so yet. */
  readonly rejoining = new Set<string>();
  /** Not recorded: when the topics of a pattern were last too many for a record. */
  patternsFailedMs = -Infinity;
  /** Not recorded: the patterns are being matched just now. */
  isResolvingPatterns = false;
  readonly #members = new Map<string, ConsumerMember>();
  /** Member ids by instance id. */
  readonly #staticMembers = new Map<string, string>();
  readonly #owners = new PartitionOwners();
  readonly #byName = new Tally();
  readonly #byPattern = new Tally();
  readonly #patternMembers = new Tally();
  readonly #assignors = new Tally();
  readonly #classicProtocols = new Tally();
  #classicMembers = 0;
  /** Not recorded: when the metadata has to be compared again, and the group epoch that this was noted in. */
  #refresh = { atMs: 0, epoch: 0 };

  constructor(id: string) {
    this.id = id;
  }

  get members(): ReadonlyMap<string, ConsumerMember> {
    return this.#members;
  }

  get state(): ConsumerGroupState {
    if (this.#members.size === 0) return ConsumerGroupState.empty;
    if (this.epoch > this.targetEpoch) return ConsumerGroupState.assigning;
    for (const member of this.#members.values()) {
      if (!isReconciledTo(member, this.targetEpoch)) return ConsumerGroupState.reconciling;
    }
    return ConsumerGroupState.stable;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  /** Members that speak the classic protocol. */
  get classicMemberCount(): number {
    return this.#classicMembers;
  }

  /** Different patterns that members subscribe to. */
  get patternCount(): number {
    return this.#patternMembers.size;
  }

  /** When the patterns were last matched, in wall-clock milliseconds; long ago when they never were. */
  get patternsRefreshedMs(): number {
    for (const { timestampMs } of this.patterns.values()) return Math.max(timestampMs, this.patternsFailedMs);
    return this.patternsFailedMs;
  }

  /** Revision of the metadata that the patterns were last matched with. */
  get patternsRevision(): number {
    for (const { revision } of this.patterns.values()) return revision;
    return 0;
  }

  subscribedPatterns(): string[] {
    return [...this.#patternMembers.keys()];
  }

  /** How many members subscribe to `pattern`. */
  patternMembers(pattern: string): number {
    return this.#patternMembers.count(pattern);
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    const memberId = this.#staticMembers.get(instanceId);
    return memberId === undefined ? undefined : this.#members.get(memberId);
  }

  target(memberId: string): Assignment {
    return this.targets.get(memberId) ?? NO_ASSIGNMENT;
  }

  /** Whether some member holds the partition or is still to give it back. */
  isOwned(topicId: Uuid, partition: number): boolean {
    return this.#owners.isOwned(topicId, partition);
  }

  isSubscribedTo(topic: string): boolean {
    return this.#byName.has(topic) || this.#byPattern.has(topic);
  }

  /** Topics that some member reads, by name or by a resolved pattern. */
  subscribedTopics(): Set<string> {
    return new Set([...this.#byName.keys(), ...this.#byPattern.keys()]);
  }

  /** The topics of one member: those it names and those its pattern was found to match. */
  topicsOf(member: ConsumerMember): ReadonlySet<string> {
    const matched = member.pattern === '' ? undefined : this.patterns.get(member.pattern)?.topics;
    if (matched === undefined || matched.size === 0) return member.topics;
    return member.topics.size === 0 ? matched : new Set([...member.topics, ...matched]);
  }

  /** The assignor that most members want; undefined when none wants one. */
  preferredAssignor(names: readonly string[]): string | undefined {
    let best: string | undefined;
    for (const name of names) {
      if (this.#assignors.count(name) > (best === undefined ? 0 : this.#assignors.count(best))) best = name;
    }
    return best;
  }

  /** Whether a classic member with these protocols can be beside those there are: one has to be known to all. */
  supportsClassic(protocolType: string, protocolNames: readonly string[]): boolean {
    if (protocolType !== CONSUMER_PROTOCOL_TYPE) return false;
    return protocolNames.some((name) => this.#classicProtocols.count(name) === this.#classicMembers);
  }

  isRefreshDue(nowMs: number): boolean {
    return nowMs >= this.#refresh.atMs || this.epoch < this.#refresh.epoch;
  }

  /** The topics were compared with the group's epoch. */
  refreshed(nowMs: number): void {
    this.#refresh = { atMs: nowMs + METADATA_REFRESH_MS, epoch: this.epoch };
  }

  /** Topics that the group reads have changed: with the next heartbeat the epoch follows. */
  requestRefresh(): void {
    this.#refresh = { atMs: 0, epoch: 0 };
  }

  /** Puts a member into the group, in the place of its former self if there is one. */
  put(member: ConsumerMember): void {
    const former = this.#members.get(member.id);
    this.#members.set(member.id, member);
    if (former !== undefined) this.#uncount(former);
    this.#count(member);
    if (member.instanceId !== null) this.#staticMembers.set(member.instanceId, member.id);
  }

  remove(memberId: string): void {
    const former = this.#members.get(memberId);
    if (former === undefined) return;
    this.#members.delete(memberId);
    this.#uncount(former);
    const { instanceId } = former;
    if (instanceId !== null && this.#staticMembers.get(instanceId) === memberId) this.#staticMembers.delete(instanceId);
  }

  /** The topics that `pattern` matches now; undefined forgets them. */
  resolve(pattern: string, resolved: ResolvedPattern | undefined): void {
    const former = this.patterns.get(pattern);
    for (const topic of former?.topics ?? []) this.#byPattern.remove(topic);
    if (resolved === undefined) {
      this.patterns.delete(pattern);
      return;
    }
    this.patterns.set(pattern, resolved);
    for (const topic of resolved.topics) this.#byPattern.add(topic);
  }

  #count(member: ConsumerMember): void {
    for (const topic of member.topics) this.#byName.add(topic);
    if (member.pattern !== '') this.#patternMembers.add(member.pattern);
    if (member.serverAssignor !== null) this.#assignors.add(member.serverAssignor);
    if (member.classic !== null) {
      this.#classicMembers++;
      for (const { name } of member.classic.protocols) this.#classicProtocols.add(name);
    }
    this.#owners.add(member.assigned, member.epoch);
    this.#owners.add(member.pendingRevocation, member.epoch);
  }

  #uncount(member: ConsumerMember): void {
    for (const topic of member.topics) this.#byName.remove(topic);
    if (member.pattern !== '') this.#patternMembers.remove(member.pattern);
    if (member.serverAssignor !== null) this.#assignors.remove(member.serverAssignor);
    if (member.classic !== null) {
      this.#classicMembers--;
      for (const { name } of member.classic.protocols) this.#classicProtocols.remove(name);
    }
    this.#owners.remove(member.assigned, member.epoch);
    this.#owners.remove(member.pendingRevocation, member.epoch);
  }
}
