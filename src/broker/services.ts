import type { BrokerConfig } from '../config/broker-config.ts';
import type { Controller } from '../controller/controller.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import type { MarkerSender } from '../coordinator/txn/marker-sender.ts';
import type { TransactionCoordinator } from '../coordinator/txn/transaction-coordinator.ts';
import type { TransactionEnrolment } from '../coordinator/txn/transaction-enrolment.ts';
import type { LogDirectories } from '../log/directories/log-directories.ts';
import type { ClusterImage } from '../metadata/cluster-image.ts';
import type { Fields } from '../protocol/schema.ts';
import type { Clock, Timers } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import type { AutoTopics } from './auto-topics.ts';
import type { BrokerMetrics } from './broker-metrics.ts';
import type { ClientQuotas } from './requests/client-quotas.ts';
import type { ControllerChannel } from './controller-channel.ts';
import type { FetchSessions } from './requests/fetch-sessions.ts';
import type { Reply } from './requests/reply.ts';
import type { Partitions } from './replicas/partitions.ts';
import type { Peer, RequestContext } from './requests/request-context.ts';
import type { ReplicationQuotas } from './replicas/replication-quotas.ts';
import type { ReplicaMover } from './replicas/replica-mover.ts';
import type { Turn } from './turn.ts';

/** Where a client reaches a broker. */
export interface BrokerEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** One API key as told to clients. */
export interface ServedApi {
  readonly key: number;
  readonly min: number;
  readonly max: number;
}

/** The parts of a broker that request handlers work with. */
export interface BrokerParts {
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
  /** How partitions led here ask about transactions, whoever coordinates them. */
  readonly enrolment: TransactionEnrolment;
  readonly controllerChannel: ControllerChannel;
  /** Ends transactions in the partitions that this broker leads. */
  readonly markers: MarkerSender;
  readonly replicationQuotas: ReplicationQuotas;
}

/** What a request handler may use of the broker. */
export interface BrokerServices extends BrokerParts {
  readonly fetchSessions: FetchSessions;
  readonly autoTopics: AutoTopics;
  readonly metrics: BrokerMetrics;
  readonly clientQuotas: ClientQuotas;

  /** What ApiVersions tells: the keys that have a handler, with their versions. */
  servedApis(): readonly ServedApi[];
  /** The cluster as this broker knows it now; never changes under the holder. */
  image(): ClusterImage;
  /** Live brokers as the peer's listener reaches them. */
  endpoints(peer: Peer): BrokerEndpoint[];
  /** As {@link endpoints}, of brokers that are known and fenced: stopped ones, and those not let in yet. */
  fencedEndpoints(peer: Peer): BrokerEndpoint[];
  /**
   * Serves a client's request, header and body, that another broker passed on; `done` gets the answer, header and body, or
   * nothing when it is none that can be served.
   */
  serveForwarded(request: Uint8Array, peer: Peer, done: (answer: Uint8Array | undefined) => void): void;
  closeConnection(connectionId: number, reason: string): void;
  /** A handler failed unexpectedly: logs it and answers UNKNOWN_SERVER_ERROR where the response has room for it. */
  failed(context: RequestContext, error: unknown, reply: Reply<Fields>): void;
}
