import type { Uuid } from '../base/uuid.ts';
import { E, errorOf, type ErrorSpec } from '../protocol/errors.ts';
import type { metadata } from '../protocol/messages/003-metadata.ts';
import type { ReadMessage } from '../protocol/schema.ts';
import type { Address } from '../runtime/network.ts';

export interface KnownBroker extends Address {
  readonly nodeId: number;
  readonly rack: string | null;
}

export interface KnownPartition {
  readonly index: number;
  /** -1 while there is none. */
  readonly leaderId: number;
  /** -1 when the broker does not tell. */
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
  readonly offline: readonly number[];
}

export interface KnownTopic {
  readonly name: string;
  /** The zero id from brokers before topic ids. */
  readonly topicId: Uuid;
  readonly isInternal: boolean;
  /** By index; rising, without gaps. */
  readonly partitions: readonly KnownPartition[];
}

/** Where a partition moved, as told by a broker that no longer leads it. */
export interface LeaderHint {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  /** How the new leader is reached, when that was told. */
  readonly broker: KnownBroker | undefined;
}

type MetadataResponse = ReadMessage<typeof metadata.response>;

/** What a client knows of the cluster; never changes, a newer one takes its place. */
export class ClusterView {
  readonly clusterId: string | null;
  readonly controllerId: number;
  readonly brokers: ReadonlyMap<number, KnownBroker>;
  readonly topics: ReadonlyMap<string, KnownTopic>;
  /** Topics of the last question that the broker answered with an error. */
  readonly refusals: ReadonlyMap<string, ErrorSpec>;

  constructor(view: Pick<ClusterView, 'clusterId' | 'controllerId' | 'brokers' | 'topics' | 'refusals'>) {
    this.clusterId = view.clusterId;
    this.controllerId = view.controllerId;
    this.brokers = view.brokers;
    this.topics = view.topics;
    this.refusals = view.refusals;
  }

  static readonly nothing = new ClusterView({
    clusterId: null,
    controllerId: -1,
    brokers: new Map(),
    topics: new Map(),
    refusals: new Map(),
  });

  topic(name: string): KnownTopic | undefined {
    return this.topics.get(name);
  }

  get #parts(): Pick<ClusterView, 'clusterId' | 'controllerId' | 'brokers' | 'topics' | 'refusals'> {
    const { clusterId, controllerId, brokers, topics, refusals } = this;
    return { clusterId, controllerId, brokers, topics, refusals };
  }

  partition(topic: string, index: number): KnownPartition | undefined {
    return this.topics.get(topic)?.partitions[index];
  }

  /** A leader that a broker named beside an error (KIP-951); the same view when that is no news. */
  withLeader(topic: string, index: number, leader: LeaderHint): ClusterView {
    const known = this.topics.get(topic);
    const partition = known?.partitions[index];
    if (known === undefined || partition === undefined || leader.leaderEpoch <= partition.leaderEpoch) return this;
    const partitions = known.partitions.with(index, {
      ...partition,
      leaderId: leader.leaderId,
      leaderEpoch: leader.leaderEpoch,
    });
    const brokers = new Map(this.brokers);
    if (leader.broker !== undefined) brokers.set(leader.leaderId, leader.broker);
    if (!brokers.has(leader.leaderId)) return this;
    const topics = new Map(this.topics).set(topic, { ...known, partitions });
    return new ClusterView({ ...this.#parts, brokers, topics });
  }

  /** Without topics that nobody uses. */
  only(isUsed: (topic: string) => boolean): ClusterView {
    const topics = new Map([...this.topics].filter(([name]) => isUsed(name)));
    return topics.size === this.topics.size ? this : new ClusterView({ ...this.#parts, topics });
  }

  /** What the broker answered, put over what is known: topics that were not asked for stay, unless all were. */
  with(answer: MetadataResponse, isOfAllTopics: boolean): ClusterView {
    const topics = isOfAllTopics ? new Map<string, KnownTopic>() : new Map(this.topics);
    const refusals = new Map<string, ErrorSpec>();
    for (const told of answer.topics) {
      const name = told.name ?? '';
      const error = errorOf(told.errorCode);
      const before = this.topics.get(name);
      if (error !== E.NONE) {
        refusals.set(name, error);
        topics.delete(name);
        continue;
      }
      topics.set(name, knownTopic(name, told, before));
    }
    const brokers = answer.brokers.map(
      ({ nodeId, host, port, rack }) => [nodeId, { nodeId, host, port, rack }] as const,
    );
    const { clusterId, controllerId } = answer;
    return new ClusterView({ clusterId, controllerId, brokers: new Map(brokers), topics, refusals });
  }
}

function knownTopic(
  name: string,
  told: MetadataResponse['topics'][number],
  before: KnownTopic | undefined,
): KnownTopic {
  const isSame = before?.topicId === told.topicId;
  const partitions = told.partitions
    .map((partition): KnownPartition => {
      const known = isSame ? before?.partitions[partition.partitionIndex] : undefined;
      // An answer from a broker that lags behind must not bring back a leader that was already replaced (KIP-320).
      if (known !== undefined && known.leaderEpoch > partition.leaderEpoch && partition.leaderEpoch >= 0) return known;
      return {
        index: partition.partitionIndex,
        leaderId: partition.leaderId,
        leaderEpoch: partition.leaderEpoch,
        replicas: partition.replicaNodes,
        inSync: partition.isrNodes,
        offline: partition.offlineReplicas,
      };
    })
    .toSorted((a, b) => a.index - b.index);
  return { name, topicId: told.topicId, isInternal: told.isInternal, partitions };
}
