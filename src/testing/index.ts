import type { BrokerConfig } from '../config/broker-config.ts';
import { logDirectoryPaths } from '../config/log-directories.ts';
import { memberConfigs } from '../config/member-settings.ts';
import { EmbeddedStore } from '../metadata/embedded-store.ts';
import { metadataDirectory } from '../metadata/open-metadata-store.ts';
import { MemoryDisk } from '../runtime/memory-disk.ts';
import { nodeRuntime } from '../runtime/node.ts';
import { LocalCluster, type MemberState } from './local-cluster.ts';

export { WrongMemberState, type MemberState } from './local-cluster.ts';

export interface StartClusterOptions {
  /** How many brokers; 3 when left out, 9 at most. Their ids are 1, 2, 3 ... */
  readonly brokers?: number;
  /** Port of the first broker, the others take those after it; 0, as when left out, takes free ones. */
  readonly port?: number;
  /** Where records are kept; in memory when left out. */
  readonly storage?: 'disk' | 'memory';
  /** Data directory of the first broker for storage on disk; those of the others lie beside it. */
  readonly dataDir?: string;
  /** Any setting of the brokers by its name in server.properties; stronger than the options above. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** The least severe log lines written to standard error; 'error' when left out. */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** Several brokers in this process, each of which can be stopped, killed, paused and started again. */
export interface RunningCluster {
  /** host:port of each broker, as clients take them. */
  readonly bootstrapServers: string;
  /** Ids of the brokers. */
  readonly ids: readonly number[];
  stateOf(id: number): MemberState;
  /** Shuts a broker down in order: what it leads is handed over first. */
  stop(id: number): Promise<void>;
  /** As kill -9: its connections break, and nothing of it runs any more. Its files stay as they were written. */
  kill(id: number): void;
  /** As SIGSTOP: its connections stay, and nothing answers. */
  pause(id: number): void;
  resume(id: number): void;
  /** Starts a broker that was stopped or killed, on what it left; resolves when it is let in. */
  start(id: number): Promise<void>;
  /** Stops all brokers and releases everything they held. */
  close(): Promise<void>;
}

/**
 * Starts a whole cluster inside this process, for tests: the same brokers that `posthorn --brokers 3` runs. What does not
 * fit the state of a broker, like killing one that was stopped, throws {@link WrongMemberState}.
 */
export async function startCluster(options: StartClusterOptions = {}): Promise<RunningCluster> {
  const { brokers = 3, port = 0, storage = 'memory', dataDir, logLevel = 'error' } = options;
  const overrides = {
    listeners: `PLAINTEXT://localhost:${port}`,
    'posthorn.storage': storage,
    ...(dataDir === undefined ? {} : { 'log.dirs': dataDir }),
    ...options.config,
  };
  const members = memberConfigs({ overrides }, brokers).map(({ config }) => config);
  const node = nodeRuntime({ level: logLevel, fd: 2, pretty: false });
  const runtime = members[0]!.get('posthorn.storage') === 'memory' ? { ...node, disk: new MemoryDisk() } : node;
  const store = EmbeddedStore.open({ ...runtime, directory: metadataDirectory(members[0]!) });
  try {
    const configs = new Map<number, BrokerConfig>(members.map((config) => [config.get('node.id')!, config]));
    const failed = (id: number, reason: string): void =>
      runtime.logger.error('a broker failed', { broker: id, reason, directories: logDirectoryPaths(configs.get(id)!) });
    const cluster = await LocalCluster.start({ runtime, store, configs, failed });
    return running(cluster, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

function running(cluster: LocalCluster, store: EmbeddedStore): RunningCluster {
  return {
    bootstrapServers: cluster.bootstrapServers,
    ids: cluster.ids,
    stateOf: (id) => cluster.stateOf(id),
    stop: (id) => cluster.stop(id),
    kill: (id) => cluster.kill(id),
    pause: (id) => cluster.pause(id),
    resume: (id) => cluster.resume(id),
    start: (id) => cluster.start(id),
    close: async () => {
      await cluster.close();
      await store.close();
    },
  };
}
