export type { Uuid } from '../base/uuid.ts';
export type { RecordHeader } from '../records/record-cursor.ts';
export type { Admin } from './admin/admin.ts';
export type { BrokerNode } from './admin/admin-calls.ts';
export type { AclOperation, AclPatternType, AclPermission, AclResourceType } from './admin/acl-codes.ts';
export type { AclBinding, AclFilter, NewAcl } from './admin/acls.ts';
export {
  quotaEntityKey,
  type ClientQuota,
  type DescribeQuotasOptions,
  type QuotaAlteration,
  type QuotaEntity,
  type QuotaEntityType,
  type QuotaFilterPart,
} from './admin/client-quotas.ts';
export type { ConfigEntry, ConfigSource, ConfigSynonym, ConfigType } from './admin/config-entry.ts';
export {
  configResourceKey,
  type ConfigAlteration,
  type ConfigChange,
  type ConfigOperation,
  type ConfigResource,
  type ConfigResourceType,
  type DescribeConfigsOptions,
} from './admin/configs.ts';
export type { CreatedTopic, NewPartitions, NewTopic, ValidateOptions } from './admin/create-topics.ts';
export type { CreateTokenOptions, DelegationToken, Principal } from './admin/delegation-tokens.ts';
export type {
  BrokerDescription,
  ClusterDescription,
  DescribeClusterOptions,
  DescribeFeaturesOptions,
  FeatureRange,
  FeatureUpdate,
  FeatureUpgradeType,
  Features,
} from './admin/describe-cluster.ts';
export type {
  DescribeGroupsOptions,
  GroupDescription,
  MemberDescription,
  TopicPartitions,
} from './admin/describe-groups.ts';
export type {
  DescribeTopicsOptions,
  ListTopicsOptions,
  PartitionDescription,
  TopicDescription,
  TopicListing,
} from './admin/describe-topics.ts';
export type { MemberToRemove, RemoveMembersOptions } from './admin/group-members.ts';
export type { CommittedOffset, ListGroupOffsetsOptions, OffsetToCommit } from './admin/group-offsets.ts';
export type { GroupListing, GroupType, ListGroupsOptions } from './admin/list-groups.ts';
export type {
  ListOffsetsOptions,
  ListedOffset,
  OffsetQuery,
  OffsetSpec,
  RecordsToDelete,
} from './admin/list-offsets.ts';
export type { DescribeLogDirsOptions, LogDir, LogDirReplica, ReplicaMove } from './admin/log-dirs.ts';
export type { DescribeProducersOptions, HangingTransaction, ProducerState } from './admin/producers.ts';
export type { Endpoint, NewRaftVoter, Quorum, QuorumReplica, RaftVoter } from './admin/quorum.ts';
export type { ElectionType, OngoingReassignment, ReassignOptions, Reassignment } from './admin/reassignments.ts';
export { valuesOf, partitionValuesOf, type Outcome, type PartitionResults, type Results } from './admin/results.ts';
export type { ScramAlteration, ScramCredentialInfo, ScramMechanism } from './admin/scram-credentials.ts';
export type {
  FencedProducer,
  ListTransactionsOptions,
  TransactionDescription,
  TransactionListing,
} from './admin/transactions.ts';
export {
  BrokerError,
  ConnectionError,
  FencedError,
  KafkaError,
  TimeoutError,
  type ClientErrorCode,
} from './client-error.ts';
export type { ClientOptions } from './client-options.ts';
export type { Commitable } from './consumer/commitable.ts';
export type { ConsumerBatch } from './consumer/consumer-batch.ts';
export type {
  AssignorName,
  CommitMode,
  ConsumerOptions,
  GroupProtocol,
  OffsetReset,
  RebalanceHandlers,
} from './consumer/consumer-options.ts';
export type { ConsumerRecord } from './consumer/consumer-record.ts';
export type { BatchControl, RunOptions } from './consumer/consumer-run.ts';
export type { Consumer } from './consumer/consumer.ts';
export type { GroupMembership } from './consumer/group-offsets.ts';
export type { FoundOffset, TimedPartition } from './consumer/offset-lookup.ts';
export type { SubscribedTo } from './consumer/subscription.ts';
export type { TopicPartition, TopicPartitionOffset } from './consumer/topic-partition.ts';
export { exactlyOnce, type ExactlyOnceHandler, type ExactlyOnceOptions } from './exactly-once.ts';
export { fromProperties, type OptionsFromProperties, type PropertiesReading } from './from-properties.ts';
export { Kafka, type KafkaOptions } from './kafka.ts';
export type { ClientEvents } from './observe/events.ts';
export type { AdminMetrics, ConsumerMetrics, ProducerMetrics } from './observe/metric-tables.ts';
export { spanContextOf, type RemoteSpanContext, type TraceState } from './observe/open-telemetry.ts';
export type { PartitionChoice, Partitioner } from './producer/partitioner.ts';
export type { Compression, ProducerOptions } from './producer/producer-options.ts';
export type { ProducerHeaders, ProducerRecord } from './producer/producer-record.ts';
export type { RecordMetadata, WrittenRange } from './producer/receipt.ts';
export type { GroupMetadata, TransactionOffset } from './producer/transaction-offsets.ts';
export type { Producer, SendOptions } from './producer/producer.ts';
export type { BearerToken, SaslOptions, TlsOptions } from './security-options.ts';
export {
  bytes,
  float64,
  int32,
  int64,
  json,
  string,
  uuid,
  type Deserializer,
  type Serde,
  type SerdeContext,
  type Serializer,
} from './serializers.ts';
