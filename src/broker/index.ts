import { loadConfig } from '../config/load.ts';
import { MemoryDisk } from '../runtime/memory-disk.ts';
import { nodeRuntime } from '../runtime/node.ts';
import { Broker } from './broker.ts';

export { BrokerStartError } from './broker-start-error.ts';
export { InvalidConfiguration } from '../config/invalid-configuration.ts';

export interface StartBrokerOptions {
  /** Port to listen on; 0 takes a free one. 9092 when left out. */
  readonly port?: number;
  /** Address to listen on; this machine only when left out. */
  readonly host?: string;
  /** Where records are kept; on disk when left out. */
  readonly storage?: 'disk' | 'memory';
  /** Data directory for storage on disk; ./posthorn-data when left out. */
  readonly dataDir?: string;
  /** Any setting of the broker by its name in server.properties; stronger than the options above. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** The least severe log lines written to standard error; 'warn' when left out. */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** A broker in this process. */
export interface RunningBroker {
  /** host:port, as clients take it. */
  readonly bootstrapServers: string;
  /** Stops it cleanly and releases everything it held. */
  close(): Promise<void>;
}

/**
 * Starts a broker inside this process, the same that the command runs, with the development profile unless the settings
 * say otherwise. Rejects with {@link InvalidConfiguration} or {@link BrokerStartError}, whose messages name the mistake.
 */
export async function startBroker(options: StartBrokerOptions = {}): Promise<RunningBroker> {
  const { port = 9092, host = 'localhost', storage = 'disk', dataDir } = options;
  const { config } = loadConfig({
    overrides: {
      listeners: `PLAINTEXT://${host}:${port}`,
      'posthorn.storage': storage,
      ...(dataDir === undefined ? {} : { 'log.dirs': dataDir }),
      ...options.config,
    },
  });
  const runtime = nodeRuntime({ level: options.logLevel ?? 'warn', fd: 2, pretty: false });
  const isInMemory = config.get('posthorn.storage') === 'memory';
  return Broker.start({ config, runtime: isInMemory ? { ...runtime, disk: new MemoryDisk() } : runtime });
}
