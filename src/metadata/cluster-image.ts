import { PersistentMap } from '../base/persistent-map.ts';
import type { Uuid } from '../base/uuid.ts';
import type {
  BrokerRecord,
  BrokerStateRecord,
  DeletedTopicRecord,
  DirectoriesRecord,
  PartitionRecord,
  QuotaRecord,
  ScramRecord,
  StoreIdentity,
} from './records.ts';
import type { LeaseId } from './metadata-store.ts';
import { configId, type ConfigResource } from './store-keys.ts';

export interface PartitionImage extends PartitionRecord {
  /** Revision of the entry: what a leader's change of the in-sync set compares with. */
  readonly modRevision: number;
}

export interface TopicImage {
  readonly name: string;
  readonly id: Uuid;
  readonly partitions: readonly PartitionImage[];
}

/** What is known of a broker beyond its life. */
export interface BrokerState extends BrokerStateRecord {
  /** Newest broker epoch up to which the partitions owe nothing to the broker's former lives. */
  readonly epoch: number;
}

/** A broker that runs, or that is known and does not. Of the latter, what its newest settled registration said is shown. */
export interface BrokerImage extends BrokerRecord {
  readonly id: number;
  /** Create revision of the registration: grows with each start of the broker. */
  readonly epoch: number;
  /** A fenced broker leads nothing and is not shown to clients. */
  readonly fenced: boolean;
  /** Its registration stands. */
  readonly isPresent: boolean;
  /** Create revision of `live/<id>`: what a leader compares before it takes the broker into an in-sync set; 0 when fenced. */
  readonly liveRevision: number;
  /** The lease of the registration; undefined when it does not stand. */
  readonly lease: LeaseId | undefined;
  /** Undefined until its first registration is settled. */
  readonly state: BrokerState | undefined;
}

/** Who reported a broker as unreachable: the broker epoch that was meant, by reporter. */
export type Suspicions = ReadonlyMap<number, number>;

/** Settings of one resource, by name. */
export type ConfigTexts = ReadonlyMap<string, string>;
const ELR_FEATURE = 'eligible.leader.replicas.version';
const NO_CONFIG: ConfigTexts = new Map();

/**
 * All cluster state as of one revision of the store. Immutable: whoever holds an image sees one consistent state, and a
 * newer image shares with it what did not change.
 */
export class ClusterImage {
  readonly revision: number;
  readonly clusterId: Uuid | undefined;
  /** Which store this is, where the cluster has not been in it from its beginning. */
  readonly store: StoreIdentity | undefined;
  /** Finalized feature levels. */
  readonly features: ReadonlyMap<string, number>;
  readonly controller: { readonly brokerId: number; readonly epoch: number } | undefined;
  readonly brokers: ReadonlyMap<number, BrokerImage>;
  /** Reports by the broker that they are about. */
  readonly suspicions: ReadonlyMap<number, Suspicions>;
  /** Log directories that brokers have used, by broker id. */
  readonly directories: PersistentMap<DirectoriesRecord>;
  readonly topics: PersistentMap<TopicImage>;
  readonly topicNamesById: PersistentMap<string>;
  /** Existing names that contain '.' or '_', under the name with '_' for '.': two of them would share metric names. */
  readonly collidingNames: PersistentMap<readonly string[]>;
  /** Partition records by topic id, also of topics that are being created or deleted. */
  readonly partitions: PersistentMap<readonly (PartitionImage | undefined)[]>;
  /** Topics whose files and records have yet to go, by id. */
  readonly deletedTopics: PersistentMap<DeletedTopicRecord>;
  readonly configs: PersistentMap<ConfigTexts>;
  readonly quotas: PersistentMap<QuotaRecord>;
  readonly scram: PersistentMap<ScramRecord>;
  /** Access rules as stored, by id. */
  readonly acls: PersistentMap<string>;
  readonly nextProducerId: number;

  static readonly empty = new ClusterImage({
    revision: 0,
    clusterId: undefined,
    store: undefined,
    features: new Map(),
    controller: undefined,
    brokers: new Map(),
    suspicions: new Map(),
    directories: PersistentMap.empty(),
    topics: PersistentMap.empty(),
    topicNamesById: PersistentMap.empty(),
    collidingNames: PersistentMap.empty(),
    partitions: PersistentMap.empty(),
    deletedTopics: PersistentMap.empty(),
    configs: PersistentMap.empty(),
    quotas: PersistentMap.empty(),
    scram: PersistentMap.empty(),
    acls: PersistentMap.empty(),
    nextProducerId: 0,
  });

  constructor(parts: ImageParts) {
    this.revision = parts.revision;
    this.clusterId = parts.clusterId;
    this.store = parts.store;
    this.features = parts.features;
    this.controller = parts.controller;
    this.brokers = parts.brokers;
    this.suspicions = parts.suspicions;
    this.directories = parts.directories;
    this.topics = parts.topics;
    this.topicNamesById = parts.topicNamesById;
    this.collidingNames = parts.collidingNames;
    this.partitions = parts.partitions;
    this.deletedTopics = parts.deletedTopics;
    this.configs = parts.configs;
    this.quotas = parts.quotas;
    this.scram = parts.scram;
    this.acls = parts.acls;
    this.nextProducerId = parts.nextProducerId;
  }

  topicById(id: Uuid): TopicImage | undefined {
    const name = this.topicNamesById.get(id);
    return name === undefined ? undefined : this.topics.get(name);
  }

  partition(topic: string, index: number): PartitionImage | undefined {
    return this.topics.get(topic)?.partitions[index];
  }

  /** Whether partitions keep eligible leader replicas (KIP-966). */
  isElrEnabled(): boolean {
    return (this.features.get(ELR_FEATURE) ?? 0) > 0;
  }

  /** Whether a broker has a replica that lies in a directory out of reach. */
  isReplicaOffline(brokerId: number, topicId: Uuid, index: number): boolean {
    return this.directories.get(String(brokerId))?.lost[topicId]?.includes(index) === true;
  }

  /** The dynamic settings of a resource; empty when it has none. */
  config(resource: ConfigResource): ConfigTexts {
    return this.configs.get(configId(resource)) ?? NO_CONFIG;
  }

  /** Brokers that may lead and be shown to clients, by id. */
  liveBrokers(): BrokerImage[] {
    return [...this.brokers.values()].filter(({ fenced }) => !fenced).toSorted((left, right) => left.id - right.id);
  }

  /** All topic names in UTF-16 order, sorted once per set of topics: for listings that page. */
  sortedTopicNames(): readonly string[] {
    let names = sortedNames.get(this.topics);
    if (names === undefined) {
      names = [...this.topics.keys()].toSorted();
      sortedNames.set(this.topics, names);
    }
    return names;
  }
}

const sortedNames = new WeakMap<PersistentMap<TopicImage>, readonly string[]>();

/** The data of an image, without its questions. */
export type ImageParts = {
  readonly [
    K in keyof ClusterImage as ClusterImage[K] extends (...args: never[]) => unknown ? never : K
  ]: ClusterImage[K];
};

/** '_' for '.': Kafka treats names as colliding when these are equal. */
export function unifyCollidingName(name: string): string {
  return name.replaceAll('.', '_');
}

export function hasCollidingCharacters(name: string): boolean {
  return name.includes('.') || name.includes('_');
}
