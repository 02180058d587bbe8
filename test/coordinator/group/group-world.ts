import { SeededRandom } from '../../../src/base/seeded-random.ts';
import { rangeAssignor } from '../../../src/coordinator/group/assignor/range-assignor.ts';
import { uniformAssignor } from '../../../src/coordinator/group/assignor/uniform-assignor.ts';
import { GroupCoordinator } from '../../../src/coordinator/group/group-coordinator.ts';
import type { JoinRequest, JoinResponse } from '../../../src/coordinator/group/classic-member.ts';
import type { GroupCoordinatorConfig } from '../../../src/coordinator/group/group-config.ts';
import type { TopicChanges } from '../../../src/coordinator/group/group-topics.ts';
import type { Logger } from '../../../src/runtime/logger.ts';
import { VirtualTime } from '../../../src/runtime/virtual-time.ts';
import { MemoryCoordinatorLog } from '../memory-coordinator-log.ts';

export type Settings = { -readonly [K in keyof GroupCoordinatorConfig]: GroupCoordinatorConfig[K] };

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

/** The topics of the world, with ids and partition counts. */
export const TOPICS = new Map([
  ['orders', { id: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: 3 }],
  ['shipping', { id: 'AAAAAAAAAAAAAAAAAAAAAg', partitions: 3 }],
]);

/** The topics as they were. */
export const NO_CHANGES: TopicChanges = { created: [], changed: [], deleted: [] };

export const SESSION_MS = 10_000;
export const REBALANCE_MS = 60_000;

/** Join metadata of a consumer that reads `topics`, in Kafka's consumer protocol version 0. */
export function subscription(...topics: string[]): Buffer {
  const parts = [Buffer.from([0, 0, 0, 0, 0, topics.length])];
  for (const topic of topics) {
    const length = Buffer.alloc(2);
    length.writeInt16BE(topic.length);
    parts.push(length, Buffer.from(topic));
  }
  return Buffer.concat([...parts, Buffer.from([0xff, 0xff, 0xff, 0xff])]);
}

/** What a client may say in a JoinGroup instead of the usual. */
export type JoinWish = Partial<JoinRequest> & { apiVersion?: number; connectionId?: number };

/**
 * A coordinator of one partition on virtual time, with clients that speak to it. Nothing waits: a request that is parked
 * leaves an unsettled promise, {@link settled} tells whether.
 */
export class GroupWorld {
  readonly time = new VirtualTime();
  readonly log = new MemoryCoordinatorLog(queueMicrotask);
  readonly settings: Settings = {
    groupMinSessionTimeoutMs: 6_000,
    groupMaxSessionTimeoutMs: 1_800_000,
    groupInitialRebalanceDelayMs: 0,
    groupMaxSize: 1_000,
    offsetMetadataMaxBytes: 4_096,
    offsetsRetentionMs: 7 * 24 * 3_600_000,
    offsetsRetentionCheckIntervalMs: 600_000,
    offsetsCommitTimeoutMs: 5_000,
    memberDisconnectGraceMs: -1,
    consumerGroupMaxSize: 1_000,
    consumerGroupMigrationPolicy: 'BIDIRECTIONAL',
    assignors: new Map([
      ['uniform', uniformAssignor],
      ['range', rangeAssignor],
    ]),
    consumerPatternRefreshIntervalMs: 600_000,
    consumerSessionTimeoutMs: () => 45_000,
    consumerHeartbeatIntervalMs: () => 5_000,
    changingHeartbeatIntervalMs: 0,
    consumerAssignmentIntervalMs: () => 0,
  };
  readonly topics = new Map(TOPICS);
  revision = 1;
  coordinator: GroupCoordinator;

  constructor(settings: Partial<Settings> = {}, seed = 1) {
    Object.assign(this.settings, settings);
    this.coordinator = this.#start(seed);
  }

  /** The coordinator's process dies and another one takes over from the log. */
  restart(): void {
    this.coordinator.close();
    this.coordinator = this.#start(2);
  }

  join(groupId: string, wish: JoinWish = {}): Promise<JoinResponse> {
    const { apiVersion = 9, connectionId = 1, ...request } = wish;
    return this.coordinator.joinGroup(
      {
        groupId,
        sessionTimeoutMs: SESSION_MS,
        rebalanceTimeoutMs: REBALANCE_MS,
        memberId: '',
        groupInstanceId: null,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: subscription('orders') }],
        reason: null,
        ...request,
      },
      { ...context(apiVersion), connectionId },
    );
  }

  /** Joins as clients do: asks for a member id, then joins with it. The answer may have to wait for others. */
  async enter(groupId: string, wish: JoinWish = {}): Promise<JoinResponse> {
    const first = await this.join(groupId, wish);
    return first.errorCode === 79 ? this.join(groupId, { ...wish, memberId: first.memberId }) : first;
  }

  sync(member: Membership, assignments: Record<string, string> = {}) {
    return this.coordinator.syncGroup(
      {
        groupId: member.groupId,
        generationId: member.generationId,
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId ?? null,
        protocolType: member.protocolType ?? 'consumer',
        protocolName: member.protocolName ?? 'range',
        assignments: Object.entries(assignments).map(([memberId, text]) => ({
          memberId,
          assignment: Buffer.from(text),
        })),
      },
      { ...context(5), connectionId: member.connectionId ?? 1 },
    );
  }

  async heartbeat(member: Membership): Promise<number> {
    const { groupId, generationId, memberId, groupInstanceId = null } = member;
    const response = await this.coordinator.heartbeat(
      { groupId, generationId, memberId, groupInstanceId },
      { ...context(4), connectionId: member.connectionId ?? 1 },
    );
    return response.errorCode;
  }

  async leave(groupId: string, ...memberIds: string[]): Promise<number[]> {
    const members = memberIds.map((memberId) => ({ memberId, groupInstanceId: null, reason: null }));
    const response = await this.coordinator.leaveGroup({ groupId, memberId: '', members }, context(5));
    return response.members.map(({ errorCode }) => errorCode);
  }

  /** A member alone in a Stable group, assigned `assignment`. */
  async lone(groupId: string, wish: JoinWish = {}, assignment = 'all'): Promise<Membership> {
    const joined = await this.enter(groupId, wish);
    const member = this.member(groupId, joined, wish);
    await this.sync(member, { [joined.memberId]: assignment });
    return member;
  }

  /** A dynamic member that starts to join and whose answer nobody waits for; its id. */
  async enterAndForget(groupId: string, wish: JoinWish = {}): Promise<string> {
    const { memberId } = await this.join(groupId, wish);
    await this.settled(this.join(groupId, { ...wish, memberId }));
    return memberId;
  }

  member(groupId: string, joined: JoinResponse, wish: JoinWish = {}): Membership {
    return {
      groupId,
      memberId: joined.memberId,
      generationId: joined.generationId ?? -1,
      groupInstanceId: wish.groupInstanceId ?? null,
      protocolType: joined.protocolType ?? null,
      protocolName: joined.protocolName,
      connectionId: wish.connectionId ?? 1,
    };
  }

  /** Commits offset `offset` of a partition; the error of that partition. */
  async commit(groupId: string, offset: number, wish: CommitWish = {}): Promise<number> {
    const { topic = 'orders', partition = 0, metadata = '', apiVersion = 9, retentionTimeMs = -1, member } = wish;
    const response = await this.coordinator.offsetCommit(
      {
        groupId,
        generationIdOrMemberEpoch: member?.generationId ?? -1,
        memberId: member?.memberId ?? '',
        groupInstanceId: member?.groupInstanceId ?? null,
        retentionTimeMs,
        topics: [
          {
            name: topic,
            topicId: this.topics.get(topic)?.id ?? 'AAAAAAAAAAAAAAAAAAAAAA',
            partitions: [
              {
                partitionIndex: partition,
                committedOffset: offset,
                committedLeaderEpoch: 4,
                committedMetadata: metadata,
              },
            ],
          },
        ],
      },
      { ...context(apiVersion), connectionId: member?.connectionId ?? 1 },
    );
    return response.topics[0]!.partitions[0]!.errorCode;
  }

  /** The committed offset of a partition, or its error as text. */
  async committed(groupId: string, topic = 'orders', partition = 0, requireStable = false): Promise<number | string> {
    const response = await this.coordinator.offsetFetch(
      {
        groupId: '',
        topics: [],
        groups: [
          {
            groupId,
            memberId: null,
            memberEpoch: -1,
            topics: [{ name: topic, topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitionIndexes: [partition] }],
          },
        ],
        requireStable,
      },
      context(9),
    );
    const fetched = response.groups[0]!.topics[0]?.partitions[0];
    if (fetched === undefined) return `error ${response.groups[0]!.errorCode}`;
    return fetched.errorCode === 0 ? fetched.committedOffset : `error ${fetched.errorCode}`;
  }

  async describe(groupId: string, apiVersion = 6) {
    const { groups } = await this.coordinator.describeGroups(
      { groups: [groupId], includeAuthorizedOperations: false },
      context(apiVersion),
    );
    return groups[0]!;
  }

  async stateOf(groupId: string): Promise<string> {
    return (await this.describe(groupId)).groupState;
  }

  async listed(statesFilter: string[] = [], typesFilter: string[] = []): Promise<string[]> {
    const { groups } = await this.coordinator.listGroups({ statesFilter, typesFilter });
    return groups.map(({ groupId, protocolType, groupState }) => `${groupId} ${protocolType} ${groupState}`);
  }

  /** Lets promises and `soon` work settle without time passing, then tells whether `promise` has an answer. */
  async settled(promise: Promise<unknown>): Promise<boolean> {
    let isSettled = false;
    void promise.then(() => {
      isSettled = true;
    });
    await this.time.settle();
    return isSettled;
  }

  #start(seed: number): GroupCoordinator {
    const { topics } = this;
    const coordinator = new GroupCoordinator(this.settings, {
      log: this.log,
      clock: this.time,
      timers: this.time,
      random: new SeededRandom(seed),
      logger: silentLogger,
      topics: {
        topicId: (name) => topics.get(name)?.id,
        topicName: (id) => [...topics].find(([, topic]) => topic.id === id)?.[0],
        partitionCount: (name) => topics.get(name)?.partitions,
        racks: () => [],
        names: () => [...topics.keys()].toSorted(),
        revision: () => this.revision,
      },
      partitionCount: () => 1,
    });
    coordinator.load(0);
    return coordinator;
  }
}

export interface Membership {
  readonly groupId: string;
  readonly memberId: string;
  readonly generationId: number;
  readonly groupInstanceId?: string | null;
  readonly protocolType?: string | null;
  readonly protocolName?: string | null;
  readonly connectionId?: number;
}

export interface CommitWish {
  readonly topic?: string;
  readonly partition?: number;
  readonly metadata?: string;
  readonly apiVersion?: number;
  readonly retentionTimeMs?: number;
  readonly member?: Membership;
}

export function context(apiVersion: number) {
  return { apiVersion, clientId: 'client', clientHost: '/127.0.0.1', connectionId: 1 };
}
