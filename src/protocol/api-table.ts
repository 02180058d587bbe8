import { assert } from '../base/assert.ts';

/**
 * One API key: what this release of the protocol (Kafka 4.3) has of it. A plain table, so that listing the versions
 * loads no declaration and compiles nothing; a test holds it against the declarations in `messages/`.
 */
export interface ApiEntry {
  readonly key: number;
  readonly name: string;
  /** The versions that can be read and written. */
  readonly min: number;
  readonly max: number;
  /** The first flexible version; undefined when none is. */
  readonly flexibleFrom: number | undefined;
  /** Who sends it: clients (the admin client included), or brokers and the controller among themselves. */
  readonly callers: 'clients' | 'brokers';
  /** Highest stable version where the newest is not: what ApiVersions tells. */
  readonly stableMax: number;
  /**
   * What ApiVersions tells as the lowest version. Produce says 0 although 0-2 are refused: librdkafka before 2.10
   * takes a higher minimum for a broker without compression and idempotence (KAFKA-18659).
   */
  readonly advertisedMin: number;
}

type Row = readonly [
  key: number,
  name: string,
  min: number,
  max: number,
  flexibleFrom: number | undefined,
  callers: 'clients' | 'brokers',
];

const rows: readonly Row[] = [
  [0, 'Produce', 3, 13, 9, 'clients'],
  [1, 'Fetch', 4, 18, 12, 'clients'],
  [2, 'ListOffsets', 1, 11, 6, 'clients'],
  [3, 'Metadata', 0, 13, 9, 'clients'],
  [8, 'OffsetCommit', 2, 10, 8, 'clients'],
  [9, 'OffsetFetch', 1, 10, 6, 'clients'],
  [10, 'FindCoordinator', 0, 6, 3, 'clients'],
  [11, 'JoinGroup', 0, 9, 6, 'clients'],
  [12, 'Heartbeat', 0, 4, 4, 'clients'],
  [13, 'LeaveGroup', 0, 5, 4, 'clients'],
  [14, 'SyncGroup', 0, 5, 4, 'clients'],
  [15, 'DescribeGroups', 0, 6, 5, 'clients'],
  [16, 'ListGroups', 0, 5, 3, 'clients'],
  [17, 'SaslHandshake', 0, 1, undefined, 'clients'],
  [18, 'ApiVersions', 0, 4, 3, 'clients'],
  [19, 'CreateTopics', 2, 7, 5, 'clients'],
  [20, 'DeleteTopics', 1, 6, 4, 'clients'],
  [21, 'DeleteRecords', 0, 2, 2, 'clients'],
  [22, 'InitProducerId', 0, 6, 2, 'clients'],
  [23, 'OffsetForLeaderEpoch', 2, 4, 4, 'clients'],
  [24, 'AddPartitionsToTxn', 0, 5, 3, 'clients'],
  [25, 'AddOffsetsToTxn', 0, 4, 3, 'clients'],
  [26, 'EndTxn', 0, 5, 3, 'clients'],
  [27, 'WriteTxnMarkers', 1, 2, 1, 'clients'],
  [28, 'TxnOffsetCommit', 0, 5, 3, 'clients'],
  [29, 'DescribeAcls', 1, 3, 2, 'clients'],
  [30, 'CreateAcls', 1, 3, 2, 'clients'],
  [31, 'DeleteAcls', 1, 3, 2, 'clients'],
  [32, 'DescribeConfigs', 1, 4, 4, 'clients'],
  [33, 'AlterConfigs', 0, 2, 2, 'clients'],
  [34, 'AlterReplicaLogDirs', 1, 2, 2, 'clients'],
  [35, 'DescribeLogDirs', 1, 5, 2, 'clients'],
  [36, 'SaslAuthenticate', 0, 2, 2, 'clients'],
  [37, 'CreatePartitions', 0, 3, 2, 'clients'],
  [38, 'CreateDelegationToken', 1, 3, 2, 'clients'],
  [39, 'RenewDelegationToken', 1, 2, 2, 'clients'],
  [40, 'ExpireDelegationToken', 1, 2, 2, 'clients'],
  [41, 'DescribeDelegationToken', 1, 3, 2, 'clients'],
  [42, 'DeleteGroups', 0, 2, 2, 'clients'],
  [43, 'ElectLeaders', 0, 2, 2, 'clients'],
  [44, 'IncrementalAlterConfigs', 0, 1, 1, 'clients'],
  [45, 'AlterPartitionReassignments', 0, 1, 0, 'clients'],
  [46, 'ListPartitionReassignments', 0, 0, 0, 'clients'],
  [47, 'OffsetDelete', 0, 0, undefined, 'clients'],
  [48, 'DescribeClientQuotas', 0, 1, 1, 'clients'],
  [49, 'AlterClientQuotas', 0, 1, 1, 'clients'],
  [50, 'DescribeUserScramCredentials', 0, 0, 0, 'clients'],
  [51, 'AlterUserScramCredentials', 0, 0, 0, 'clients'],
  [55, 'DescribeQuorum', 0, 2, 0, 'clients'],
  [56, 'AlterPartition', 2, 3, 0, 'brokers'],
  [57, 'UpdateFeatures', 0, 2, 0, 'clients'],
  [58, 'Envelope', 0, 0, 0, 'brokers'],
  [60, 'DescribeCluster', 0, 2, 0, 'clients'],
  [61, 'DescribeProducers', 0, 0, 0, 'clients'],
  [62, 'BrokerRegistration', 0, 4, 0, 'brokers'],
  [63, 'BrokerHeartbeat', 0, 2, 0, 'brokers'],
  [64, 'UnregisterBroker', 0, 0, 0, 'clients'],
  [65, 'DescribeTransactions', 0, 0, 0, 'clients'],
  [66, 'ListTransactions', 0, 2, 0, 'clients'],
  [67, 'AllocateProducerIds', 0, 0, 0, 'brokers'],
  [68, 'ConsumerGroupHeartbeat', 0, 1, 0, 'clients'],
  [69, 'ConsumerGroupDescribe', 0, 1, 0, 'clients'],
  [71, 'GetTelemetrySubscriptions', 0, 0, 0, 'clients'],
  [72, 'PushTelemetry', 0, 0, 0, 'clients'],
  [73, 'AssignReplicasToDirs', 0, 0, 0, 'brokers'],
  [74, 'ListConfigResources', 0, 1, 0, 'clients'],
  [75, 'DescribeTopicPartitions', 0, 0, 0, 'clients'],
  [76, 'ShareGroupHeartbeat', 1, 1, 0, 'clients'],
  [77, 'ShareGroupDescribe', 1, 1, 0, 'clients'],
  [78, 'ShareFetch', 1, 2, 0, 'clients'],
  [79, 'ShareAcknowledge', 1, 2, 0, 'clients'],
  [80, 'AddRaftVoter', 0, 1, 0, 'clients'],
  [81, 'RemoveRaftVoter', 0, 0, 0, 'clients'],
  [83, 'InitializeShareGroupState', 0, 0, 0, 'brokers'],
  [84, 'ReadShareGroupState', 0, 0, 0, 'brokers'],
  [85, 'WriteShareGroupState', 0, 1, 0, 'brokers'],
  [86, 'DeleteShareGroupState', 0, 0, 0, 'brokers'],
  [87, 'ReadShareGroupStateSummary', 0, 1, 0, 'brokers'],
  [88, 'StreamsGroupHeartbeat', 0, 0, 0, 'clients'],
  [89, 'StreamsGroupDescribe', 0, 0, 0, 'clients'],
  [90, 'DescribeShareGroupOffsets', 0, 1, 0, 'clients'],
  [91, 'AlterShareGroupOffsets', 0, 0, 0, 'clients'],
  [92, 'DeleteShareGroupOffsets', 0, 0, 0, 'clients'],
];

const PRODUCE = 0;
const API_VERSIONS = 18;
const INIT_PRODUCER_ID = 22;

/** All API keys that are declared, by key. */
export const apiTable: ReadonlyMap<number, ApiEntry> = new Map(
  rows.map(([key, name, min, max, flexibleFrom, callers]) => [
    key,
    {
      key,
      name,
      min,
      max,
      flexibleFrom,
      callers,
      stableMax: key === INIT_PRODUCER_ID ? 5 : max,
      advertisedMin: key === PRODUCE ? 0 : min,
    },
  ]),
);

/** Whether requests of that key and version can be read and are stable. */
export function isServed(apiKey: number, apiVersion: number): boolean {
  const entry = apiTable.get(apiKey);
  return entry !== undefined && apiVersion >= entry.min && apiVersion <= entry.stableMax;
}

/**
 * What ApiVersions can tell clients: every API that they may send, in its stable versions. A broker leaves out those
 * that it has no handler for.
 */
export function servedApis(): { key: number; min: number; max: number }[] {
  return [...apiTable.values()]
    .filter(({ callers }) => callers === 'clients')
    .map(({ key, advertisedMin, stableMax }) => ({ key, min: advertisedMin, max: stableMax }));
}

/** Header version of a request: 2 when the request is flexible, otherwise 1. */
export function requestHeaderVersion(apiKey: number, apiVersion: number): 1 | 2 {
  return isFlexibleApi(apiKey, apiVersion) ? 2 : 1;
}

/**
 * Header version of a response: 1 when the response is flexible, otherwise 0. Always 0 for ApiVersions, so that a client
 * can read it before it knows what the broker speaks.
 */
export function responseHeaderVersion(apiKey: number, apiVersion: number): 0 | 1 {
  return apiKey !== API_VERSIONS && isFlexibleApi(apiKey, apiVersion) ? 1 : 0;
}

function isFlexibleApi(apiKey: number, apiVersion: number): boolean {
  const entry = apiTable.get(apiKey);
  assert(entry !== undefined, `unknown api key ${apiKey}`);
  return entry.flexibleFrom !== undefined && apiVersion >= entry.flexibleFrom;
}
