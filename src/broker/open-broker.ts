import { dirname } from 'node:path';
import { Malformed } from '../base/malformed.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { logDirectoryPaths } from '../config/log-directories.ts';
import { BrokerIdInUse, BrokerRegistration } from '../controller/broker-registration.ts';
import { Controller } from '../controller/controller.ts';
import { ControllerDuties } from '../controller/controller-duties.ts';
import type { TransactionCoordinator } from '../coordinator/txn/transaction-coordinator.ts';
import { foundCluster } from '../controller/found-cluster.ts';
import { readDirectoryIdentity } from '../log/directories/directory-files.ts';
import type { LogCleaner } from '../log/cleaning/log-cleaner.ts';
import { LogDirectoryUnusable, type LogDirectories } from '../log/directories/log-directories.ts';
import { StoreLocked } from '../metadata/embedded-store.ts';
import type { ClusterImage } from '../metadata/cluster-image.ts';
import type { ImageDelta } from '../metadata/image-delta.ts';
import type { Endpoint } from '../metadata/records.ts';
import { StoreUnavailable, type MetadataStore } from '../metadata/metadata-store.ts';
import { MetadataView } from '../metadata/metadata-view.ts';
import {
  InvalidStoreAddress,
  isEmbedded,
  metadataDirectory,
  openMetadataStore,
  whenAvailable,
} from '../metadata/open-metadata-store.ts';
import { StoreDamaged } from '../metadata/store-files.ts';
import { DiskError } from '../runtime/disk.ts';
import { NetworkError } from '../runtime/network.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { adoptFoundTopics } from './replicas/adopt-found-topics.ts';
import { BrokerCore } from './broker-core.ts';
import { BrokerStartError } from './broker-start-error.ts';
import { ClientListeners } from './requests/client-listener.ts';
import { ControllerChannel } from './controller-channel.ts';
import { OFFSETS_TOPIC, TRANSACTIONS_TOPIC } from './coordination/coordinator-topics.ts';
import { findLostLogs } from './replicas/find-lost-logs.ts';
import { OfflineReplicas } from './replicas/offline-replicas.ts';
import { openCleaner } from './replicas/open-cleaner.ts';
import { openGroups, openTransactions, type TransactionCoordinatorParts } from './coordination/open-coordinators.ts';
import {
  ListenerError,
  planListeners,
  type ListenerAddress,
  type ListenerPlan,
} from './requests/listener-addresses.ts';
import { openLogs } from './replicas/open-logs.ts';
import { openReplication, type Replication } from './replicas/open-replication.ts';
import { Partitions } from './replicas/partitions.ts';
import { ReplicaMover } from './replicas/replica-mover.ts';
import { ReplicaRoles } from './replicas/replica-roles.ts';
import { StoreGuard } from './store-guard.ts';
import { TopicApplier } from './replicas/topic-applier.ts';
import { Turn } from './turn.ts';

export interface OpenBrokerOptions {
  readonly config: BrokerConfig;
  readonly runtime: Runtime;
  /** Cluster state that others of this process share, and that its owner closes. */
  readonly store?: MetadataStore;
  readonly failed: (reason: string) => void;
  /** So many of the logs in a data directory are open; after a crash that takes its time. */
  readonly opening?: (directory: string, done: number, total: number) => void;
}

/** A broker whose parts are open and listening. */
export interface OpenBroker {
  readonly core: BrokerCore;
  readonly logDirectories: LogDirectories;
  readonly logCleaner: LogCleaner;
  readonly offlineReplicas: OfflineReplicas;
  readonly listening: readonly ListenerAddress[];
  readonly dataDirectories: readonly string[];
  /** Closes everything in the order that loses nothing: clients, coordinators, logs, metadata. */
  close(): Promise<void>;
}

/** What was opened so far, to be closed in the opposite order. */
class Opened {
  readonly #closers: (() => void | Promise<void>)[] = [];

  add(close: () => void | Promise<void>): void {
    this.#closers.push(close);
  }

  /** Closes everything, also what comes after something that cannot be closed; rejects with the first failure. */
  async closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Opens a broker's parts from the bottom up. Rejects with {@link BrokerStartError}; then nothing stays open. */
export async function openBroker(options: OpenBrokerOptions): Promise<OpenBroker> {
  const opened = new Opened();
  try {
    return await openParts(options, opened);
  } catch (error) {
    // Why it cannot start is what counts; what cannot be closed either has the same cause.
    await opened.closeAll().catch(() => {});
    throw startError(error, options.config);
  }
}

async function openParts(options: OpenBrokerOptions, opened: Opened): Promise<OpenBroker> {
  const { config, runtime, failed } = options;
  const { clock, timers, random, logger } = runtime;
  const plan = planListeners(config, runtime.hostName());
  const brokerId = config.get('node.id') ?? 1;
  const dataDirectories = logDirectoryPaths(config);
  const { store, view } = await openMetadata(options, opened);
  const turn = new Turn(timers, logger);
  let registration: BrokerRegistration | undefined;
  const brokerEpoch = (): number => registration?.brokerEpoch ?? -1;
  const replication = openReplication({ config, runtime, store, view, turn, brokerId, brokerEpoch });
  opened.add(() => replication.close());
  const { peers } = replication;
  const partitions = new Partitions(replication.services);
  let offlineReplicas: OfflineReplicas | undefined;
  const directoryFailed = (): void => offlineReplicas?.look();
  const opening = options.opening ?? (() => {});
  const logParts = { config, runtime, image: view.image, partitions, turn, opening, directoryFailed, failed };
  const logDirectories = await openLogs(logParts);
  const controller = new Controller({ store, view, config, random, brokerId, logger });
  registration = await register({ config, runtime, store, view, logDirectories, brokerId, plan });
  const registered = registration;
  // The logs are closed while the registration stands: the mark they leave names its epoch.
  opened.add(() => registered.close());
  opened.add(() => logDirectories.close(view.image.brokers.get(brokerId)?.epoch));
  const onElected = (): Promise<void> => controller.removeOrphans();
  const duties = new ControllerDuties({ store, view, config, brokerId, clock, timers, logger, onElected });
  opened.add(() => duties.close());
  const shared = { config, runtime, view, partitions, turn, controller, peers, brokerId };
  const coordinators = openCoordinators(shared, opened);
  const replicaMover = new ReplicaMover({ config, partitions, logDirectories, clock, timers, turn, logger });
  opened.add(() => replicaMover.stop());
  followTopics({ ...shared, ...coordinators, logDirectories, replicaMover, replication }, opened);
  offlineReplicas = new OfflineReplicas({ store, view, partitions, logDirectories, logger, brokerId, brokerEpoch });
  await allSettled(partitions);
  const logCleaner = openCleaner(config, runtime, logDirectories);
  opened.add(() => logCleaner.stop());
  const listeners = new ClientListeners(runtime, config);
  opened.add(() => listeners.close());
  const image = (): ClusterImage => view.image;
  const core = new BrokerCore({
    clusterId: logDirectories.clusterId,
    clock,
    timers,
    random,
    logger,
    advertised: plan.advertised,
    logDirectories,
    replicaMover,
    logCleaner,
    duties,
    ...coordinators,
    replicationQuotas: replication.quotas,
    controllerChannel: new ControllerChannel({ config, clock, timers, peers, brokerId, image }),
    listeners,
    ...shared,
  });
  const listening = await listenAll(plan, listeners, core);
  await registered.announceReady(registeredEndpoints(plan, listening));
  // First of all: what this broker leads goes to others while they can still catch up with it.
  if (config.get('controlled.shutdown.enable'))
    opened.add(() => registered.beginShutdown(config.get('posthorn.shutdown.timeout.ms') / 2));
  return {
    core,
    logDirectories,
    logCleaner,
    offlineReplicas,
    listening,
    dataDirectories,
    close: () => opened.closeAll(),
  };
}

type Coordinators = Pick<TransactionCoordinatorParts, 'groups'> & ReturnType<typeof openTransactions>;

function openCoordinators(parts: Omit<TransactionCoordinatorParts, 'groups'>, opened: Opened): Coordinators {
  const groups = openGroups(parts);
  opened.add(() => groups.close());
  const ofTransactions = openTransactions({ ...parts, groups });
  opened.add(() => ofTransactions.transactions.close());
  return { groups, ...ofTransactions };
}

interface RegistrationParts {
  readonly config: BrokerConfig;
  readonly runtime: Runtime;
  readonly store: MetadataStore;
  readonly view: MetadataView;
  readonly logDirectories: LogDirectories;
  readonly brokerId: number;
  readonly plan: ListenerPlan;
}

/** Takes this broker's place in the cluster, after saying what of its logs is found and what is lost. */
async function register(parts: RegistrationParts): Promise<BrokerRegistration> {
  const { config, runtime, store, view, logDirectories, brokerId, plan } = parts;
  const { clock, timers, random, logger } = runtime;
  try {
    await adoptFoundTopics({ config, runtime, store, view, logDirectories, brokerId });
    await findLostLogs({ config, logger, store, view, logDirectories, brokerId });
    return await BrokerRegistration.start({
      store,
      view,
      brokerId,
      clusterId: logDirectories.clusterId,
      endpoints: registeredEndpoints(plan, plan.bind),
      rack: config.get('broker.rack'),
      logDirs: logDirectories.directoryIds,
      machine: runtime.hostName(),
      cleanEpoch: logDirectories.cleanEpoch,
      clock,
      timers,
      random,
      logger,
    });
  } catch (error) {
    await logDirectories.close();
    throw error;
  }
}

async function listenAll(plan: ListenerPlan, listeners: ClientListeners, core: BrokerCore): Promise<ListenerAddress[]> {
  const listening: ListenerAddress[] = [];
  for (const address of plan.bind) listening.push(await listeners.listen(address, core));
  return listening;
}

/**
 * With the flush policy `group` what was found above the recovery point is synced before anyone is served: it may have
 * been acknowledged, so the high watermark must not be seen below it.
 */
async function allSettled(partitions: Partitions): Promise<void> {
  const unsettled = Array.from(partitions.all()).filter(({ log }) => log.settledEndOffset < log.logEndOffset);
  await Promise.all(
    unsettled.map(({ log }) => new Promise<void>((settled) => log.whenSettled(log.logEndOffset, () => settled()))),
  );
}

async function openMetadata(
  { config, runtime, store: shared }: OpenBrokerOptions,
  opened: Opened,
): Promise<{ store: MetadataStore; view: MetadataView }> {
  const { logger, timers } = runtime;
  const store = shared ?? (await openStore(config, runtime));
  if (shared === undefined) opened.add(() => store.close());
  const view = await whenAvailable(() => MetadataView.open(store, logger, timers), runtime);
  opened.add(() => view.close());
  const mayBeEmpty = shared !== undefined || isEmbedded(config);
  const directory = logDirectoryPaths(config)[0]!;
  const guard = await StoreGuard.open({ runtime, store, view, directory, mayBeEmpty });
  opened.add(() => guard.close());
  if (shared !== undefined || !isEmbedded(config)) {
    const clusterId = readDirectoryIdentity(runtime.disk, logDirectoryPaths(config)[0]!)?.clusterId;
    const founding = { store, view, clusterId, random: runtime.random };
    await whenAvailable(() => foundCluster(founding), runtime);
  }
  return { store, view };
}

/** Where the cluster's topics are known: without it there is nothing to serve, whatever the other directories hold. */
async function openStore(config: BrokerConfig, runtime: Runtime): Promise<MetadataStore> {
  try {
    return await openMetadataStore(config, runtime);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    const place = dirname(metadataDirectory(config));
    const message = `the data directory ${place} cannot be used: ${error.message}; the cluster's metadata lies there`;
    throw new BrokerStartError(message, { cause: error });
  }
}

interface TopicParts extends TransactionCoordinatorParts {
  readonly logDirectories: LogDirectories;
  readonly transactions: TransactionCoordinator;
  readonly replicaMover: ReplicaMover;
  readonly replication: Replication;
}

/** Brings the logs in line with the metadata as it is, and from now on with each change of it. */
function followTopics(parts: TopicParts, opened: Opened): void {
  const { view, groups, transactions, replicaMover, replication, turn, runtime, controller, ...rest } = parts;
  const { clock, timers, logger } = runtime;
  const tidied = (work: Promise<void>): void =>
    void work.catch((error: unknown) => logger.warn('metadata of deleted topics stays for now', { error }));
  const coordinatorOf = (topic: string) =>
    topic === OFFSETS_TOPIC ? groups : topic === TRANSACTIONS_TOPIC ? transactions : undefined;
  const applier = new TopicApplier(view.image, {
    ...rest,
    clock,
    timers,
    logger,
    turn,
    roles: new ReplicaRoles(parts.brokerId, replication.fetchers, {
      leads: (topic, index) => coordinatorOf(topic)?.load(index),
      resigned: (topic, index) => coordinatorOf(topic)?.unload(index),
    }),
    onReleased: (topic, index) => replicaMover.forget(topic, index),
    onTopicDeleted: ({ id }) => tidied(controller.forgetTopic(id)),
  });
  turn.run(() => applier.applyAll());
  replicaMover.resume();
  tidied(controller.tidyUp());
  opened.add(() => applier.stop());
  const apply = (image: ClusterImage, delta: ImageDelta): void => {
    applier.apply(image, delta);
    groups.topicsChanged({
      created: delta.topicsCreated.map(({ name }) => name),
      changed: delta.topicsChanged.map(({ after }) => after.name),
      deleted: delta.topicsDeleted,
    });
  };
  opened.add(view.subscribe((image, delta) => turn.run(() => apply(image, delta))));
}

function registeredEndpoints(plan: ListenerPlan, bound: readonly ListenerAddress[]): Endpoint[] {
  return bound.map(({ name, host, port }) => {
    const told = plan.advertised.get(name);
    return { listener: name, securityProtocol: 'PLAINTEXT', host: told?.host ?? host, port: told?.port ?? port };
  });
}

/** Says what a person can do about it; anything else is passed on as it is. */
function startError(error: unknown, config: BrokerConfig): unknown {
  const directories = config.text('log.dirs') ?? config.text('log.dir') ?? '';
  const isTold = [Malformed, StoreLocked, InvalidStoreAddress, StoreUnavailable, LogDirectoryUnusable].some(
    (kind) => error instanceof kind,
  );
  if (isTold && error instanceof Error) {
    return new BrokerStartError(error.message, { cause: error });
  }
  if (error instanceof StoreDamaged) {
    const remedy =
      'restore it, or move the metadata directory away: topics found on disk are then taken up, without their settings';
    return new BrokerStartError(`${error.message}; ${remedy}`, { cause: error });
  }
  if (error instanceof ListenerError || error instanceof BrokerIdInUse)
    return new BrokerStartError(error.message, { cause: error });
  if (error instanceof NetworkError) {
    const hint =
      error.code === 'EADDRINUSE'
        ? 'the port is in use; stop the other process or take another with --port'
        : error.message;
    return new BrokerStartError(`cannot listen on ${config.text('listeners')}: ${hint}`, { cause: error });
  }
  if (error instanceof DiskError) {
    return new BrokerStartError(`the data directory ${directories} cannot be used: ${error.message}`, { cause: error });
  }
  return error;
}
