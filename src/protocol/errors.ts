/**
 * Kafka's error codes (protocol/Errors in Kafka, release 4.3), each with what a sender can do about it and the text
 * that Kafka's clients and tools print. Codes and names are wire facts and never change.
 *
 * The classes: `never`: the same request fails again. `retry`: it may succeed later. `refreshMetadata`: as retry, but ask for
 * leaders first. `findCoordinator`: as retry, but look the coordinator up first. `fenced`: the sender's identity (member,
 * generation, producer epoch) is no longer valid and has to be made anew. `abortTxn`: abort the transaction and go on.
 */
export type RetryClass = 'never' | 'retry' | 'refreshMetadata' | 'findCoordinator' | 'fenced' | 'abortTxn';

/** One error: what travels is its code. Each exists once, so errors compare by identity. */
export interface ErrorSpec {
  readonly name: ErrorName;
  readonly code: number;
  readonly retry: RetryClass;
  readonly text: string;
}

const table = {
  UNKNOWN_SERVER_ERROR: {
    code: -1,
    retry: 'never',
    text: 'The server experienced an unexpected error when processing the request.',
  },
  NONE: { code: 0, retry: 'never', text: '' },
  OFFSET_OUT_OF_RANGE: {
    code: 1,
    retry: 'never',
    text: 'The requested offset is not within the range of offsets maintained by the server.',
  },
  CORRUPT_MESSAGE: {
    code: 2,
    retry: 'retry',
    text: 'This message has failed its CRC checksum, exceeds the valid size, has a null key for a compacted topic, or is otherwise corrupt.',
  },
  UNKNOWN_TOPIC_OR_PARTITION: {
    code: 3,
    retry: 'refreshMetadata',
    text: 'This server does not host this topic-partition.',
  },
  INVALID_FETCH_SIZE: { code: 4, retry: 'never', text: 'The requested fetch size is invalid.' },
  LEADER_NOT_AVAILABLE: {
    code: 5,
    retry: 'refreshMetadata',
    text: 'There is no leader for this topic-partition as we are in the middle of a leadership election.',
  },
  NOT_LEADER_OR_FOLLOWER: {
    code: 6,
    retry: 'refreshMetadata',
    text: 'For requests intended only for the leader, this error indicates that the broker is not the current leader. For requests intended for any replica, this error indicates that the broker is not a replica of the topic partition.',
  },
  REQUEST_TIMED_OUT: { code: 7, retry: 'retry', text: 'The request timed out.' },
  BROKER_NOT_AVAILABLE: { code: 8, retry: 'never', text: 'The broker is not available.' },
  REPLICA_NOT_AVAILABLE: {
    code: 9,
    retry: 'refreshMetadata',
    text: 'The replica is not available for the requested topic-partition. Produce/Fetch requests and other requests intended only for the leader or follower return NOT_LEADER_OR_FOLLOWER if the broker is not a replica of the topic-partition.',
  },
  MESSAGE_TOO_LARGE: {
    code: 10,
    retry: 'never',
    text: 'The request included a message larger than the max message size the server will accept.',
  },
  STALE_CONTROLLER_EPOCH: { code: 11, retry: 'fenced', text: 'The controller moved to another broker.' },
  OFFSET_METADATA_TOO_LARGE: {
    code: 12,
    retry: 'never',
    text: 'The metadata field of the offset request was too large.',
  },
  NETWORK_EXCEPTION: {
    code: 13,
    retry: 'refreshMetadata',
    text: 'The server disconnected before a response was received.',
  },
  COORDINATOR_LOAD_IN_PROGRESS: {
    code: 14,
    retry: 'retry',
    text: "The coordinator is loading and hence can't process requests.",
  },
  COORDINATOR_NOT_AVAILABLE: { code: 15, retry: 'findCoordinator', text: 'The coordinator is not available.' },
  NOT_COORDINATOR: { code: 16, retry: 'findCoordinator', text: 'This is not the correct coordinator.' },
  INVALID_TOPIC_EXCEPTION: {
    code: 17,
    retry: 'never',
    text: 'The request attempted to perform an operation on an invalid topic.',
  },
  RECORD_LIST_TOO_LARGE: {
    code: 18,
    retry: 'never',
    text: 'The request included message batch larger than the configured segment size on the server.',
  },
  NOT_ENOUGH_REPLICAS: {
    code: 19,
    retry: 'retry',
    text: 'Messages are rejected since there are fewer in-sync replicas than required.',
  },
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: {
    code: 20,
    retry: 'retry',
    text: 'Messages are written to the log, but to fewer in-sync replicas than required.',
  },
  INVALID_REQUIRED_ACKS: {
    code: 21,
    retry: 'never',
    text: 'Produce request specified an invalid value for required acks.',
  },
  ILLEGAL_GENERATION: { code: 22, retry: 'fenced', text: 'Specified group generation id is not valid.' },
  INCONSISTENT_GROUP_PROTOCOL: {
    code: 23,
    retry: 'never',
    text: "The group member's supported protocols are incompatible with those of existing members or first group member tried to join with empty protocol type or empty protocol list.",
  },
  INVALID_GROUP_ID: { code: 24, retry: 'never', text: 'The group id is invalid.' },
  UNKNOWN_MEMBER_ID: { code: 25, retry: 'fenced', text: 'The coordinator is not aware of this member.' },
  INVALID_SESSION_TIMEOUT: {
    code: 26,
    retry: 'never',
    text: 'The session timeout is not within the range allowed by the broker (as configured by group.min.session.timeout.ms and group.max.session.timeout.ms).',
  },
  REBALANCE_IN_PROGRESS: { code: 27, retry: 'never', text: 'The group is rebalancing, so a rejoin is needed.' },
  INVALID_COMMIT_OFFSET_SIZE: { code: 28, retry: 'never', text: 'The committing offset data size is not valid.' },
  TOPIC_AUTHORIZATION_FAILED: { code: 29, retry: 'never', text: 'Topic authorization failed.' },
  GROUP_AUTHORIZATION_FAILED: { code: 30, retry: 'never', text: 'Group authorization failed.' },
  CLUSTER_AUTHORIZATION_FAILED: { code: 31, retry: 'never', text: 'Cluster authorization failed.' },
  INVALID_TIMESTAMP: { code: 32, retry: 'never', text: 'The timestamp of the message is out of acceptable range.' },
  UNSUPPORTED_SASL_MECHANISM: {
    code: 33,
    retry: 'never',
    text: 'The broker does not support the requested SASL mechanism.',
  },
  ILLEGAL_SASL_STATE: { code: 34, retry: 'never', text: 'Request is not valid given the current SASL state.' },
  UNSUPPORTED_VERSION: { code: 35, retry: 'never', text: 'The version of API is not supported.' },
  TOPIC_ALREADY_EXISTS: { code: 36, retry: 'never', text: 'Topic with this name already exists.' },
  INVALID_PARTITIONS: { code: 37, retry: 'never', text: 'Number of partitions is below 1.' },
  INVALID_REPLICATION_FACTOR: {
    code: 38,
    retry: 'never',
    text: 'Replication factor is below 1 or larger than the number of available brokers.',
  },
  INVALID_REPLICA_ASSIGNMENT: { code: 39, retry: 'never', text: 'Replica assignment is invalid.' },
  INVALID_CONFIG: { code: 40, retry: 'never', text: 'Configuration is invalid.' },
  NOT_CONTROLLER: { code: 41, retry: 'refreshMetadata', text: 'This is not the correct controller for this cluster.' },
  INVALID_REQUEST: {
    code: 42,
    retry: 'never',
    text: 'This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details.',
  },
  UNSUPPORTED_FOR_MESSAGE_FORMAT: {
    code: 43,
    retry: 'never',
    text: 'The message format version on the broker does not support the request.',
  },
  POLICY_VIOLATION: { code: 44, retry: 'never', text: 'Request parameters do not satisfy the configured policy.' },
  OUT_OF_ORDER_SEQUENCE_NUMBER: {
    code: 45,
    retry: 'never',
    text: 'The broker received an out of order sequence number.',
  },
  DUPLICATE_SEQUENCE_NUMBER: { code: 46, retry: 'never', text: 'The broker received a duplicate sequence number.' },
  INVALID_PRODUCER_EPOCH: { code: 47, retry: 'fenced', text: 'Producer attempted to produce with an old epoch.' },
  INVALID_TXN_STATE: {
    code: 48,
    retry: 'never',
    text: 'The producer attempted a transactional operation in an invalid state.',
  },
  INVALID_PRODUCER_ID_MAPPING: {
    code: 49,
    retry: 'fenced',
    text: 'The producer attempted to use a producer id which is not currently assigned to its transactional id.',
  },
  INVALID_TRANSACTION_TIMEOUT: {
    code: 50,
    retry: 'never',
    text: 'The transaction timeout is larger than the maximum value allowed by the broker (as configured by transaction.max.timeout.ms).',
  },
  CONCURRENT_TRANSACTIONS: {
    code: 51,
    retry: 'retry',
    text: 'The producer attempted to update a transaction while another concurrent operation on the same transaction was ongoing.',
  },
  TRANSACTION_COORDINATOR_FENCED: {
    code: 52,
    retry: 'fenced',
    text: 'Indicates that the transaction coordinator sending a WriteTxnMarker is no longer the current coordinator for a given producer.',
  },
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: { code: 53, retry: 'never', text: 'Transactional Id authorization failed.' },
  SECURITY_DISABLED: { code: 54, retry: 'never', text: 'Security features are disabled.' },
  OPERATION_NOT_ATTEMPTED: {
    code: 55,
    retry: 'never',
    text: 'The broker did not attempt to execute this operation. This may happen for batched RPCs where some operations in the batch failed, causing the broker to respond without trying the rest.',
  },
  KAFKA_STORAGE_ERROR: {
    code: 56,
    retry: 'refreshMetadata',
    text: 'Disk error when trying to access log file on the disk.',
  },
  LOG_DIR_NOT_FOUND: {
    code: 57,
    retry: 'never',
    text: 'The user-specified log directory is not found in the broker config.',
  },
  SASL_AUTHENTICATION_FAILED: { code: 58, retry: 'never', text: 'SASL Authentication failed.' },
  UNKNOWN_PRODUCER_ID: {
    code: 59,
    retry: 'fenced',
    text: "This exception is raised by the broker if it could not locate the producer metadata associated with the producerId in question. This could happen if, for instance, the producer's records were deleted because their retention time had elapsed. Once the last records of the producerId are removed, the producer's metadata is removed from the broker, and future appends by the producer will return this exception.",
  },
  REASSIGNMENT_IN_PROGRESS: { code: 60, retry: 'never', text: 'A partition reassignment is in progress.' },
  DELEGATION_TOKEN_AUTH_DISABLED: { code: 61, retry: 'never', text: 'Delegation Token feature is not enabled.' },
  DELEGATION_TOKEN_NOT_FOUND: { code: 62, retry: 'never', text: 'Delegation Token is not found on server.' },
  DELEGATION_TOKEN_OWNER_MISMATCH: {
    code: 63,
    retry: 'never',
    text: 'Specified Principal is not valid Owner/Renewer.',
  },
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: {
    code: 64,
    retry: 'never',
    text: 'Delegation Token requests are not allowed on PLAINTEXT/1-way SSL channels and on delegation token authenticated channels.',
  },
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: { code: 65, retry: 'never', text: 'Delegation Token authorization failed.' },
  DELEGATION_TOKEN_EXPIRED: { code: 66, retry: 'never', text: 'Delegation Token is expired.' },
  INVALID_PRINCIPAL_TYPE: { code: 67, retry: 'never', text: 'Supplied principalType is not supported.' },
  NON_EMPTY_GROUP: { code: 68, retry: 'never', text: 'The group is not empty.' },
  GROUP_ID_NOT_FOUND: { code: 69, retry: 'never', text: 'The group id does not exist.' },
  FETCH_SESSION_ID_NOT_FOUND: { code: 70, retry: 'retry', text: 'The fetch session ID was not found.' },
  INVALID_FETCH_SESSION_EPOCH: { code: 71, retry: 'retry', text: 'The fetch session epoch is invalid.' },
  LISTENER_NOT_FOUND: {
    code: 72,
    retry: 'refreshMetadata',
    text: 'There is no listener on the leader broker that matches the listener on which metadata request was processed.',
  },
  TOPIC_DELETION_DISABLED: { code: 73, retry: 'never', text: 'Topic deletion is disabled.' },
  FENCED_LEADER_EPOCH: {
    code: 74,
    retry: 'refreshMetadata',
    text: 'The leader epoch in the request is older than the epoch on the broker.',
  },
  UNKNOWN_LEADER_EPOCH: {
    code: 75,
    retry: 'retry',
    text: 'The leader epoch in the request is newer than the epoch on the broker.',
  },
  UNSUPPORTED_COMPRESSION_TYPE: {
    code: 76,
    retry: 'never',
    text: 'The requesting client does not support the compression type of given partition.',
  },
  STALE_BROKER_EPOCH: { code: 77, retry: 'fenced', text: 'Broker epoch has changed.' },
  OFFSET_NOT_AVAILABLE: {
    code: 78,
    retry: 'retry',
    text: 'The leader high watermark has not caught up from a recent leader election so the offsets cannot be guaranteed to be monotonically increasing.',
  },
  MEMBER_ID_REQUIRED: {
    code: 79,
    retry: 'never',
    text: 'The group member needs to have a valid member id before actually entering a consumer group.',
  },
  PREFERRED_LEADER_NOT_AVAILABLE: {
    code: 80,
    retry: 'refreshMetadata',
    text: 'The preferred leader was not available.',
  },
  GROUP_MAX_SIZE_REACHED: { code: 81, retry: 'never', text: 'The group has reached its maximum size.' },
  FENCED_INSTANCE_ID: {
    code: 82,
    retry: 'fenced',
    text: 'The broker rejected this static consumer since another consumer with the same group.instance.id has registered with a different member.id.',
  },
  ELIGIBLE_LEADERS_NOT_AVAILABLE: {
    code: 83,
    retry: 'refreshMetadata',
    text: 'Eligible topic partition leaders are not available.',
  },
  ELECTION_NOT_NEEDED: { code: 84, retry: 'refreshMetadata', text: 'Leader election not needed for topic partition.' },
  NO_REASSIGNMENT_IN_PROGRESS: { code: 85, retry: 'never', text: 'No partition reassignment is in progress.' },
  GROUP_SUBSCRIBED_TO_TOPIC: {
    code: 86,
    retry: 'never',
    text: 'Deleting offsets of a topic is forbidden while the consumer group is actively subscribed to it.',
  },
  INVALID_RECORD: {
    code: 87,
    retry: 'never',
    text: 'This record has failed the validation on broker and hence will be rejected.',
  },
  UNSTABLE_OFFSET_COMMIT: { code: 88, retry: 'retry', text: 'There are unstable offsets that need to be cleared.' },
  THROTTLING_QUOTA_EXCEEDED: { code: 89, retry: 'retry', text: 'The throttling quota has been exceeded.' },
  PRODUCER_FENCED: {
    code: 90,
    retry: 'fenced',
    text: 'There is a newer producer with the same transactionalId which fences the current one.',
  },
  RESOURCE_NOT_FOUND: {
    code: 91,
    retry: 'never',
    text: 'A request illegally referred to a resource that does not exist.',
  },
  DUPLICATE_RESOURCE: { code: 92, retry: 'never', text: 'A request illegally referred to the same resource twice.' },
  UNACCEPTABLE_CREDENTIAL: {
    code: 93,
    retry: 'never',
    text: 'Requested credential would not meet criteria for acceptability.',
  },
  INCONSISTENT_VOTER_SET: {
    code: 94,
    retry: 'never',
    text: 'Indicates that the either the sender or recipient of a voter-only request is not one of the expected voters.',
  },
  INVALID_UPDATE_VERSION: { code: 95, retry: 'never', text: 'The given update version was invalid.' },
  FEATURE_UPDATE_FAILED: {
    code: 96,
    retry: 'never',
    text: 'Unable to update finalized features due to an unexpected server error.',
  },
  PRINCIPAL_DESERIALIZATION_FAILURE: {
    code: 97,
    retry: 'never',
    text: 'Request principal deserialization failed during forwarding. This indicates an internal error on the broker cluster security setup.',
  },
  SNAPSHOT_NOT_FOUND: { code: 98, retry: 'never', text: 'Requested snapshot was not found.' },
  POSITION_OUT_OF_RANGE: {
    code: 99,
    retry: 'never',
    text: 'Requested position is not greater than or equal to zero, and less than the size of the snapshot.',
  },
  UNKNOWN_TOPIC_ID: { code: 100, retry: 'refreshMetadata', text: 'This server does not host this topic ID.' },
  DUPLICATE_BROKER_REGISTRATION: { code: 101, retry: 'never', text: 'This broker ID is already in use.' },
  BROKER_ID_NOT_REGISTERED: { code: 102, retry: 'never', text: 'The given broker ID was not registered.' },
  INCONSISTENT_TOPIC_ID: {
    code: 103,
    retry: 'refreshMetadata',
    text: "The log's topic ID did not match the topic ID in the request.",
  },
  INCONSISTENT_CLUSTER_ID: {
    code: 104,
    retry: 'never',
    text: 'The clusterId in the request does not match that found on the server.',
  },
  TRANSACTIONAL_ID_NOT_FOUND: { code: 105, retry: 'never', text: 'The transactionalId could not be found.' },
  FETCH_SESSION_TOPIC_ID_ERROR: {
    code: 106,
    retry: 'retry',
    text: 'The fetch session encountered inconsistent topic ID usage.',
  },
  INELIGIBLE_REPLICA: { code: 107, retry: 'never', text: 'The new ISR contains at least one ineligible replica.' },
  NEW_LEADER_ELECTED: {
    code: 108,
    retry: 'never',
    text: 'The AlterPartition request successfully updated the partition state but the leader has changed.',
  },
  OFFSET_MOVED_TO_TIERED_STORAGE: {
    code: 109,
    retry: 'never',
    text: 'The requested offset is moved to tiered storage.',
  },
  FENCED_MEMBER_EPOCH: {
    code: 110,
    retry: 'fenced',
    text: 'The member epoch is fenced by the group coordinator. The member must abandon all its partitions and rejoin.',
  },
  UNRELEASED_INSTANCE_ID: {
    code: 111,
    retry: 'never',
    text: 'The instance ID is still used by another member in the consumer group. That member must leave first.',
  },
  UNSUPPORTED_ASSIGNOR: {
    code: 112,
    retry: 'never',
    text: 'The assignor or its version range is not supported by the consumer group.',
  },
  STALE_MEMBER_EPOCH: {
    code: 113,
    retry: 'never',
    text: 'The member epoch is stale. The member must retry after receiving its updated member epoch via the ConsumerGroupHeartbeat API.',
  },
  MISMATCHED_ENDPOINT_TYPE: {
    code: 114,
    retry: 'never',
    text: 'The request was sent to an endpoint of the wrong type.',
  },
  UNSUPPORTED_ENDPOINT_TYPE: { code: 115, retry: 'never', text: 'This endpoint type is not supported yet.' },
  UNKNOWN_CONTROLLER_ID: { code: 116, retry: 'never', text: 'This controller ID is not known.' },
  UNKNOWN_SUBSCRIPTION_ID: {
    code: 117,
    retry: 'never',
    text: 'Client sent a push telemetry request with an invalid or outdated subscription ID.',
  },
  TELEMETRY_TOO_LARGE: {
    code: 118,
    retry: 'never',
    text: 'Client sent a push telemetry request larger than the maximum size the broker will accept.',
  },
  INVALID_REGISTRATION: {
    code: 119,
    retry: 'never',
    text: 'The controller has considered the broker registration to be invalid.',
  },
  TRANSACTION_ABORTABLE: {
    code: 120,
    retry: 'abortTxn',
    text: 'The server encountered an error with the transaction. The client can abort the transaction to continue using this transactional ID.',
  },
  INVALID_RECORD_STATE: {
    code: 121,
    retry: 'never',
    text: 'The record state is invalid. The acknowledgement of delivery could not be completed.',
  },
  SHARE_SESSION_NOT_FOUND: { code: 122, retry: 'retry', text: 'The share session was not found.' },
  INVALID_SHARE_SESSION_EPOCH: { code: 123, retry: 'retry', text: 'The share session epoch is invalid.' },
  FENCED_STATE_EPOCH: {
    code: 124,
    retry: 'fenced',
    text: 'The share coordinator rejected the request because the share-group state epoch did not match.',
  },
  INVALID_VOTER_KEY: { code: 125, retry: 'never', text: "The voter key doesn't match the receiving replica's key." },
  DUPLICATE_VOTER: { code: 126, retry: 'never', text: 'The voter is already part of the set of voters.' },
  VOTER_NOT_FOUND: { code: 127, retry: 'never', text: 'The voter is not part of the set of voters.' },
  INVALID_REGULAR_EXPRESSION: { code: 128, retry: 'never', text: 'The regular expression is not valid.' },
  REBOOTSTRAP_REQUIRED: {
    code: 129,
    retry: 'never',
    text: 'Client metadata is stale. The client should rebootstrap to obtain new metadata.',
  },
  STREAMS_INVALID_TOPOLOGY: { code: 130, retry: 'never', text: 'The supplied topology is invalid.' },
  STREAMS_INVALID_TOPOLOGY_EPOCH: { code: 131, retry: 'never', text: 'The supplied topology epoch is invalid.' },
  STREAMS_TOPOLOGY_FENCED: { code: 132, retry: 'never', text: 'The supplied topology epoch is outdated.' },
  SHARE_SESSION_LIMIT_REACHED: { code: 133, retry: 'retry', text: 'The limit of share sessions has been reached.' },
} as const satisfies Record<string, Omit<ErrorSpec, 'name'>>;

export type ErrorName = keyof typeof table;

/** The errors by name: `E.NOT_LEADER_OR_FOLLOWER`. */
export const E = Object.fromEntries(
  Object.entries(table).map(([name, entry]) => [name, Object.freeze({ name: name as ErrorName, ...entry })]),
) as Readonly<Record<ErrorName, ErrorSpec>>;

const byCode = new Map<number, ErrorSpec>(Object.values(E).map((error) => [error.code, error]));

/** The error of a code; one that this release does not know reads as UNKNOWN_SERVER_ERROR, as in Kafka. */
export function errorOf(code: number): ErrorSpec {
  return byCode.get(code) ?? E.UNKNOWN_SERVER_ERROR;
}

export function errorName(code: number): ErrorName {
  return errorOf(code).name;
}

/** Whether Kafka calls the error retriable: the same request may succeed later. */
export function isRetriable({ retry }: ErrorSpec): boolean {
  return retry === 'retry' || retry === 'refreshMetadata' || retry === 'findCoordinator';
}
