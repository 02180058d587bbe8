import { scenario as apiVersions } from './scenarios/01-api-versions.ts';
import { scenario as metadata } from './scenarios/02-metadata.ts';
import { scenario as createTopics } from './scenarios/03-create-topics.ts';
import { scenario as deleteTopics } from './scenarios/04-delete-topics.ts';
import { scenario as createPartitions } from './scenarios/05-create-partitions.ts';
import { scenario as produce } from './scenarios/06-produce.ts';
import { scenario as produceIdempotent } from './scenarios/07-produce-idempotent.ts';
import { scenario as storedBatches } from './scenarios/08-stored-batches.ts';
import { scenario as fetch } from './scenarios/09-fetch.ts';
import { scenario as fetchSessions } from './scenarios/10-fetch-sessions.ts';
import { scenario as listOffsets } from './scenarios/11-list-offsets.ts';
import { scenario as deleteRecords } from './scenarios/12-delete-records.ts';
import { scenario as findCoordinator } from './scenarios/13-find-coordinator.ts';
import { scenario as groupRequests } from './scenarios/14-group-requests.ts';
import { scenario as groupRebalance } from './scenarios/15-group-rebalance.ts';
import { scenario as staticMembers } from './scenarios/16-static-members.ts';
import { scenario as committedOffsets } from './scenarios/17-committed-offsets.ts';
import { scenario as groupAdmin } from './scenarios/18-group-admin.ts';
import { scenario as describeConfigs } from './scenarios/19-describe-configs.ts';
import { scenario as alterConfigs } from './scenarios/20-alter-configs.ts';
import { scenario as logDirs } from './scenarios/21-log-dirs.ts';
import { scenario as replicas } from './scenarios/22-replicas.ts';
import { scenario as security } from './scenarios/23-security.ts';
import { scenario as cluster } from './scenarios/24-cluster.ts';
import { scenario as transactions } from './scenarios/25-transactions.ts';
import { scenario as transactionListing } from './scenarios/26-transaction-listing.ts';
import { scenario as transactionalData } from './scenarios/27-transactional-data.ts';
import { scenario as consumerGroupHeartbeats } from './scenarios/28-consumer-group-heartbeat.ts';
import { scenario as consumerGroupAdmin } from './scenarios/29-consumer-group-admin.ts';
import { scenario as groupMigration } from './scenarios/30-group-migration.ts';
import { scenario as cooperativeProtocol } from './scenarios/31-cooperative-protocol.ts';
import { scenario as connectProtocol } from './scenarios/32-connect-protocol.ts';
import { scenario as staticRestarts } from './scenarios/33-static-restarts.ts';
import { scenario as logDirectories } from './scenarios/34-log-directories.ts';
import { scenario as transactionalOffsets } from './scenarios/35-transactional-offsets.ts';
import { scenario as clusterTopics } from './scenarios/51-cluster-topics.ts';
import { scenario as wrongBroker } from './scenarios/52-wrong-broker.ts';
import { scenario as reassignments } from './scenarios/53-reassignments.ts';
import { scenario as followerReads } from './scenarios/54-follower-reads.ts';
import { scenario as coordinators } from './scenarios/55-coordinators.ts';
import { scenario as clusterSettings } from './scenarios/56-cluster-settings.ts';
import { scenario as brokerAway } from './scenarios/57-broker-away.ts';
import type { Scenario } from './scenario.ts';

/** All scenarios, in the order of their numbers. */
export const scenarios: readonly Scenario[] = [
  apiVersions,
  metadata,
  createTopics,
  deleteTopics,
  createPartitions,
  produce,
  produceIdempotent,
  storedBatches,
  fetch,
  fetchSessions,
  listOffsets,
  deleteRecords,
  findCoordinator,
  groupRequests,
  groupRebalance,
  staticMembers,
  committedOffsets,
  groupAdmin,
  describeConfigs,
  alterConfigs,
  logDirs,
  replicas,
  security,
  cluster,
  transactions,
  transactionListing,
  transactionalData,
  consumerGroupHeartbeats,
  consumerGroupAdmin,
  groupMigration,
  cooperativeProtocol,
  connectProtocol,
  staticRestarts,
  logDirectories,
  transactionalOffsets,
  clusterTopics,
  wrongBroker,
  reassignments,
  followerReads,
  coordinators,
  clusterSettings,
  brokerAway,
];
