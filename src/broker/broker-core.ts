import type { BrokerConfig } from '../config/broker-config.ts';
import type { Controller } from '../controller/controller.ts';
import type { ControllerDuties } from '../controller/controller-duties.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import type { MarkerSender } from '../coordinator/txn/marker-sender.ts';
import type { TransactionCoordinator } from '../coordinator/txn/transaction-coordinator.ts';
import type { TransactionEnrolment } from '../coordinator/txn/transaction-enrolment.ts';
import type { LogCleaner } from '../log/cleaning/log-cleaner.ts';
import type { LogDirectories } from '../log/directories/log-directories.ts';
import type { BrokerImage, ClusterImage } from '../metadata/cluster-image.ts';
import type { MetadataView } from '../metadata/metadata-view.ts';
import { E } from '../protocol/errors.ts';
import type { Fields } from '../protocol/schema.ts';
import type { Clock, Timers } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import { SIZE_BYTES } from '../wire/frame.ts';
import { AutoTopics } from './auto-topics.ts';
import { BrokerMetrics } from './broker-metrics.ts';
import type { ClientListeners } from './requests/client-listener.ts';
import { ClientQuotas } from './requests/client-quotas.ts';
import type { ControllerChannel } from './controller-channel.ts';
import { dispatch, joined } from './requests/dispatcher.ts';
import { errorResponse } from './requests/error-response.ts';
import { FetchSessions } from './requests/fetch-sessions.ts';
import type { Reply } from './requests/reply.ts';
import { apiOf, servedApis } from './handlers/all.ts';
import type { ListenerAddress } from './requests/listener-addresses.ts';
import type { Partitions } from './replicas/partitions.ts';
import type { ReplicationQuotas } from './replicas/replication-quotas.ts';
import type { ReplicaMover } from './replicas/replica-mover.ts';
import type { Peer, RequestContext } from './requests/request-context.ts';
import type { BrokerEndpoint, BrokerParts, BrokerServices } from './services.ts';
import type { Turn } from './turn.ts';

const SESSION_ID_MAX = 0x7fff_ffff;
const MS_PER_SECOND = 1000;

export interface BrokerCoreParts extends BrokerParts {
  readonly logCleaner: LogCleaner;
  readonly duties: ControllerDuties;
  readonly view: MetadataView;
  readonly listeners: ClientListeners;
  /** What clients are told of this broker's listeners; a missing one means the address that they dialled. */
  readonly advertised: ReadonlyMap<string, ListenerAddress>;
}

/** What the request handlers see of a broker, over its parts. */
export class BrokerCore implements BrokerServices {
  readonly brokerId: number;
  readonly clusterId: string;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly turn: Turn;
  readonly partitions: Partitions;
  readonly logDirectories: LogDirectories;
  readonly replicaMover: ReplicaMover;
  readonly controller: Controller;
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  readonly markers: MarkerSender;
  readonly enrolment: TransactionEnrolment;
  readonly controllerChannel: ControllerChannel;
  readonly replicationQuotas: ReplicationQuotas;
  readonly fetchSessions: FetchSessions;
  readonly autoTopics: AutoTopics;
  readonly metrics: BrokerMetrics;
  readonly clientQuotas: ClientQuotas;
  readonly #parts: BrokerCoreParts;

  constructor(parts: BrokerCoreParts) {
    this.#parts = parts;
    this.brokerId = parts.brokerId;
    this.clusterId = parts.clusterId;
    this.config = parts.config;
    this.clock = parts.clock;
    this.timers = parts.timers;
    this.random = parts.random;
    this.logger = parts.logger;
    this.turn = parts.turn;
    this.partitions = parts.partitions;
    this.logDirectories = parts.logDirectories;
    this.replicaMover = parts.replicaMover;
    this.controller = parts.controller;
    this.groups = parts.groups;
    this.transactions = parts.transactions;
    this.markers = parts.markers;
    this.enrolment = parts.enrolment;
    this.controllerChannel = parts.controllerChannel;
    this.replicationQuotas = parts.replicationQuotas;
    this.fetchSessions = new FetchSessions(
      parts.config.get('max.incremental.fetch.session.cache.slots'),
      () => 1 + Math.floor(parts.random.next() * SESSION_ID_MAX),
    );
    this.clientQuotas = new ClientQuotas(
      () => parts.view.image,
      () => ({
        count: parts.config.get('quota.window.num'),
        windowMs: parts.config.get('quota.window.size.seconds') * MS_PER_SECOND,
      }),
    );
    const { partitions, logDirectories, logCleaner, listeners } = parts;
    this.metrics = new BrokerMetrics({
      partitions,
      logDirectories,
      logCleaner,
      groups: parts.groups,
      connectionCount: () => listeners.connectionCount,
      uncleanElections: () => parts.duties.uncleanElections,
    });
    this.autoTopics = new AutoTopics({ ...parts, image: () => parts.view.image });
  }

  image(): ClusterImage {
    return this.#parts.view.image;
  }

  /** Bytes of requests that all connections hold. */
  get requestBytes(): number {
    return this.#parts.listeners.requestBytes;
  }

  servedApis() {
    return servedApis();
  }

  endpoints(peer: Peer): BrokerEndpoint[] {
    return this.#endpointsOf(this.image().liveBrokers(), peer);
  }

  fencedEndpoints(peer: Peer): BrokerEndpoint[] {
    const fenced = [...this.image().brokers.values()].filter((broker) => broker.fenced);
    return this.#endpointsOf(fenced, peer);
  }

  #endpointsOf(brokers: readonly BrokerImage[], peer: Peer): BrokerEndpoint[] {
    const { advertised, brokerId } = this.#parts;
    const endpoints: BrokerEndpoint[] = [];
    for (const { id, rack, endpoints: known } of brokers) {
      const told = advertised.get(peer.listenerName) ?? { host: peer.localAddress, port: 0 };
      // Where no port is advertised it is the one that the listener got, and that the client dialled.
      const own = { host: told.host, port: told.port === 0 ? peer.localPort : told.port };
      const address = id === brokerId ? own : known.find(({ listener }) => listener === peer.listenerName);
      if (address !== undefined) endpoints.push({ nodeId: id, host: address.host, port: address.port, rack });
    }
    return endpoints;
  }

  serveForwarded(request: Uint8Array, peer: Peer, done: (answer: Uint8Array | undefined) => void): void {
    try {
      dispatch(request, peer, this, {
        fill: (chunks, sent) => {
          done(joined(chunks).subarray(SIZE_BYTES));
          sent?.();
        },
        throttle: () => {},
      });
    } catch (error) {
      this.logger.debug('a request passed on by another broker cannot be served', { reason: String(error) });
      done(undefined);
    }
  }

  closeConnection(connectionId: number, reason: string): void {
    this.logger.debug('connection closed by the broker', { connectionId, reason });
    this.#parts.listeners.closeConnection(connectionId);
  }

  failed(context: RequestContext, error: unknown, reply: Reply<Fields>): void {
    const api = apiOf(context.apiKey);
    this.logger.error('a request failed unexpectedly', { api: api.name, version: context.apiVersion, error });
    this.turn.run(() => {
      try {
        reply(errorResponse(api.response.fields, context.apiVersion, E.UNKNOWN_SERVER_ERROR));
      } catch {
        this.closeConnection(context.peer.connectionId, 'a request failed and cannot be answered');
      }
    });
  }
}
