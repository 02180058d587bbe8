import type { BrokerConfig } from '../../config/broker-config.ts';
import { PeerWatch } from '../../controller/peer-watch.ts';
import type { MetadataStore } from '../../metadata/metadata-store.ts';
import type { MetadataView } from '../../metadata/metadata-view.ts';
import type { Endpoint } from '../../metadata/records.ts';
import { InSyncProposals } from '../../replication/in-sync-proposals.ts';
import { ReplicaFetchers } from '../../replication/replica-fetchers.ts';
import type { Address } from '../../runtime/network.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { Peers } from '../../wire/peers.ts';
import type { ReplicaServices } from './replica-services.ts';
import { probeBroker } from '../probe-broker.ts';
import { replicationQuotas, type ReplicationQuotas } from './replication-quotas.ts';
import type { Turn } from '../turn.ts';

/** Room for what an answer has besides its records. */
const ANSWER_OVERHEAD_BYTES = 1024 * 1024;

export interface ReplicationParts {
  readonly config: BrokerConfig;
  readonly runtime: Runtime;
  readonly store: MetadataStore;
  readonly view: MetadataView;
  readonly turn: Turn;
  readonly brokerId: number;
  /** Epoch of this broker's registration; -1 before it has one. */
  readonly brokerEpoch: () => number;
}

/** What makes replicas of partitions: connections to the other brokers, fetchers, and the leaders' say in who is in sync. */
export interface Replication {
  readonly peers: Peers;
  readonly fetchers: ReplicaFetchers;
  readonly services: ReplicaServices;
  readonly quotas: ReplicationQuotas;
  close(): void;
}

export function openReplication(parts: ReplicationParts): Replication {
  const { config, runtime, store, view, turn, brokerId, brokerEpoch } = parts;
  const { clock, timers, logger, network } = runtime;
  const watch = new PeerWatch({
    store,
    view,
    brokerId,
    clock,
    timers,
    logger,
    probe: async ({ endpoints }) => {
      const address = addressOf(endpoints, config);
      return address === undefined ? 'unknown' : probeBroker(network, timers, address);
    },
  });
  const peers = new Peers({
    network,
    timers,
    clientId: `broker-${brokerId}`,
    responseBytesMax:
      Math.max(config.get('replica.fetch.response.max.bytes'), config.get('message.max.bytes')) + ANSWER_OVERHEAD_BYTES,
    addressOf: (id) => addressOf(view.image.brokers.get(id)?.endpoints, config),
    lost: (id, failure) => {
      logger.debug('a connection to a broker ended', { broker: id, reason: failure.message });
      watch.suspect(id, view.image.brokers.get(id)?.epoch ?? -1);
    },
  });
  const quotas = replicationQuotas({ config, view, brokerId });
  const fetchers = new ReplicaFetchers({
    config,
    clock,
    timers,
    logger,
    peers,
    brokerId,
    brokerEpoch,
    quota: quotas.follower,
    turn: (work) => turn.run(work),
    // Answers of a turn go out when all that was staged in it is written.
    whenWritten: (done) => turn.enlistAnswer({ endOfTurn: done }),
  });
  const proposals = new InSyncProposals({ store, view, timers, brokerId, brokerEpoch });
  const services: ReplicaServices = {
    turn,
    clock,
    brokerId,
    lagMaxMs: () => config.get('replica.lag.time.max.ms'),
    isEligible: ({ topicId, index }, id, epoch) => {
      const { image } = view;
      const broker = image.brokers.get(id);
      const isUp = broker?.epoch === epoch && !broker.fenced && !broker.shuttingDown;
      return isUp && !image.isReplicaOffline(id, topicId, index);
    },
    isUp: (id) => view.image.brokers.get(id)?.fenced === false,
    propose: (proposal) => proposals.propose(proposal),
  };
  return {
    peers,
    fetchers,
    services,
    quotas,
    close: () => {
      watch.close();
      fetchers.stop();
      proposals.close();
      peers.close();
    },
  };
}

/** Where a broker listens for the others: `inter.broker.listener.name`, else its first listener. */
function addressOf(endpoints: readonly Endpoint[] | undefined, config: BrokerConfig): Address | undefined {
  const wanted = config.get('inter.broker.listener.name')?.toUpperCase();
  const endpoint = wanted === undefined ? endpoints?.[0] : endpoints?.find(({ listener }) => listener === wanted);
  return endpoint === undefined || endpoint.port === 0 ? undefined : { host: endpoint.host, port: endpoint.port };
}
