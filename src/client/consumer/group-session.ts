import { consumerGroupHeartbeat } from '../../protocol/messages/068-consumer-group-heartbeat.ts';
import { heartbeat } from '../../protocol/messages/012-heartbeat.ts';
import { joinGroup } from '../../protocol/messages/011-join-group.ts';
import { leaveGroup } from '../../protocol/messages/013-leave-group.ts';
import { syncGroup } from '../../protocol/messages/014-sync-group.ts';
import type { Timer } from '../../runtime/clock.ts';
import type { BrokerConnection } from '../broker-connection.ts';
import { asKafkaError, KafkaError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import { pause } from '../retry.ts';
import { ASSIGNORS, type Division } from './assignors.ts';
import type { AssignorName, ConsumerSettings } from './consumer-options.ts';
import type { GroupMembership } from './group-offsets.ts';
import type { GroupMember, MemberAnswer, MemberRequest, MemberStep, MemberSubscription } from './member-step.ts';
import type { TopicPartition } from './topic-partition.ts';

/** A join is answered when all others have joined; this much later than they may take, it is given up. */
const JOIN_GRACE_MS = 5000;
const LEAVE_TIMEOUT_MS = 5000;

/** What the session asks of the consumer; all are awaited. */
export interface GroupSessionOwner {
  assigned(partitions: readonly TopicPartition[]): Promise<void>;
  revoked(partitions: readonly TopicPartition[]): Promise<void>;
  lost(partitions: readonly TopicPartition[]): Promise<void>;
  failed(error: KafkaError): void;
}

/** Runs a member of a group: asks it what to do next and does it, on the connection that joins and heartbeats have for themselves. */
export class GroupSession {
  readonly #cluster: Cluster;
  readonly #settings: ConsumerSettings;
  readonly #groupId: string;
  readonly #member: GroupMember;
  readonly #owner: GroupSessionOwner;
  #timer: Timer | undefined;
  #isSending = false;
  #isClosed = false;
  /** Changes when the member starts over: what was being done for it before counts no more. */
  #era = 0;
  /** Partitions by topic, as this member last divided them. */
  #divided = new Map<string, number>();

  constructor(
    cluster: Cluster,
    settings: ConsumerSettings & { readonly groupId: string },
    member: GroupMember,
    owner: GroupSessionOwner,
  ) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#groupId = settings.groupId;
    this.#member = member;
    this.#owner = owner;
  }

  get membership(): GroupMembership {
    const { memberId, generationId } = this.#member;
    const isMember = generationId >= 0;
    return {
      groupId: this.#groupId,
      memberId: isMember ? memberId : '',
      generationId,
      groupInstanceId: isMember ? this.#settings.groupInstanceId : null,
    };
  }

  /** Topics that this member divided as the leader of a classic group: it has to notice when they grow. */
  get dividedTopics(): string[] {
    return [...this.#divided.keys()];
  }

  start(): void {
    this.#member.comeBack();
    this.#wake();
  }

  resubscribe(topics: readonly string[]): void {
    this.#member.resubscribe(topics);
    this.#wake();
  }

  /** The metadata is new: a leader whose topics grew has the group divide anew. */
  metadataChanged(topics: readonly string[]): void {
    const hasGrown = [...this.#divided].some(
      ([topic, count]) => (this.#cluster.view.topic(topic)?.partitions.length ?? count) !== count,
    );
    if (hasGrown) this.resubscribe(topics);
  }

  /** Leaves the group, to be started again or not. Does not reject: who cannot be told finds out by itself. */
  async leave(): Promise<void> {
    this.#era++;
    this.#timer?.cancel();
    this.#timer = undefined;
    const request = this.#member.goodbye();
    this.#member.drop();
    this.#divided = new Map();
    if (request === undefined) return;
    const { runtime } = this.#cluster;
    const told = this.#tell(request).catch((error: unknown) => {
      runtime.logger.debug('the group was not told of a leave', { err: error, group: this.#groupId });
    });
    // Looking for the coordinator may take longer than anybody wants to wait for a goodbye; a timer left running would hold up the process.
    const isTold = new AbortController();
    const late = pause(runtime, LEAVE_TIMEOUT_MS, isTold.signal).catch(() => {});
    await Promise.race([told, late]);
    isTold.abort();
  }

  async #tell(request: MemberRequest): Promise<void> {
    // Not on the connection of joins: a join that is parked there would hold this up.
    const connection = await this.#cluster.coordinator('group', this.#groupId, 'requests');
    await send(connection, request, LEAVE_TIMEOUT_MS);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.leave();
  }

  #wake(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#isClosed) return;
    for (;;) {
      const step = this.#decide();
      switch (step.kind) {
        case 'send':
          if (!this.#isSending) void this.#send(step.request);
          return;
        case 'revoke':
        case 'lose':
        case 'assign':
          void this.#handle(step.kind, step.partitions);
          break;
        case 'divide':
          void this.#divide(step.assignor, step.members);
          break;
        case 'wait':
          this.#waitUntil(step.untilMs);
          return;
        case 'failed':
          this.#isClosed = true;
          this.#owner.failed(step.error);
          return;
        default:
          step satisfies never;
      }
    }
  }

  /** While an answer is awaited only what the owner has to do may start. */
  #decide(): MemberStep {
    if (this.#isSending) return { kind: 'wait', untilMs: Number.POSITIVE_INFINITY };
    return this.#member.decide(this.#now());
  }

  async #send(request: MemberRequest): Promise<void> {
    this.#isSending = true;
    const era = this.#era;
    try {
      const answer = await this.#ask(request);
      if (era === this.#era) this.#member.answered(answer, this.#now());
    } catch (thrown) {
      const error = asKafkaError(thrown, `group ${this.#groupId}`);
      if (era === this.#era) {
        if (error.retriable || error.code === 'CLOSED') this.#member.unanswered(this.#now());
        else this.#fail(error);
      }
    } finally {
      this.#isSending = false;
      this.#wake();
    }
  }

  async #ask(request: MemberRequest): Promise<MemberAnswer> {
    if (this.#member.takeCoordinatorDoubt()) this.#cluster.forgetCoordinator('group', this.#groupId);
    const connection = await this.#cluster.coordinator('group', this.#groupId);
    const joinMs = this.#settings.maxPollIntervalMs + JOIN_GRACE_MS;
    const { requestTimeoutMs } = this.#cluster.settings;
    const isLong = request.api === 'join' || request.api === 'sync';
    const answer = await send(connection, request, isLong ? Math.max(joinMs, requestTimeoutMs) : requestTimeoutMs);
    if (answer.api === 'consumer-heartbeat') await this.#learnTopics(answer.body);
    return answer;
  }

  /** Assignments name topics by id: those that are not known, by a pattern or made since, are asked for. */
  async #learnTopics({ assignment }: Extract<MemberAnswer, { api: 'consumer-heartbeat' }>['body']): Promise<void> {
    if (assignment === null) return;
    const known = new Set([...this.#cluster.view.topics.values()].map(({ topicId }) => topicId));
    if (assignment.topicPartitions.every(({ topicId }) => known.has(topicId))) return;
    await this.#cluster.refresh(null);
  }

  async #handle(kind: 'revoke' | 'lose' | 'assign', partitions: readonly TopicPartition[]): Promise<void> {
    const era = this.#era;
    try {
      if (kind === 'revoke') await this.#owner.revoked(partitions);
      else if (kind === 'lose') await this.#owner.lost(partitions);
      else await this.#owner.assigned(partitions);
    } catch (error) {
      if (era === this.#era) this.#fail(asKafkaError(error, `rebalance of group ${this.#groupId}`));
      return;
    }
    if (era !== this.#era) return;
    this.#member.handled(this.#now());
    this.#wake();
  }

  async #divide(assignor: string, members: readonly MemberSubscription[]): Promise<void> {
    const era = this.#era;
    try {
      const division = await this.#division(assignor, members);
      if (era === this.#era) this.#member.divided(division, this.#now());
    } catch (thrown) {
      if (era !== this.#era) return;
      const error = asKafkaError(thrown, `division of group ${this.#groupId}`);
      if (error.retriable) this.#member.unanswered(this.#now());
      else this.#fail(error);
    }
    this.#wake();
  }

  async #division(assignor: string, members: readonly MemberSubscription[]): Promise<Division> {
    const topics = [...new Set(members.flatMap((member) => member.topics))].toSorted();
    const view = await this.#cluster.refresh(topics, { mayCreate: this.#settings.allowAutoCreateTopics });
    const counts = new Map(topics.map((topic) => [topic, view.topic(topic)?.partitions.length ?? 0]));
    this.#divided = counts;
    return ASSIGNORS[assignor as AssignorName](members, counts);
  }

  #fail(error: KafkaError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#owner.failed(error);
  }

  #waitUntil(untilMs: number): void {
    if (!Number.isFinite(untilMs)) return;
    this.#timer = this.#cluster.runtime.timers.set(Math.max(1, untilMs - this.#now()), () => this.#wake());
  }

  #now(): number {
    return this.#cluster.runtime.clock.monotonicMs();
  }
}

async function send(connection: BrokerConnection, request: MemberRequest, timeoutMs: number): Promise<MemberAnswer> {
  const { api } = request;
  switch (api) {
    case 'join':
      return {
        api,
        body: await connection.request(joinGroup, connection.versionFor(joinGroup), request.body, timeoutMs),
      };
    case 'sync':
      return {
        api,
        body: await connection.request(syncGroup, connection.versionFor(syncGroup), request.body, timeoutMs),
      };
    case 'heartbeat':
      return {
        api,
        body: await connection.request(heartbeat, connection.versionFor(heartbeat), request.body, timeoutMs),
      };
    case 'leave': {
      const version = connection.versionFor(leaveGroup);
      // A version carries the one member or the list of them.
      const body = version < 3 ? { ...request.body, members: [] } : { ...request.body, memberId: '' };
      return { api, body: await connection.request(leaveGroup, version, body, timeoutMs) };
    }
    case 'consumer-heartbeat': {
      const version = connection.versionFor(consumerGroupHeartbeat);
      return { api, body: await connection.request(consumerGroupHeartbeat, version, request.body, timeoutMs) };
    }
    default:
      return request satisfies never;
  }
}
