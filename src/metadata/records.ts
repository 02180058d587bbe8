import { Malformed } from '../base/malformed.ts';
import type { Uuid } from '../base/uuid.ts';

/** `meta`: written once, when the cluster is first started; feature levels change later. */
export interface MetaRecord {
  readonly clusterId: Uuid;
  readonly format: 1;
  readonly features: Readonly<Record<string, number>>;
  /** Absent in the store that the cluster began in: its id is then the cluster's. */
  readonly store?: StoreIdentity;
}

/**
 * Which store a cluster's metadata is in. Brokers remember it with the newest revision they saw, so that one restored from an
 * old copy is told from one that went on; an import, or a jump of epochs, makes another store.
 */
export interface StoreIdentity {
  readonly id: Uuid;
  /** Stores that this one follows, oldest first, each with the newest revision of it that this one knows. */
  readonly lineage: readonly { readonly id: Uuid; readonly revision: number }[];
}

/** Which store a cluster is in; a store that was never moved has the cluster's own id. */
export function storeIdentity(meta: MetaRecord): StoreIdentity {
  return meta.store ?? { id: meta.clusterId, lineage: [] };
}

/** `ctl`: who decides. Its create revision is the controller epoch, compared in every write of the controller. */
export interface ControllerRecord {
  readonly brokerId: number;
}

export interface Endpoint {
  readonly listener: string;
  readonly securityProtocol: string;
  readonly host: string;
  readonly port: number;
}

/** What a broker says of itself. */
export interface BrokerDescription {
  /** One life of a process; it stays the same when a lost registration is made anew. */
  readonly incarnation: Uuid;
  readonly endpoints: readonly Endpoint[];
  readonly rack: string | null;
  /** Ids of its log directories. */
  readonly logDirs: readonly Uuid[];
}

/** `b/<id>`: a broker that runs, under its lease; its create revision is the broker epoch. Only the broker writes it. */
export interface BrokerRecord extends BrokerDescription {
  /** Name of the machine: with the log directories it tells a broker's former life from another broker. */
  readonly machine: string;
  /** It listens, and may be unfenced. */
  readonly ready: boolean;
  /** It is about to stop, and wants its leaderships taken over. */
  readonly shuttingDown: boolean;
  /** Broker epoch that the mark of its last clean shutdown names; -1 without one: the ends of its logs may be lost. */
  readonly cleanEpoch: number;
}

/** `live/<id>`: that incarnation of the broker is unfenced. On the broker's lease, so that it ends with `b/<id>`. */
export interface LiveRecord {
  readonly incarnation: Uuid;
}

/**
 * `bs/<id>`: what outlasts a broker's life, until it is unregistered. It is written once all that the partitions owed to
 * the broker's former life is done, and so says up to which epoch that is.
 */
export interface BrokerStateRecord extends BrokerDescription {
  /** Broker epoch; null stands for the revision of this entry, written together with the registration. */
  readonly epoch: number | null;
}

/** `sus/<broker>/<reporter>`: the reporter, on whose lease it is, finds that nobody answers at the broker's address. */
export interface SuspicionRecord {
  readonly brokerEpoch: number;
}

/** `exp/<slot>`: a broker was expelled. The entry ends with a lease of its own, and bounds how many there are in that time. */
export interface ExpulsionRecord {
  readonly brokerId: number;
  readonly brokerEpoch: number;
}

/** `t/<name>`: the topic exists from the moment this does; its partitions were written before. */
export interface TopicRecord {
  readonly id: Uuid;
  readonly partitions: number;
}

/** `p/<topic id>/<index>`. Epochs never decrease; -1 as leader means offline. */
export interface PartitionRecord {
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly elr: readonly number[];
  readonly lastKnownElr: readonly number[];
  readonly adding: readonly number[];
  readonly removing: readonly number[];
  /** An unclean leader is recovering (KIP-704). */
  readonly recovering: boolean;
}

/** The record alone, of whatever carries more than it. */
export function partitionRecord(partition: PartitionRecord): PartitionRecord {
  const { leader, leaderEpoch, partitionEpoch, replicas, isr, elr, lastKnownElr, adding, removing, recovering } =
    partition;
  return { leader, leaderEpoch, partitionEpoch, replicas, isr, elr, lastKnownElr, adding, removing, recovering };
}

/** `del/<topic id>`: the topic is gone, its files and partition records may not be. */
export interface DeletedTopicRecord {
  readonly name: string;
  readonly partitions: number;
  /** Brokers that may still hold files of it. */
  readonly brokers: readonly number[];
}

/** `c/<type>/<name>`: settings by name, as texts. */
export type ConfigRecord = Readonly<Record<string, string>>;

/** Part of a quota's entity: null stands for the default entity of the type. */
export interface QuotaEntityPart {
  readonly type: string;
  readonly name: string | null;
}

/** `q/<entity>`. */
export interface QuotaRecord {
  readonly entity: readonly QuotaEntityPart[];
  readonly values: Readonly<Record<string, number>>;
}

/** `scram/<mechanism>/<user>`; bytes as base64. */
export interface ScramRecord {
  readonly salt: string;
  readonly storedKey: string;
  readonly serverKey: string;
  readonly iterations: number;
}

/** `pid`: the first producer id that nobody has. */
export interface ProducerIdsRecord {
  readonly next: number;
}

/** A log directory that a broker has used. */
export interface KnownDirectory {
  /** The zero id where it could never be read. */
  readonly id: Uuid;
  readonly path: string;
  /** It could not be used at the last start; what was in it is in the list of lost partitions. */
  readonly isMissing: boolean;
}

/** `dirs/<broker id>`: where the broker's logs are, so that one that is out of reach is not taken for one that never was. */
export interface DirectoriesRecord {
  readonly known: readonly KnownDirectory[];
  /** Indexes by topic id of partitions that lie in a directory out of reach. */
  readonly lost: Readonly<Record<Uuid, readonly number[]>>;
}

/** Reads the JSON of an entry. Throws {@link Malformed} naming the key when it is not an object. */
export function parseRecord(key: string, value: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch (error) {
    throw new Malformed(`metadata entry ${key} is not JSON: ${String(error)}`);
  }
  if (typeof parsed !== 'object' || parsed === null) throw new Malformed(`metadata entry ${key} is not an object`);
  return parsed;
}
