import { E, errorOf, isRetriable, type ErrorSpec } from '../../protocol/errors.ts';
import { brokerError, type KafkaError } from '../client-error.ts';
import { isCooperative } from './assignors.ts';
import type { AssignorName } from './consumer-options.ts';
import { readAssignment, readSubscription, writeAssignment, writeSubscription } from './embedded-metadata.ts';
import type { GroupMember, MemberAnswer, MemberRequest, MemberStep, MemberSubscription } from './member-step.ts';
import { difference, type TopicPartition } from './topic-partition.ts';

const PROTOCOL_TYPE = 'consumer';
const NO_GENERATION = -1;

export interface ClassicMemberSettings {
  readonly groupId: string;
  readonly groupInstanceId: string | null;
  readonly assignors: readonly AssignorName[];
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** How long a rebalance waits for its members: the consumer's `maxPollIntervalMs`. */
  readonly rebalanceTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly rackId: string;
}

/**
 * `away`: wants no membership. `preparing`: the owner lets go of partitions before the join. `joining`, `dividing`, `syncing`: a
 * rebalance. `settling`: the owner takes what came and lets go of what went. `stable`: heartbeats.
 */
type Phase = 'away' | 'unjoined' | 'preparing' | 'joining' | 'dividing' | 'syncing' | 'settling' | 'stable' | 'failed';

type Handling = { readonly kind: 'revoke' | 'lose' | 'assign'; readonly partitions: readonly TopicPartition[] };

/** A member of a classic group (Kafka's ConsumerCoordinator): JoinGroup, SyncGroup, Heartbeat, eager or cooperative. */
export class ClassicMember implements GroupMember {
  readonly #settings: ClassicMemberSettings;
  readonly #isCooperative: boolean;
  #topics: readonly string[];
  #phase: Phase = 'unjoined';
  #memberId = '';
  #generationId = NO_GENERATION;
  #protocolName = '';
  #owned: readonly TopicPartition[] = [];
  #previous: readonly TopicPartition[] = [];
  /** What the owner is to do, in order; the first is under way when {@link #isHandling}. */
  #handlings: Handling[] = [];
  #isHandling = false;
  #members: readonly MemberSubscription[] | undefined;
  #assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[] = [];
  #wantsRejoin = false;
  #nextHeartbeatMs = 0;
  #notBeforeMs = 0;
  #isCoordinatorDoubtful = false;
  #error: KafkaError | undefined;

  constructor(settings: ClassicMemberSettings, topics: readonly string[]) {
    this.#settings = settings;
    this.#topics = topics;
    this.#isCooperative = isCooperative(settings.assignors);
  }

  get memberId(): string {
    return this.#memberId;
  }

  get generationId(): number {
    return this.#generationId;
  }

  takeCoordinatorDoubt(): boolean {
    const isDoubtful = this.#isCoordinatorDoubtful;
    this.#isCoordinatorDoubtful = false;
    return isDoubtful;
  }

  decide(nowMs: number): MemberStep {
    if (this.#error !== undefined) return { kind: 'failed', error: this.#error };
    const [handling] = this.#handlings;
    if (handling !== undefined && !this.#isHandling) {
      this.#isHandling = true;
      return handling.kind === 'lose' ? { kind: 'lose', partitions: this.#owned } : handling;
    }
    if (handling !== undefined) return this.#beat(nowMs);
    if (this.#notBeforeMs > nowMs) return { kind: 'wait', untilMs: this.#notBeforeMs };
    switch (this.#phase) {
      case 'away':
      case 'failed':
        return { kind: 'wait', untilMs: Number.POSITIVE_INFINITY };
      case 'unjoined':
        return this.#prepare(nowMs);
      case 'preparing':
      case 'joining':
        this.#phase = 'joining';
        return { kind: 'send', request: { api: 'join', body: this.#joinBody() } };
      case 'dividing':
        return this.#divide(nowMs);
      case 'syncing':
        return { kind: 'send', request: this.#sync() };
      case 'settling':
        this.#phase = this.#wantsRejoin ? 'unjoined' : 'stable';
        return this.decide(nowMs);
      case 'stable':
        if (this.#wantsRejoin) {
          this.#phase = 'unjoined';
          return this.decide(nowMs);
        }
        return this.#beat(nowMs);
      default:
        return this.#phase satisfies never;
    }
  }

  answered(answer: MemberAnswer, nowMs: number): void {
    if (this.#phase === 'away') return;
    this.#nextHeartbeatMs = nowMs + this.#settings.heartbeatIntervalMs;
    const error = errorOf(answer.body.errorCode);
    if (error !== E.NONE) {
      if (answer.api === 'join' && error === E.MEMBER_ID_REQUIRED) this.#memberId = answer.body.memberId;
      else this.#refused(answer.api, error, nowMs);
      return;
    }
    if (answer.api === 'join') this.#joined(answer.body);
    else if (answer.api === 'sync') this.#synced(answer.body.assignment);
  }

  unanswered(nowMs: number): void {
    this.#isCoordinatorDoubtful = true;
    this.#notBeforeMs = nowMs + this.#settings.retryBackoffMs;
    if (this.#phase === 'syncing' || this.#phase === 'dividing') this.#rejoin();
  }

  handled(): void {
    const handling = this.#handlings.shift();
    this.#isHandling = false;
    if (handling === undefined) return;
    if (handling.kind === 'assign') this.#owned = [...this.#owned, ...handling.partitions];
    else if (handling.kind === 'lose') this.#owned = [];
    else this.#owned = difference(this.#owned, handling.partitions);
  }

  divided(assignment: ReadonlyMap<string, readonly TopicPartition[]>): void {
    if (this.#phase !== 'dividing') return;
    this.#assignments = [...assignment].map(([memberId, partitions]) => ({
      memberId,
      assignment: writeAssignment(partitions),
    }));
    this.#phase = 'syncing';
  }

  resubscribe(topics: readonly string[]): void {
    this.#topics = topics;
    this.#wantsRejoin = true;
  }

  /** Static members stay in the group until their session times out (KIP-345). */
  goodbye(): MemberRequest | undefined {
    const { groupId, groupInstanceId } = this.#settings;
    if (this.#memberId === '' || groupInstanceId !== null) return undefined;
    const memberId = this.#memberId;
    return { api: 'leave', body: { groupId, memberId, members: [{ memberId, groupInstanceId, reason: 'closed' }] } };
  }

  drop(): void {
    this.#owned = [];
    this.#handlings = [];
    this.#isHandling = false;
    this.#forgetMembership();
    this.#phase = 'away';
  }

  comeBack(): void {
    if (this.#phase === 'away') this.#phase = 'unjoined';
  }

  /** Eager members give up all before they join; cooperative ones only what they no longer want. */
  #prepare(nowMs: number): MemberStep {
    this.#wantsRejoin = false;
    this.#phase = 'preparing';
    const topics = new Set(this.#topics);
    const going = this.#isCooperative ? this.#owned.filter(({ topic }) => !topics.has(topic)) : this.#owned;
    if (going.length > 0) this.#handlings.push({ kind: 'revoke', partitions: going });
    return this.decide(nowMs);
  }

  #joinBody(): Extract<MemberRequest, { api: 'join' }>['body'] {
    const { groupId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs, assignors, rackId } = this.#settings;
    const own = {
      topics: this.#topics,
      owned: this.#isCooperative ? this.#owned : [],
      previous: this.#previous,
      generation: this.#generationId,
      rackId,
    };
    return {
      groupId,
      groupInstanceId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId: this.#memberId,
      protocolType: PROTOCOL_TYPE,
      protocols: assignors.map((name) => ({ name, metadata: writeSubscription(name, own) })),
    };
  }

  #joined(body: Extract<MemberAnswer, { api: 'join' }>['body']): void {
    this.#memberId = body.memberId;
    this.#generationId = body.generationId;
    this.#protocolName = body.protocolName ?? '';
    this.#assignments = [];
    this.#members = undefined;
    const isLeader = body.leader === body.memberId && !body.skipAssignment;
    this.#phase = isLeader ? 'dividing' : 'syncing';
    if (isLeader) this.#members = body.members.map((member) => readSubscription(this.#protocolName, member));
  }

  #divide(nowMs: number): MemberStep {
    const members = this.#members;
    if (members === undefined) return this.#beat(nowMs);
    this.#members = undefined;
    return { kind: 'divide', assignor: this.#protocolName, members };
  }

  #sync(): MemberRequest {
    const { groupId, groupInstanceId } = this.#settings;
    const body = {
      groupId,
      groupInstanceId,
      generationId: this.#generationId,
      memberId: this.#memberId,
      protocolType: PROTOCOL_TYPE,
      protocolName: this.#protocolName,
      assignments: this.#assignments,
    };
    return { api: 'sync', body };
  }

  #synced(bytes: Uint8Array): void {
    const target = readAssignment(bytes);
    const going = difference(this.#owned, target);
    const coming = difference(target, this.#owned);
    this.#previous = target;
    this.#phase = 'settling';
    if (going.length > 0) {
      this.#handlings.push({ kind: 'revoke', partitions: going });
      // What was let go is free only now: the group has to divide once more (KIP-429).
      this.#wantsRejoin = true;
    }
    this.#handlings.push({ kind: 'assign', partitions: coming });
  }

  #beat(nowMs: number): MemberStep {
    const isMember = this.#generationId !== NO_GENERATION;
    if (!isMember) return { kind: 'wait', untilMs: Number.POSITIVE_INFINITY };
    const dueMs = Math.max(this.#nextHeartbeatMs, this.#notBeforeMs);
    if (nowMs < dueMs) return { kind: 'wait', untilMs: dueMs };
    const { groupId, groupInstanceId } = this.#settings;
    const body = { groupId, groupInstanceId, generationId: this.#generationId, memberId: this.#memberId };
    return { kind: 'send', request: { api: 'heartbeat', body } };
  }

  #refused(api: MemberAnswer['api'], error: ErrorSpec, nowMs: number): void {
    if (error === E.REBALANCE_IN_PROGRESS) {
      this.#rejoin();
      return;
    }
    if (error === E.UNKNOWN_MEMBER_ID || error === E.ILLEGAL_GENERATION) {
      this.#lose();
      return;
    }
    if (isRetriable(error)) {
      if (error !== E.COORDINATOR_LOAD_IN_PROGRESS) this.#isCoordinatorDoubtful = true;
      this.#notBeforeMs = nowMs + this.#settings.retryBackoffMs;
      if (api === 'sync') this.#rejoin();
      return;
    }
    this.#phase = 'failed';
    this.#error = brokerError(error, `group ${this.#settings.groupId}`);
  }

  /** The group went on without this member: what it held may be somebody else's already. */
  #lose(): void {
    this.#forgetMembership();
    this.#phase = 'unjoined';
    this.#handlings = this.#handlings.slice(0, this.#isHandling ? 1 : 0);
    // What is lost is counted when its turn comes: the handling under way may still change it.
    if (this.#owned.length > 0 || this.#isHandling) this.#handlings.push({ kind: 'lose', partitions: [] });
  }

  #forgetMembership(): void {
    this.#memberId = '';
    this.#generationId = NO_GENERATION;
    this.#wantsRejoin = false;
  }

  #rejoin(): void {
    if (this.#phase === 'stable' || this.#phase === 'settling') this.#wantsRejoin = true;
    else if (this.#phase === 'syncing' || this.#phase === 'dividing' || this.#phase === 'joining')
      this.#phase = 'unjoined';
  }
}
