import type { Uuid } from '../../base/uuid.ts';
import type { Cluster } from '../cluster.ts';
import type { TopicPartition } from '../consumer/topic-partition.ts';
import { AdminCalls } from './admin-calls.ts';
import { createAcls, deleteAcls, describeAcls, type AclBinding, type AclFilter, type NewAcl } from './acls.ts';
import {
  alterClientQuotas,
  describeClientQuotas,
  type ClientQuota,
  type DescribeQuotasOptions,
  type QuotaAlteration,
  type QuotaFilterPart,
} from './client-quotas.ts';
import type { ConfigEntry } from './config-entry.ts';
import {
  alterConfigs,
  describeConfigs,
  listConfigResources,
  type ConfigAlteration,
  type ConfigResource,
  type ConfigResourceType,
  type DescribeConfigsOptions,
} from './configs.ts';
import {
  createPartitions,
  createTopics,
  type CreatedTopic,
  type NewPartitions,
  type NewTopic,
  type ValidateOptions,
} from './create-topics.ts';
import {
  createDelegationToken,
  describeDelegationTokens,
  expireDelegationToken,
  renewDelegationToken,
  type CreateTokenOptions,
  type DelegationToken,
  type Principal,
} from './delegation-tokens.ts';
import { deleteTopics, deleteTopicsById } from './delete-topics.ts';
import {
  describeApiVersions,
  describeCluster,
  describeFeatures,
  unregisterBroker,
  updateFeatures,
  type ClusterDescription,
  type DescribeClusterOptions,
  type DescribeFeaturesOptions,
  type FeatureUpdate,
  type Features,
} from './describe-cluster.ts';
import { describeGroups, type DescribeGroupsOptions, type GroupDescription } from './describe-groups.ts';
import {
  describeTopics,
  describeTopicsById,
  listTopics,
  type DescribeTopicsOptions,
  type ListTopicsOptions,
  type TopicDescription,
  type TopicListing,
} from './describe-topics.ts';
import { deleteGroups, removeMembers, type MemberToRemove, type RemoveMembersOptions } from './group-members.ts';
import {
  alterGroupOffsets,
  deleteGroupOffsets,
  listGroupOffsets,
  type CommittedOffset,
  type ListGroupOffsetsOptions,
  type OffsetToCommit,
} from './group-offsets.ts';
import { listGroups, type GroupListing, type ListGroupsOptions } from './list-groups.ts';
import type { AdminMetrics } from '../observe/metric-tables.ts';
import {
  deleteRecords,
  listOffsets,
  type ListOffsetsOptions,
  type ListedOffset,
  type OffsetQuery,
  type RecordsToDelete,
} from './list-offsets.ts';
import {
  alterReplicaLogDirs,
  describeLogDirs,
  type DescribeLogDirsOptions,
  type LogDir,
  type ReplicaMove,
} from './log-dirs.ts';
import {
  abortTransaction,
  describeProducers,
  type DescribeProducersOptions,
  type HangingTransaction,
  type ProducerState,
} from './producers.ts';
import {
  addRaftVoter,
  describeQuorum,
  removeRaftVoter,
  type NewRaftVoter,
  type Quorum,
  type RaftVoter,
} from './quorum.ts';
import {
  alterReassignments,
  electLeaders,
  listReassignments,
  type ElectionType,
  type OngoingReassignment,
  type ReassignOptions,
  type Reassignment,
} from './reassignments.ts';
import type { Outcome, PartitionResults, Results } from './results.ts';
import {
  alterScramCredentials,
  describeScramCredentials,
  type ScramAlteration,
  type ScramCredentialInfo,
} from './scram-credentials.ts';
import {
  describeTransactions,
  fenceProducers,
  listTransactions,
  type FencedProducer,
  type ListTransactionsOptions,
  type TransactionDescription,
  type TransactionListing,
} from './transactions.ts';

/**
 * Everything that a broker does for whoever runs a cluster. Requests go where Kafka's own admin client sends them and are tried again
 * until `apiTimeoutMs`. What a broker answers for each thing apart is told in a map, as a value or a {@link KafkaError}: use
 * {@link valuesOf} to have the first error thrown. Calls reject with a KafkaError when nothing could be asked, and with INVALID_ARGUMENT for what
 * no broker would take. Times are milliseconds.
 */
export class Admin {
  readonly #cluster: Cluster;
  readonly #calls: AdminCalls;

  /** Takes the cluster over: {@link close} closes it. */
  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#calls = new AdminCalls(cluster);
  }

  /** What was counted since the admin was made; names and units are in docs/client-metrics.md. */
  metrics(): AdminMetrics {
    return { ...this.#calls.counters, ...this.#cluster.metrics() };
  }

  /** Creates topics with counts or with assignments (KIP-464, KIP-525); `validateOnly` checks only. */
  createTopics(topics: readonly NewTopic[], options: ValidateOptions = {}): Promise<Results<CreatedTopic>> {
    return createTopics(this.#calls, topics, options);
  }

  /** Adds partitions to topics, up to a total (KIP-195). */
  createPartitions(topics: readonly NewPartitions[], options: ValidateOptions = {}): Promise<Results<undefined>> {
    return createPartitions(this.#calls, topics, options);
  }

  /** Deletes topics by name; they are gone from answers soon after. */
  deleteTopics(names: readonly string[]): Promise<Results<undefined>> {
    return deleteTopics(this.#calls, names);
  }

  /** Deletes topics by id (KIP-516): never one that was made again under the same name. */
  deleteTopicsById(topicIds: readonly Uuid[]): Promise<Results<undefined>> {
    return deleteTopicsById(this.#calls, topicIds);
  }

  /** All topics by name. */
  listTopics(options: ListTopicsOptions = {}): Promise<ReadonlyMap<string, TopicListing>> {
    return listTopics(this.#calls, options);
  }

  /** Topics with their partitions, in pages where the broker knows them (DescribeTopicPartitions, KIP-966). */
  describeTopics(names: readonly string[], options: DescribeTopicsOptions = {}): Promise<Results<TopicDescription>> {
    return describeTopics(this.#calls, names, options);
  }

  /** As {@link describeTopics}, by topic id (KIP-516). */
  describeTopicsById(topicIds: readonly Uuid[]): Promise<Results<TopicDescription>> {
    return describeTopicsById(this.#calls, topicIds);
  }

  /** Offsets by name or by time, from the leaders (KIP-396, KIP-734). */
  listOffsets(
    queries: readonly OffsetQuery[],
    options: ListOffsetsOptions = {},
  ): Promise<PartitionResults<ListedOffset>> {
    return listOffsets(this.#calls, queries, options);
  }

  /** Deletes the records before an offset (KIP-107); gives the new low watermarks. */
  deleteRecords(deletions: readonly RecordsToDelete[]): Promise<PartitionResults<number>> {
    return deleteRecords(this.#calls, deletions);
  }

  /** Settings by {@link configResourceKey} (`topic:orders`), then by name; with synonyms (KIP-226) and documentation (KIP-569) on request. */
  describeConfigs(
    resources: readonly ConfigResource[],
    options: DescribeConfigsOptions = {},
  ): Promise<Results<ReadonlyMap<string, ConfigEntry>>> {
    return describeConfigs(this.#calls, resources, options);
  }

  /** Sets, deletes, appends to or subtracts from single settings; the others stay as they are (KIP-339). */
  alterConfigs(alterations: readonly ConfigAlteration[], options: ValidateOptions = {}): Promise<Results<undefined>> {
    return alterConfigs(this.#calls, alterations, options);
  }

  /** Resources that have configuration, of these types or of all (KIP-1142). */
  listConfigResources(types: readonly ConfigResourceType[] = []): Promise<readonly ConfigResource[]> {
    return listConfigResources(this.#calls, types);
  }

  /** Groups of all brokers, by state (KIP-518) and type (KIP-848). */
  listGroups(options: ListGroupsOptions = {}): Promise<readonly GroupListing[]> {
    return listGroups(this.#calls, options);
  }

  /** Consumer groups and classic groups with their members; an unknown one is told as GROUP_ID_NOT_FOUND (KIP-1043). */
  describeGroups(groupIds: readonly string[], options: DescribeGroupsOptions = {}): Promise<Results<GroupDescription>> {
    return describeGroups(this.#calls, groupIds, options);
  }

  /** Deletes groups without members, with their offsets (KIP-229). */
  deleteGroups(groupIds: readonly string[]): Promise<Results<undefined>> {
    return deleteGroups(this.#calls, groupIds);
  }

  /** Committed offsets of many groups at once (KIP-709). */
  listGroupOffsets(
    groupIds: readonly string[],
    options: ListGroupOffsetsOptions = {},
  ): Promise<Results<PartitionResults<CommittedOffset>>> {
    return listGroupOffsets(this.#calls, groupIds, options);
  }

  /** Sets committed offsets of a group without members (KIP-396). */
  alterGroupOffsets(groupId: string, offsets: readonly OffsetToCommit[]): Promise<PartitionResults<undefined>> {
    return alterGroupOffsets(this.#calls, groupId, offsets);
  }

  /** Deletes committed offsets of topics to which the group is not subscribed (KIP-496). */
  deleteGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<PartitionResults<undefined>> {
    return deleteGroupOffsets(this.#calls, groupId, partitions);
  }

  /** Removes members by id or instance id, or all, from a group (KIP-345, KIP-571). */
  removeMembers(
    groupId: string,
    members: readonly MemberToRemove[] | 'all',
    options: RemoveMembersOptions = {},
  ): Promise<Results<undefined>> {
    return removeMembers(this.#calls, groupId, members, options);
  }

  /** The brokers of the cluster and its id (KIP-700). */
  describeCluster(options: DescribeClusterOptions = {}): Promise<ClusterDescription> {
    return describeCluster(this.#calls, options);
  }

  /** The versions of requests that a broker serves, by API key. */
  describeApiVersions(brokerId: number): Promise<ReadonlyMap<number, { readonly min: number; readonly max: number }>> {
    return describeApiVersions(this.#calls, brokerId);
  }

  /** Feature levels that are in force and that the broker can do (KIP-584). */
  describeFeatures(options: DescribeFeaturesOptions = {}): Promise<Features> {
    return describeFeatures(this.#calls, options);
  }

  /** Changes feature levels, all or none (KIP-584). */
  updateFeatures(updates: readonly FeatureUpdate[], options: ValidateOptions = {}): Promise<Results<undefined>> {
    return updateFeatures(this.#calls, updates, options);
  }

  /** Takes a broker that is gone for good off the cluster (KIP-631). */
  unregisterBroker(brokerId: number): Promise<void> {
    return unregisterBroker(this.#calls, brokerId);
  }

  /** The controllers' quorum (KIP-595, KIP-836). */
  describeQuorum(): Promise<Quorum> {
    return describeQuorum(this.#calls);
  }

  /** Adds a controller to the quorum (KIP-853). */
  addRaftVoter(voter: NewRaftVoter): Promise<void> {
    return addRaftVoter(this.#calls, voter);
  }

  /** Takes a controller off the quorum (KIP-853). */
  removeRaftVoter(voter: RaftVoter): Promise<void> {
    return removeRaftVoter(this.#calls, voter);
  }

  /** Log directories by broker, with sizes (KIP-113, KIP-827). */
  describeLogDirs(
    brokerIds: readonly number[],
    options: DescribeLogDirsOptions = {},
  ): Promise<Results<Results<LogDir>, number>> {
    return describeLogDirs(this.#calls, brokerIds, options);
  }

  /** Moves replicas of one broker to other directories of it (KIP-113). */
  alterReplicaLogDirs(brokerId: number, moves: readonly ReplicaMove[]): Promise<PartitionResults<undefined>> {
    return alterReplicaLogDirs(this.#calls, brokerId, moves);
  }

  /** Has the controller elect leaders (KIP-460). */
  electLeaders(
    election: ElectionType,
    partitions: readonly TopicPartition[] | 'all' = 'all',
  ): Promise<PartitionResults<undefined>> {
    return electLeaders(this.#calls, election, partitions);
  }

  /** Starts moves of partitions to other brokers, or takes them back (KIP-455, KIP-860). */
  alterReassignments(
    moves: readonly Reassignment[],
    options: ReassignOptions = {},
  ): Promise<PartitionResults<undefined>> {
    return alterReassignments(this.#calls, moves, options);
  }

  /** Moves of partitions under way (KIP-455). */
  listReassignments(
    partitions: readonly TopicPartition[] | 'all' = 'all',
  ): Promise<ReadonlyMap<string, ReadonlyMap<number, OngoingReassignment>>> {
    return listReassignments(this.#calls, partitions);
  }

  /** Transactions of all coordinators (KIP-664, KIP-994, KIP-1152). */
  listTransactions(options: ListTransactionsOptions = {}): Promise<readonly TransactionListing[]> {
    return listTransactions(this.#calls, options);
  }

  /** State of transactions by transactional id (KIP-664). */
  describeTransactions(transactionalIds: readonly string[]): Promise<Results<TransactionDescription>> {
    return describeTransactions(this.#calls, transactionalIds);
  }

  /** Keeps producers with these transactional ids from going on; what they have open is aborted (KIP-588). */
  fenceProducers(transactionalIds: readonly string[]): Promise<Results<FencedProducer>> {
    return fenceProducers(this.#calls, transactionalIds);
  }

  /** Producers that partitions remember, with their open transactions (KIP-664). */
  describeProducers(
    partitions: readonly TopicPartition[],
    options: DescribeProducersOptions = {},
  ): Promise<PartitionResults<readonly ProducerState[]>> {
    return describeProducers(this.#calls, partitions, options);
  }

  /** Aborts a transaction that hangs on one partition, past its coordinator (KIP-664). */
  abortTransaction(hanging: HangingTransaction): Promise<void> {
    return abortTransaction(this.#calls, hanging);
  }

  /** Client quotas of the entities that a filter matches; of all without one (KIP-546). */
  describeClientQuotas(
    filter: readonly QuotaFilterPart[] = [],
    options: DescribeQuotasOptions = {},
  ): Promise<readonly ClientQuota[]> {
    return describeClientQuotas(this.#calls, filter, options);
  }

  /** Sets and takes away client quotas; outcomes by {@link quotaEntityKey} (KIP-546). */
  alterClientQuotas(
    alterations: readonly QuotaAlteration[],
    options: ValidateOptions = {},
  ): Promise<Results<undefined>> {
    return alterClientQuotas(this.#calls, alterations, options);
  }

  /** Access rules that a filter matches; all without one (KIP-140, KIP-290). */
  describeAcls(filter: AclFilter = {}): Promise<readonly AclBinding[]> {
    return describeAcls(this.#calls, filter);
  }

  /** Adds access rules; outcomes in their order. */
  createAcls(acls: readonly NewAcl[]): Promise<Outcome<undefined>[]> {
    return createAcls(this.#calls, acls);
  }

  /** Deletes the access rules that filters match; what was deleted, in the order of the filters. */
  deleteAcls(filters: readonly AclFilter[]): Promise<Outcome<readonly Outcome<AclBinding>[]>[]> {
    return deleteAcls(this.#calls, filters);
  }

  /** SCRAM mechanisms of users, without secrets; a user that has none is told as RESOURCE_NOT_FOUND (KIP-554). */
  describeScramCredentials(users: readonly string[] | 'all' = 'all'): Promise<Results<readonly ScramCredentialInfo[]>> {
    return describeScramCredentials(this.#calls, users);
  }

  /** Sets passwords of users or takes mechanisms away; outcomes by user (KIP-554). */
  alterScramCredentials(alterations: readonly ScramAlteration[]): Promise<Results<undefined>> {
    return alterScramCredentials(this.#calls, alterations);
  }

  /** Makes a delegation token (KIP-48). */
  createDelegationToken(options: CreateTokenOptions = {}): Promise<DelegationToken> {
    return createDelegationToken(this.#calls, options);
  }

  /** Puts off a token's expiry by a time, or by the broker's; gives the new time of expiry (KIP-48). */
  renewDelegationToken(hmac: Uint8Array, renewPeriodMs?: number): Promise<number> {
    return renewDelegationToken(this.#calls, hmac, renewPeriodMs);
  }

  /** Lets a token expire after a time, or at once; gives the time of expiry (KIP-48). */
  expireDelegationToken(hmac: Uint8Array, afterMs?: number | 'at-once'): Promise<number> {
    return expireDelegationToken(this.#calls, hmac, afterMs);
  }

  /** Delegation tokens of owners that the caller may see (KIP-48, KIP-373). */
  describeDelegationTokens(owners: readonly Principal[] | 'all' = 'all'): Promise<readonly DelegationToken[]> {
    return describeDelegationTokens(this.#calls, owners);
  }

  /** Ends all connections; calls under way reject with CLOSED. */
  close(): void {
    this.#cluster.close();
  }
}
