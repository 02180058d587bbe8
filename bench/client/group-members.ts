import { randomUUID } from 'node:crypto';
import { joinGroup } from '../../src/protocol/messages/011-join-group.ts';
import { heartbeat } from '../../src/protocol/messages/012-heartbeat.ts';
import { syncGroup } from '../../src/protocol/messages/014-sync-group.ts';
import { consumerGroupHeartbeat } from '../../src/protocol/messages/068-consumer-group-heartbeat.ts';
import { sleep } from '../measure/wait.ts';
import type { RawClient } from './raw-client.ts';

/** How often a member asks: often enough that the broker's work is measured and not the wait between two heartbeats. */
const HEARTBEAT_MS = 10;
const SESSION_MS = 30_000;
const REBALANCE_MS = 60_000;
const NOTHING = Buffer.alloc(0);
/** COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: the internal topic is being made. */
const COMING_UP = new Set([14, 15, 16]);
const REBALANCE_IN_PROGRESS = 27;
const MEMBER_ID_REQUIRED = 79;

/** A member that does what its protocol asks for and nothing else, over a connection of its own. */
export interface GroupMember {
  /** The generation or epoch that it has its assignment of; -1 while it has none. */
  readonly epoch: number;
  /** How many members that generation has, or how many partitions the member owns. */
  readonly size: number;
  leave(): void;
}

/** Who looks on while members join. */
export interface GroupWatch {
  /** A member has another epoch, or another size. */
  changed(): void;
  failed(error: Error): void;
}

export type JoinMember = (client: RawClient, group: string, topic: string, watch: GroupWatch) => GroupMember;

abstract class Member implements GroupMember {
  epoch = -1;
  size = 0;
  readonly #client: RawClient;
  readonly #watch: GroupWatch;
  #isGone = false;

  constructor(client: RawClient, watch: GroupWatch) {
    this.#client = client;
    this.#watch = watch;
  }

  start(): this {
    void this.#run().catch((error: unknown) => {
      if (!this.#isGone) this.#watch.failed(error instanceof Error ? error : new Error(String(error)));
    });
    return this;
  }

  protected has(epoch: number, size: number): void {
    if (epoch === this.epoch && size === this.size) return;
    this.epoch = epoch;
    this.size = size;
    this.#watch.changed();
  }

  leave(): void {
    this.#isGone = true;
    this.#client.close();
  }

  /** One request and what follows from its answer; whether the next one is due at once. */
  protected abstract step(client: RawClient): Promise<boolean>;

  async #run(): Promise<void> {
    while (!this.#isGone) {
      if (!(await this.step(this.#client))) await sleep(HEARTBEAT_MS);
    }
  }
}

class ClassicMember extends Member {
  readonly #group: string;
  #memberId = '';

  constructor(client: RawClient, group: string, watch: GroupWatch) {
    super(client, watch);
    this.#group = group;
  }

  protected async step(client: RawClient): Promise<boolean> {
    if (this.epoch < 0) return this.#join(client);
    const identity = {
      groupId: this.#group,
      generationId: this.epoch,
      memberId: this.#memberId,
      groupInstanceId: null,
    };
    const { errorCode } = await client.request(heartbeat, 3, identity);
    if (errorCode === REBALANCE_IN_PROGRESS) return this.#join(client);
    if (errorCode !== 0) throw new Error(`a heartbeat was answered with error ${errorCode}`);
    return false;
  }

  async #join(client: RawClient): Promise<boolean> {
    const joined = await client.request(joinGroup, 5, {
      groupId: this.#group,
      sessionTimeoutMs: SESSION_MS,
      rebalanceTimeoutMs: REBALANCE_MS,
      memberId: this.#memberId,
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: [{ name: 'bench', metadata: NOTHING }],
      reason: null,
    });
    if (joined.memberId !== '') this.#memberId = joined.memberId;
    if (joined.errorCode === MEMBER_ID_REQUIRED) return this.#join(client);
    if (COMING_UP.has(joined.errorCode)) return false;
    if (joined.errorCode !== 0) throw new Error(`a join was answered with error ${joined.errorCode}`);
    const { generationId, memberId, members } = joined;
    const synced = await client.request(syncGroup, 3, {
      groupId: this.#group,
      generationId,
      memberId,
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: members.map((each) => ({ memberId: each.memberId, assignment: NOTHING })),
    });
    if (synced.errorCode === REBALANCE_IN_PROGRESS) return this.#join(client);
    if (synced.errorCode !== 0) throw new Error(`a sync was answered with error ${synced.errorCode}`);
    // Only the leader is told who is in.
    this.has(generationId, members.length);
    return false;
  }
}

class ConsumerMember extends Member {
  readonly #group: string;
  readonly #topic: string;
  readonly #memberId = randomUUID();
  #owned: { topicId: string; partitions: number[] }[] = [];
  #isOwnedNews = false;

  constructor(client: RawClient, { group, topic }: { group: string; topic: string }, watch: GroupWatch) {
    super(client, watch);
    this.#group = group;
    this.#topic = topic;
  }

  protected async step(client: RawClient): Promise<boolean> {
    const isJoining = this.epoch < 0;
    const answer = await client.request(consumerGroupHeartbeat, 1, {
      groupId: this.#group,
      memberId: this.#memberId,
      memberEpoch: isJoining ? 0 : this.epoch,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: isJoining ? REBALANCE_MS : -1,
      subscribedTopicNames: isJoining ? [this.#topic] : null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: isJoining || this.#isOwnedNews ? this.#owned : null,
    });
    if (COMING_UP.has(answer.errorCode)) return false;
    if (answer.errorCode !== 0)
      throw new Error(`a heartbeat was answered with error ${answer.errorCode} ${answer.errorMessage ?? ''}`);
    this.#isOwnedNews = answer.assignment !== null;
    if (answer.assignment === null) {
      this.has(answer.memberEpoch, this.size);
      return false;
    }
    this.#owned = answer.assignment.topicPartitions.map(({ topicId, partitions }) => ({
      topicId,
      partitions: [...partitions],
    }));
    const size = this.#owned.reduce((count, { partitions }) => count + partitions.length, 0);
    this.has(answer.memberEpoch, size);
    // What it took and gave back is told at once, as Kafka's consumer does.
    return true;
  }
}

export const joinClassicMember: JoinMember = (client, group, _topic, watch) =>
  new ClassicMember(client, group, watch).start();

export const joinConsumerMember: JoinMember = (client, group, topic, watch) =>
  new ConsumerMember(client, { group, topic }, watch).start();
