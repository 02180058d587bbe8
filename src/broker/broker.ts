import { resolve } from 'node:path';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { serveHttp, type HttpServer } from '../runtime/node-http.ts';
import { Background } from './background.ts';
import type { BrokerCore } from './broker-core.ts';
import { BrokerStartError } from './broker-start-error.ts';
import { openBroker, type OpenBroker } from './open-broker.ts';

export { BrokerStartError } from './broker-start-error.ts';

const LOG_TICK_MS = 1000;
/** Between two portions of deleted logs. */
const REMOVAL_PAUSE_MS = 10;

export interface BrokerOptions {
  readonly config: BrokerConfig;
  readonly runtime: Runtime;
  /** Cluster state shared with other brokers of this process; without it the settings say where it is. The owner closes it. */
  readonly store?: MetadataStore;
  /** The broker cannot go on and should be closed; told once, with the reason in a sentence. */
  readonly failed?: (reason: string) => void;
  /** So many of the logs in a data directory are open; after a crash that takes its time. */
  readonly opening?: (directory: string, done: number, total: number) => void;
}

/** A running broker: its parts, started and stopped in order. */
export class Broker {
  readonly #config: BrokerConfig;
  readonly #open: OpenBroker;
  readonly #background: Background;
  #health: HttpServer | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Opens the data directories and the metadata, recovers the logs, and listens. Rejects with {@link BrokerStartError}
   * for what a person can mend; whatever was opened by then is closed again.
   */
  static async start(options: BrokerOptions): Promise<Broker> {
    const { config, runtime } = options;
    const opened = await openBroker({ ...options, failed: options.failed ?? (() => {}) });
    const broker = new Broker(config, runtime, opened);
    try {
      await broker.#serveHealth();
    } catch (error) {
      await broker.close();
      throw new BrokerStartError(
        `the health port ${config.get('posthorn.health.port')} cannot be opened: ${String(error)}`,
      );
    }
    return broker;
  }

  private constructor(config: BrokerConfig, runtime: Runtime, opened: OpenBroker) {
    this.#config = config;
    this.#open = opened;
    this.#background = new Background(runtime.timers, runtime.logger);
    const { logDirectories, logCleaner, offlineReplicas, core } = opened;
    const { clock } = runtime;
    this.#background.every(
      'log directories',
      () => LOG_TICK_MS,
      () => logDirectories.tick(clock.nowMs()),
    );
    let isMoreDeleted = false;
    this.#background.every(
      'deleted logs',
      () => (isMoreDeleted ? REMOVAL_PAUSE_MS : LOG_TICK_MS),
      () => {
        isMoreDeleted = logDirectories.removeDeleted(clock.nowMs());
      },
    );
    this.#background.every(
      'offline replicas',
      () => LOG_TICK_MS,
      () => offlineReplicas.look(),
    );
    this.#background.every(
      'retention',
      () => config.get('log.retention.check.interval.ms'),
      () => {
        core.turn.run(() => {
          const removed = logDirectories.cleanUp(clock.nowMs(), config.get('producer.id.expiration.ms'));
          if (removed > 0) for (const partition of core.partitions.all()) partition.announceChange();
        });
      },
    );
    this.#background.every(
      'in-sync sets',
      () => config.get('replica.lag.time.max.ms') / 2,
      () => {
        core.turn.run(() => {
          for (const partition of core.partitions.all()) partition.checkInSync();
        });
      },
    );
    this.#background.every(
      'log cleaner',
      () => config.get('log.cleaner.backoff.ms'),
      () => logCleaner.run(),
    );
  }

  /** host:port of the first listener, as a client on this machine reaches it. */
  get bootstrapServers(): string {
    return reachableAt(this.#open.listening[0]!);
  }

  /** Whether the first listener is open to other machines and containers, at every address of this one. */
  get isOpenToAll(): boolean {
    return ANY_HOSTS.has(this.#open.listening[0]!.host);
  }

  get dataDirectories(): readonly string[] {
    return this.#open.dataDirectories.map((path) => resolve(path));
  }

  /** host:port of the health answers; undefined when they were not asked for. */
  get healthAddress(): string | undefined {
    return this.#health === undefined ? undefined : reachableAt(this.#health);
  }

  /** Its parts, for checks that run beside it. */
  get core(): BrokerCore {
    return this.#open.core;
  }

  /** Stops cleanly: no new requests, logs and checkpoints on disk, everything released. */
  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async #stop(): Promise<void> {
    this.#background.stop();
    await this.#health?.close();
    await this.#open.close();
  }

  async #serveHealth(): Promise<void> {
    const port = this.#config.get('posthorn.health.port');
    if (port === null) return;
    const { host } = this.#open.listening[0]!;
    this.#health = await serveHttp({ host: host === '' ? '::' : host, port }, (path) => {
      if (path === '/health') return this.#answer('ok', this.#open.logDirectories.isAnyOnline);
      if (path === '/ready')
        return this.#answer('ready', this.#closing === undefined && this.#open.logDirectories.isAnyOnline);
      if (path === '/metrics') return { status: 200, body: this.#open.core.metrics.expose() };
      return undefined;
    });
  }

  #answer(word: string, isGood: boolean): { status: number; body: unknown } {
    const body = {
      status: isGood ? word : 'failed',
      brokerId: this.#open.core.brokerId,
      clusterId: this.#open.core.clusterId,
      offlineLogDirs: this.#offlineDirectories(),
    };
    return { status: isGood ? 200 : 503, body };
  }

  #offlineDirectories(): { path: string; reason: string }[] {
    const offline: { path: string; reason: string }[] = [];
    for (const { path, reason } of this.#open.logDirectories.describe()) {
      if (reason !== undefined) offline.push({ path, reason });
    }
    return offline;
  }
}

const ANY_HOSTS: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

function reachableAt({ host, port }: { readonly host: string; readonly port: number }): string {
  const name = ANY_HOSTS.has(host) ? 'localhost' : host;
  return `${name.includes(':') ? `[${name}]` : name}:${port}`;
}
