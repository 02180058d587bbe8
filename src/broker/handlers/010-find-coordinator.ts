import { coordinatorPartition } from '../../base/java-hash.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { findCoordinator } from '../../protocol/messages/010-find-coordinator.ts';
import { handler } from '../requests/handler.ts';
import { OFFSETS_TOPIC, SHARE_STATE_TOPIC, TRANSACTIONS_TOPIC } from '../coordination/coordinator-topics.ts';
import type { Peer } from '../requests/request-context.ts';
import type { BrokerEndpoint, BrokerServices } from '../services.ts';

const KeyType = { group: 0, transaction: 1, share: 2 } as const;
const FIRST_VERSION_WITH_MANY = 4;
const FIRST_VERSION_WITH_SHARE = 6;

interface Found {
  error: ErrorSpec;
  message: string | null;
  node: Pick<BrokerEndpoint, 'nodeId' | 'host' | 'port'>;
}

const NO_NODE = { nodeId: -1, host: '', port: -1 };

/** Finds who coordinates groups or transactions; the first request creates the internal topic (FindCoordinator; KIP-699). */
export const handleFindCoordinator = handler(findCoordinator, (request, context, broker) => {
  const keys = context.apiVersion < FIRST_VERSION_WITH_MANY ? [request.key] : request.coordinatorKeys;
  const found = keys.map((key) => ({
    key,
    ...find(key, request.keyType, { version: context.apiVersion, peer: context.peer, broker }),
  }));
  if (context.apiVersion >= FIRST_VERSION_WITH_MANY) {
    return {
      throttleTimeMs: 0,
      errorCode: 0,
      errorMessage: null,
      nodeId: 0,
      host: '',
      port: 0,
      coordinators: found.map(({ key, error, message, node }) => ({
        key,
        nodeId: node.nodeId,
        host: node.host,
        port: node.port,
        errorCode: error.code,
        errorMessage: message,
      })),
    };
  }
  const { error, message, node } = found[0]!;
  return {
    throttleTimeMs: 0,
    errorCode: error.code,
    errorMessage: message,
    nodeId: node.nodeId,
    host: node.host,
    port: node.port,
    coordinators: [],
  };
});

function find(key: string, keyType: number, from: { version: number; peer: Peer; broker: BrokerServices }): Found {
  const { version, peer, broker } = from;
  const topic =
    keyType === KeyType.group
      ? OFFSETS_TOPIC
      : keyType === KeyType.transaction
        ? TRANSACTIONS_TOPIC
        : keyType === KeyType.share && version >= FIRST_VERSION_WITH_SHARE
          ? SHARE_STATE_TOPIC
          : undefined;
  if (topic === undefined) return { error: E.INVALID_REQUEST, message: E.INVALID_REQUEST.text, node: NO_NODE };
  const image = broker.image();
  const partitions = image.topics.get(topic)?.partitions;
  if (partitions === undefined) {
    broker.autoTopics.create(topic);
    return { error: E.COORDINATOR_NOT_AVAILABLE, message: E.COORDINATOR_NOT_AVAILABLE.text, node: NO_NODE };
  }
  const leader = partitions[coordinatorPartition(key, partitions.length)]?.leader;
  const node = broker.endpoints(peer).find(({ nodeId }) => nodeId === leader);
  if (node === undefined) {
    return { error: E.COORDINATOR_NOT_AVAILABLE, message: E.COORDINATOR_NOT_AVAILABLE.text, node: NO_NODE };
  }
  return { error: E.NONE, message: version < FIRST_VERSION_WITH_MANY ? E.NONE.name : '', node };
}
