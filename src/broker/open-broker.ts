import { join, resolve } from 'node:path';
import type { BrokerConfig } from '../config/broker-config.ts';
import { BrokerIdInUse, BrokerRegistration } from '../controller/broker-registration.ts';
import { Controller } from '../controller/controller.ts';
import { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import { LogDirectories, LogDirectoryUnusable } from '../log/log-directories.ts';
import { LOG_LIMITS_DEFAULT, LogShared } from '../log/log-shared.ts';
import { EmbeddedStore, StoreLocked } from '../metadata/embedded-store.ts';
import type { Endpoint } from '../metadata/records.ts';
import { MetadataView } from '../metadata/metadata-view.ts';
import { StoreDamaged } from '../metadata/store-files.ts';
import { DiskError } from '../runtime/disk.ts';
import { NetworkError } from '../runtime/network.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { BrokerCore } from './broker-core.ts';
import { BrokerStartError } from './broker-start-error.ts';
import { ClientListeners } from './client-listener.ts';
import { OFFSETS_TOPIC } from './coordinator-topics.ts';
import { PartitionCoordinatorLog } from './coordinator-log.ts';
import { groupSettings } from './group-settings.ts';
import { ListenerError, planListeners, type ListenerAddress, type ListenerPlan } from './listener-addresses.ts';
import { logSettings } from './log-settings.ts';
import { Partitions } from './partitions.ts';
import { TopicApplier } from './topic-applier.ts';
import { Turn } from './turn.ts';

const METADATA_DIRECTORY = 'posthorn-metadata';

/** A broker whose parts are open and listening. */
export interface OpenBroker {
  readonly core: BrokerCore;
  readonly logDirectories: LogDirectories;
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

  async closeAll(): Promise<void> {
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) await close();
  }
}

/** Opens a broker's parts from the bottom up. Rejects with {@link BrokerStartError}; then nothing stays open. */
export async function openBroker(config: BrokerConfig, runtime: Runtime): Promise<OpenBroker> {
  const opened = new Opened();
  try {
    return await openParts(config, runtime, opened);
  } catch (error) {
    await opened.closeAll();
    throw startError(error, config);
  }
}

async function openParts(config: BrokerConfig, runtime: Runtime, opened: Opened): Promise<OpenBroker> {
  const { clock, timers, random, logger, disk } = runtime;
  const plan = planListeners(config, runtime.hostName());
  const brokerId = config.get('node.id') ?? 1;
  const dataDirectories = (config.get('log.dirs') ?? config.get('log.dir')).map((path) => resolve(path.trim()));
  const directory = join(dataDirectories[0]!, METADATA_DIRECTORY);
  const store = EmbeddedStore.open({ disk, directory, clock, timers, logger });
  opened.add(() => store.close());
  const view = await MetadataView.open(store, logger);
  opened.add(() => view.close());

  const turn = new Turn(timers, logger);
  const partitions = new Partitions(brokerId, turn);
  const { image } = view;
  const logDirectories = await LogDirectories.open({
    shared: new LogShared({ disk, logger, limits: { ...LOG_LIMITS_DEFAULT, tailBytesMax: 0, tailBytesPerLogMax: 0 } }),
    random,
    paths: dataDirectories,
    nodeId: brokerId,
    ...(image.clusterId === undefined ? {} : { clusterId: image.clusterId }),
    nowMs: clock.nowMs(),
    configOf: (topic) => logSettings(topic, image.config({ type: 'topic', name: topic }), config),
    directoryFailed: (path, reason) => {
      logger.error('a data directory failed and is offline until the next start', { path, error: reason });
      turn.run(() => {
        for (const partition of partitions.all()) if (partition.log.isOffline) partition.announceFailure();
      });
    },
  });
  const controller = new Controller({ store, view, config, random, brokerId, logger });
  const registration = await BrokerRegistration.start({
    store,
    view,
    brokerId,
    clusterId: logDirectories.clusterId,
    endpoints: registeredEndpoints(plan),
    rack: config.get('broker.rack'),
    logDirs: logDirectories.directoryIds,
    timers,
    random,
    logger,
  });
  opened.add(() => logDirectories.close(view.image.brokers.get(brokerId)?.epoch));
  opened.add(() => registration.close());

  const groups = new GroupCoordinator(groupSettings(config), {
    log: new PartitionCoordinatorLog(OFFSETS_TOPIC, { partitions, turn, clock }),
    clock,
    timers,
    random,
    logger,
    topics: {
      topicId: (name) => view.image.topics.get(name)?.id,
      topicName: (id) => view.image.topicNamesById.get(id),
      partitionCount: (name) => view.image.topics.get(name)?.partitions.length,
    },
    partitionCount: () =>
      view.image.topics.get(OFFSETS_TOPIC)?.partitions.length ?? config.get('offsets.topic.num.partitions'),
  });
  opened.add(() => groups.close());

  const applier = new TopicApplier(view.image, {
    brokerId,
    config,
    partitions,
    logDirectories,
    clock,
    logger,
    onPartition: (topic, index, change) => {
      if (topic !== OFFSETS_TOPIC) return;
      if (change === 'taken up') groups.load(index);
      else groups.unload(index);
    },
    onTopicDeleted: ({ name }) => groups.topicDeleted(name),
  });
  turn.run(() => applier.applyAll());
  opened.add(view.subscribe((changed, delta) => turn.run(() => applier.apply(changed, delta))));

  const listeners = new ClientListeners(runtime, config);
  opened.add(() => listeners.close());
  const core = new BrokerCore({
    brokerId,
    clusterId: logDirectories.clusterId,
    config,
    clock,
    timers,
    random,
    logger,
    turn,
    partitions,
    logDirectories,
    controller,
    groups,
    view,
    listeners,
    advertised: plan.advertised,
  });
  const listening: ListenerAddress[] = [];
  for (const address of plan.bind) listening.push(await listeners.listen(address, core));
  return { core, logDirectories, listening, dataDirectories, close: () => opened.closeAll() };
}

function registeredEndpoints(plan: ListenerPlan): Endpoint[] {
  return plan.bind.map(({ name, host, port }) => {
    const told = plan.advertised.get(name);
    return { listener: name, securityProtocol: 'PLAINTEXT', host: told?.host ?? host, port: told?.port ?? port };
  });
}

/** Says what a person can do about it; anything else is passed on as it is. */
function startError(error: unknown, config: BrokerConfig): unknown {
  const directories = config.text('log.dirs') ?? config.text('log.dir') ?? '';
  if (error instanceof StoreLocked || error instanceof LogDirectoryUnusable || error instanceof StoreDamaged) {
    return new BrokerStartError(error.message, { cause: error });
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
