import type { Uuid } from '../../base/uuid.ts';
import { E, errorOf, isRetriable, type ErrorSpec } from '../../protocol/errors.ts';
import { brokerError, KafkaError } from '../client-error.ts';
import type { GroupMember, MemberAnswer, MemberRequest, MemberStep } from './member-step.ts';
import { byTopic, difference, type TopicPartition } from './topic-partition.ts';

const LEAVING_EPOCH = -1;
/** A static member that will be back: its partitions wait for it. */
const STATIC_LEAVING_EPOCH = -2;
const FIRST_HEARTBEAT_MS = 1000;

export interface ModernMemberSettings {
  readonly groupId: string;
  readonly groupInstanceId: string | null;
  readonly serverAssignor: string | null;
  readonly rebalanceTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly rackId: string;
  /** Made by the client, new for each consumer (KIP-1082). */
  readonly memberId: string;
  /** A pattern in RE2 for the broker; the topics count besides. */
  readonly pattern: string | null;
  /** Topics as they are known now. */
  readonly topicName: (topicId: Uuid) => string | undefined;
  readonly topicId: (name: string) => Uuid | undefined;
}

type Handling = { readonly kind: 'revoke' | 'lose' | 'assign'; readonly partitions: readonly TopicPartition[] };

/**
 * A member of a KIP-848 group: one heartbeat says what it wants and has, the answer what it shall have (Kafka's
 * ConsumerMembershipManager). It lets go first, then takes, then tells.
 */
export class ModernMember implements GroupMember {
  readonly memberId: string;
  readonly #settings: ModernMemberSettings;
  #topics: readonly string[];
  #epoch = 0;
  #owned: readonly TopicPartition[] = [];
  #target: readonly TopicPartition[] | undefined;
  #handlings: Handling[] = [];
  #isHandling = false;
  /** All fields go into the next heartbeat: it joins, or an answer was lost. */
  #tellsAll = true;
  #tellsTopics = false;
  #tellsOwned = false;
  #isAway = false;
  #intervalMs = FIRST_HEARTBEAT_MS;
  #nextHeartbeatMs = 0;
  #notBeforeMs = 0;
  #isCoordinatorDoubtful = false;
  #error: KafkaError | undefined;

  constructor(settings: ModernMemberSettings, topics: readonly string[]) {
    this.#settings = settings;
    this.#topics = topics;
    this.memberId = settings.memberId;
  }

  get generationId(): number {
    return this.#epoch === 0 ? -1 : this.#epoch;
  }

  takeCoordinatorDoubt(): boolean {
    const isDoubtful = this.#isCoordinatorDoubtful;
    this.#isCoordinatorDoubtful = false;
    return isDoubtful;
  }

  decide(nowMs: number): MemberStep {
    if (this.#error !== undefined) return { kind: 'failed', error: this.#error };
    if (this.#handlings.length === 0) this.#reconcile();
    const [handling] = this.#handlings;
    if (handling !== undefined && !this.#isHandling) {
      this.#isHandling = true;
      return handling.kind === 'lose' ? { kind: 'lose', partitions: this.#owned } : handling;
    }
    // Who was fenced comes back with nothing in hand.
    const isLosing = handling !== undefined && this.#epoch === 0;
    if (this.#isAway || isLosing) return { kind: 'wait', untilMs: Number.POSITIVE_INFINITY };
    const isUrgent = this.#tellsAll || this.#tellsTopics || this.#tellsOwned;
    const dueMs = Math.max(isUrgent ? 0 : this.#nextHeartbeatMs, this.#notBeforeMs);
    if (dueMs > nowMs) return { kind: 'wait', untilMs: dueMs };
    return { kind: 'send', request: this.#heartbeat() };
  }

  answered(answer: MemberAnswer, nowMs: number): void {
    if (answer.api !== 'consumer-heartbeat' || this.#isAway) return;
    const { body } = answer;
    const error = errorOf(body.errorCode);
    if (error !== E.NONE) {
      this.#refused(error, body.errorMessage, nowMs);
      return;
    }
    this.#epoch = body.memberEpoch;
    this.#intervalMs = body.heartbeatIntervalMs;
    this.#nextHeartbeatMs = nowMs + this.#intervalMs;
    if (body.assignment === null) return;
    this.#target = body.assignment.topicPartitions.flatMap(({ topicId, partitions }) => {
      const topic = this.#settings.topicName(topicId);
      // A topic that is gone again: the next assignment will be without it.
      return topic === undefined ? [] : partitions.map((partition) => ({ topic, partition }));
    });
  }

  unanswered(nowMs: number): void {
    this.#isCoordinatorDoubtful = true;
    this.#tellsAll = true;
    this.#notBeforeMs = nowMs + this.#settings.retryBackoffMs;
  }

  handled(): void {
    const handling = this.#handlings.shift();
    this.#isHandling = false;
    if (handling === undefined) return;
    if (handling.kind === 'lose') this.#owned = [];
    else if (handling.kind === 'assign') this.#owned = [...this.#owned, ...handling.partitions];
    else this.#owned = difference(this.#owned, handling.partitions);
    if (this.#handlings.length === 0) this.#tellsOwned = true;
  }

  /** Never asked for: the broker divides. */
  divided(): void {}

  resubscribe(topics: readonly string[]): void {
    this.#topics = topics;
    this.#tellsTopics = true;
  }

  goodbye(): MemberRequest | undefined {
    if (this.#epoch === 0 || this.#isAway) return undefined;
    const { groupId, groupInstanceId } = this.#settings;
    const memberEpoch = groupInstanceId === null ? LEAVING_EPOCH : STATIC_LEAVING_EPOCH;
    const body = { groupId, memberId: this.memberId, instanceId: groupInstanceId, memberEpoch };
    return { api: 'consumer-heartbeat', body };
  }

  drop(): void {
    this.#startOver();
    this.#owned = [];
    this.#handlings = [];
    this.#isHandling = false;
    this.#isAway = true;
  }

  comeBack(): void {
    this.#isAway = false;
  }

  #reconcile(): void {
    const target = this.#target;
    if (target === undefined) return;
    this.#target = undefined;
    const going = difference(this.#owned, target);
    const coming = difference(target, this.#owned);
    if (going.length > 0) this.#handlings.push({ kind: 'revoke', partitions: going });
    if (coming.length > 0) this.#handlings.push({ kind: 'assign', partitions: coming });
    if (this.#handlings.length === 0) this.#tellsOwned = true;
  }

  #heartbeat(): MemberRequest {
    const { groupId, groupInstanceId, rackId, rebalanceTimeoutMs, serverAssignor, pattern } = this.#settings;
    const isFull = this.#tellsAll;
    const body = {
      groupId,
      memberId: this.memberId,
      memberEpoch: this.#epoch,
      instanceId: groupInstanceId,
      rackId: isFull && rackId !== '' ? rackId : null,
      rebalanceTimeoutMs: isFull ? rebalanceTimeoutMs : -1,
      subscribedTopicNames: isFull || this.#tellsTopics ? this.#topics.toSorted() : null,
      subscribedTopicRegex: isFull ? pattern : null,
      serverAssignor: isFull ? serverAssignor : null,
      topicPartitions: isFull || this.#tellsOwned ? this.#ownedById() : null,
    };
    this.#tellsAll = false;
    this.#tellsTopics = false;
    this.#tellsOwned = false;
    return { api: 'consumer-heartbeat', body };
  }

  #ownedById(): { topicId: Uuid; partitions: number[] }[] {
    return [...byTopic(this.#owned)].flatMap(([topic, items]) => {
      const topicId = this.#settings.topicId(topic);
      return topicId === undefined ? [] : [{ topicId, partitions: items.map(({ partition }) => partition) }];
    });
  }

  #refused(error: ErrorSpec, message: string | null, nowMs: number): void {
    if (error === E.FENCED_MEMBER_EPOCH || error === E.UNKNOWN_MEMBER_ID) {
      this.#lose();
      return;
    }
    if (isRetriable(error)) {
      if (error !== E.COORDINATOR_LOAD_IN_PROGRESS) this.#isCoordinatorDoubtful = true;
      this.#tellsAll = true;
      this.#notBeforeMs = nowMs + this.#settings.retryBackoffMs;
      return;
    }
    this.#error = brokerError(error, `group ${this.#settings.groupId}${message === null ? '' : ` (${message})`}`);
  }

  #lose(): void {
    this.#startOver();
    this.#handlings = this.#handlings.slice(0, this.#isHandling ? 1 : 0);
    if (this.#owned.length > 0 || this.#isHandling) this.#handlings.push({ kind: 'lose', partitions: [] });
  }

  #startOver(): void {
    this.#epoch = 0;
    this.#target = undefined;
    this.#tellsAll = true;
  }
}
