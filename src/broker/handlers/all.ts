import { apiTable } from '../../protocol/api-table.ts';
import type { AnyHandler } from '../requests/handler.ts';
import type { ServedApi } from '../services.ts';
import { handleProduce } from './000-produce.ts';
import { handleFetch } from './001-fetch.ts';
import { handleMetadata } from './003-metadata.ts';
import { handleApiVersions } from './018-api-versions.ts';

type Load = () => Promise<AnyHandler>;

/** Handlers that every client needs are loaded with the broker; the others when they are first asked for. */
const ready = new Map<number, AnyHandler>(
  [handleProduce, handleFetch, handleMetadata, handleApiVersions].map((handler) => [handler.api.key, handler]),
);

const lazy: ReadonlyMap<number, Load> = new Map<number, Load>([
  [2, async () => (await import('./002-list-offsets.ts')).handleListOffsets],
  [8, async () => (await import('./008-offset-commit.ts')).handleOffsetCommit],
  [9, async () => (await import('./009-offset-fetch.ts')).handleOffsetFetch],
  [10, async () => (await import('./010-find-coordinator.ts')).handleFindCoordinator],
  [11, async () => (await import('./011-join-group.ts')).handleJoinGroup],
  [12, async () => (await import('./012-heartbeat.ts')).handleHeartbeat],
  [13, async () => (await import('./013-leave-group.ts')).handleLeaveGroup],
  [14, async () => (await import('./014-sync-group.ts')).handleSyncGroup],
  [15, async () => (await import('./015-describe-groups.ts')).handleDescribeGroups],
  [16, async () => (await import('./016-list-groups.ts')).handleListGroups],
  [17, async () => (await import('./017-sasl-handshake.ts')).handleSaslHandshake],
  [19, async () => (await import('./019-create-topics.ts')).handleCreateTopics],
  [20, async () => (await import('./020-delete-topics.ts')).handleDeleteTopics],
  [21, async () => (await import('./021-delete-records.ts')).handleDeleteRecords],
  [22, async () => (await import('./022-init-producer-id.ts')).handleInitProducerId],
  [23, async () => (await import('./023-offset-for-leader-epoch.ts')).handleOffsetForLeaderEpoch],
  [24, async () => (await import('./024-add-partitions-to-txn.ts')).handleAddPartitionsToTxn],
  [25, async () => (await import('./025-add-offsets-to-txn.ts')).handleAddOffsetsToTxn],
  [26, async () => (await import('./026-end-txn.ts')).handleEndTxn],
  [27, async () => (await import('./027-write-txn-markers.ts')).handleWriteTxnMarkers],
  [28, async () => (await import('./028-txn-offset-commit.ts')).handleTxnOffsetCommit],
  [29, async () => (await import('./029-describe-acls.ts')).handleDescribeAcls],
  [30, async () => (await import('./030-create-acls.ts')).handleCreateAcls],
  [31, async () => (await import('./031-delete-acls.ts')).handleDeleteAcls],
  [32, async () => (await import('./032-describe-configs.ts')).handleDescribeConfigs],
  [33, async () => (await import('./033-alter-configs.ts')).handleAlterConfigs],
  [34, async () => (await import('./034-alter-replica-log-dirs.ts')).handleAlterReplicaLogDirs],
  [35, async () => (await import('./035-describe-log-dirs.ts')).handleDescribeLogDirs],
  [36, async () => (await import('./036-sasl-authenticate.ts')).handleSaslAuthenticate],
  [37, async () => (await import('./037-create-partitions.ts')).handleCreatePartitions],
  [38, async () => (await import('./038-create-delegation-token.ts')).handleCreateDelegationToken],
  [39, async () => (await import('./039-renew-delegation-token.ts')).handleRenewDelegationToken],
  [40, async () => (await import('./040-expire-delegation-token.ts')).handleExpireDelegationToken],
  [41, async () => (await import('./041-describe-delegation-token.ts')).handleDescribeDelegationToken],
  [42, async () => (await import('./042-delete-groups.ts')).handleDeleteGroups],
  [43, async () => (await import('./043-elect-leaders.ts')).handleElectLeaders],
  [44, async () => (await import('./044-incremental-alter-configs.ts')).handleIncrementalAlterConfigs],
  [45, async () => (await import('./045-alter-partition-reassignments.ts')).handleAlterPartitionReassignments],
  [46, async () => (await import('./046-list-partition-reassignments.ts')).handleListPartitionReassignments],
  [47, async () => (await import('./047-offset-delete.ts')).handleOffsetDelete],
  [48, async () => (await import('./048-describe-client-quotas.ts')).handleDescribeClientQuotas],
  [49, async () => (await import('./049-alter-client-quotas.ts')).handleAlterClientQuotas],
  [50, async () => (await import('./050-describe-user-scram-credentials.ts')).handleDescribeUserScramCredentials],
  [51, async () => (await import('./051-alter-user-scram-credentials.ts')).handleAlterUserScramCredentials],
  [55, async () => (await import('./055-describe-quorum.ts')).handleDescribeQuorum],
  [57, async () => (await import('./057-update-features.ts')).handleUpdateFeatures],
  [58, async () => (await import('./058-envelope.ts')).handleEnvelope],
  [60, async () => (await import('./060-describe-cluster.ts')).handleDescribeCluster],
  [61, async () => (await import('./061-describe-producers.ts')).handleDescribeProducers],
  [64, async () => (await import('./064-unregister-broker.ts')).handleUnregisterBroker],
  [65, async () => (await import('./065-describe-transactions.ts')).handleDescribeTransactions],
  [66, async () => (await import('./066-list-transactions.ts')).handleListTransactions],
  [68, async () => (await import('./068-consumer-group-heartbeat.ts')).handleConsumerGroupHeartbeat],
  [69, async () => (await import('./069-consumer-group-describe.ts')).handleConsumerGroupDescribe],
  [74, async () => (await import('./074-list-config-resources.ts')).handleListConfigResources],
  [75, async () => (await import('./075-describe-topic-partitions.ts')).handleDescribeTopicPartitions],
]);

/** The handler of an API key; a promise while it is being loaded. The key must be served. */
export function loadHandler(apiKey: number): AnyHandler | Promise<AnyHandler> {
  const handler = ready.get(apiKey);
  if (handler !== undefined) return handler;
  const load = lazy.get(apiKey);
  if (load === undefined) throw new Error(`no handler for API key ${apiKey}`);
  return load().then((loaded) => {
    ready.set(apiKey, loaded);
    return loaded;
  });
}

const served: readonly ServedApi[] = [...new Set([...ready.keys(), ...lazy.keys()])]
  .map((key) => apiTable.get(key)!)
  .filter(({ callers }) => callers === 'clients')
  .toSorted((left, right) => left.key - right.key)
  .map(({ key, advertisedMin, stableMax }) => ({ key, min: advertisedMin, max: stableMax }));

/** The keys that have a handler and are for clients, with the versions told to them, by key. */
export function servedApis(): readonly ServedApi[] {
  return served;
}

/** The declaration of a served key whose handler has been loaded. */
export function apiOf(apiKey: number): AnyHandler['api'] {
  return ready.get(apiKey)!.api;
}

/** Whether a request of this key and version is answered. */
export function isServed(apiKey: number, apiVersion: number): boolean {
  const entry = ready.has(apiKey) || lazy.has(apiKey) ? apiTable.get(apiKey) : undefined;
  return entry !== undefined && apiVersion >= entry.min && apiVersion <= entry.stableMax;
}
