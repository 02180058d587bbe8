import type { ConsumerHeartbeatRequest } from '../../../src/coordinator/group/consumer-heartbeat-request.ts';
import { context, type GroupWorld } from './group-world.ts';

export type Wish = Partial<ConsumerHeartbeatRequest> & { readonly apiVersion?: number };

/** What a heartbeat was answered, in short. */
export interface Heard {
  readonly error: number;
  readonly message: string | null;
  readonly epoch: number;
  /** `orders: 0 1`; undefined when the answer had no assignment. */
  readonly assigned: readonly string[] | undefined;
  /** When it is to send its next heartbeat. */
  readonly nextMs: number;
}

const REBALANCE_MS = 60_000;

/** A consumer of the consumer protocol, as a client library is one: it does what it is told. */
export class ConsumerClient {
  readonly world: GroupWorld;
  readonly groupId: string;
  readonly instanceId: string | null;
  readonly connectionId: number;
  memberId: string;
  epoch = 0;
  /** What it holds, by topic id. */
  held = new Map<string, number[]>();

  constructor(
    world: GroupWorld,
    groupId: string,
    memberId: string,
    { instanceId = null, connectionId = 1 }: { instanceId?: string | null; connectionId?: number } = {},
  ) {
    this.world = world;
    this.groupId = groupId;
    this.memberId = memberId;
    this.instanceId = instanceId;
    this.connectionId = connectionId;
  }

  /** Joins, or joins again without anything. */
  async join(topics: readonly string[] | null = ['orders'], wish: Wish = {}): Promise<Heard> {
    this.held = new Map();
    return this.beat({
      memberEpoch: 0,
      rebalanceTimeoutMs: REBALANCE_MS,
      subscribedTopicNames: topics === null ? null : [...topics],
      topicPartitions: [],
      ...wish,
    });
  }

  async beat(wish: Wish = {}): Promise<Heard> {
    const { apiVersion = 1, ...told } = wish;
    const response = await this.world.coordinator.consumerGroupHeartbeat(
      {
        groupId: this.groupId,
        memberId: this.memberId,
        memberEpoch: this.epoch,
        instanceId: this.instanceId,
        rackId: null,
        rebalanceTimeoutMs: -1,
        subscribedTopicNames: null,
        subscribedTopicRegex: null,
        serverAssignor: null,
        topicPartitions: null,
        ...told,
      },
      { ...context(apiVersion), connectionId: this.connectionId },
    );
    const { errorCode: error, errorMessage = null, memberEpoch: epoch, assignment = null } = response;
    const nextMs = response.heartbeatIntervalMs;
    if (error === 0) {
      this.memberId = response.memberId ?? this.memberId;
      this.epoch = epoch;
      if (assignment !== null) {
        this.held = new Map(assignment.topicPartitions.map(({ topicId, partitions }) => [topicId, [...partitions]]));
      }
    }
    return { error, message: errorMessage, epoch, assigned: assignment === null ? undefined : this.holds(), nextMs };
  }

  /** A heartbeat that says what it holds: all that it was last told. */
  async confirm(): Promise<Heard> {
    const topicPartitions = [...this.held].map(([topicId, partitions]) => ({ topicId, partitions }));
    return this.beat({ topicPartitions });
  }

  async leave(memberEpoch = -1): Promise<Heard> {
    const heard = await this.beat({ memberEpoch });
    this.held = new Map();
    return heard;
  }

  /** What it holds, with the names of the topics. */
  holds(): string[] {
    const { topics } = this.world;
    const names = new Map([...topics].map(([name, { id }]) => [id, name]));
    return [...this.held]
      .filter(([, partitions]) => partitions.length > 0)
      .map(([id, partitions]) => `${names.get(id)}: ${partitions.toSorted((a, b) => a - b).join(' ')}`)
      .toSorted();
  }

  get count(): number {
    return [...this.held.values()].reduce((sum, partitions) => sum + partitions.length, 0);
  }
}

/** Lets all confirm in turn until nothing moves any more. */
export async function settle(...clients: readonly ConsumerClient[]): Promise<void> {
  for (let round = 0; round < 10; round++) for (const client of clients) await client.confirm();
}

/** A consumer group as an administrator sees it. */
export async function describe(world: GroupWorld, groupId: string) {
  const { groups } = await world.coordinator.consumerGroupDescribe({
    groupIds: [groupId],
    includeAuthorizedOperations: false,
  });
  return groups[0]!;
}
