import type { Address, DialTls } from '../runtime/network.ts';
import { KafkaError } from './client-error.ts';
import { checkSasl, tlsSettings, type SaslOptions, type TlsOptions } from './security-options.ts';

/** What every client needs to reach a cluster; in milliseconds where they are times. */
export interface ClientOptions {
  /** `host:port` of some brokers, as text with commas or as a list; any of them leads to all others. */
  readonly bootstrapServers: string | readonly string[];
  /** Told to brokers with every request: shown in logs, and quotas go by it. `posthorn-client` when left out. */
  readonly clientId?: string;
  /** How long one request may take; 30,000. */
  readonly requestTimeoutMs?: number;
  /** How long a call of an admin may take, all its tries together; {@link requestTimeoutMs} when left out. */
  readonly apiTimeoutMs?: number;
  /** How long a connection may take, login included; 10,000. */
  readonly connectTimeoutMs?: number;
  /** Pause before the first retry; it doubles up to {@link retryBackoffMaxMs} with a fifth of jitter (KIP-580); 100. */
  readonly retryBackoffMs?: number;
  /** 1000. */
  readonly retryBackoffMaxMs?: number;
  /** Cluster metadata older than this is asked for anew; 300,000. */
  readonly metadataMaxAgeMs?: number;
  /** Topics and coordinators that were not used for so long are forgotten; 300,000. */
  readonly metadataMaxIdleMs?: number;
  /** An idle connection is closed after this; 540,000. */
  readonly connectionsMaxIdleMs?: number;
  /** Encrypts every connection; true trusts the system's authorities. Plain when left out. */
  readonly tls?: boolean | TlsOptions;
  /** Logs in on every connection. Nobody in particular when left out. */
  readonly sasl?: SaslOptions;
}

/** {@link ClientOptions} with every default filled in. */
export interface ClientSettings {
  readonly bootstrap: readonly Address[];
  readonly clientId: string;
  readonly requestTimeoutMs: number;
  readonly apiTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  readonly metadataMaxAgeMs: number;
  readonly metadataMaxIdleMs: number;
  readonly connectionsMaxIdleMs: number;
  readonly tls: DialTls | undefined;
  readonly sasl: SaslOptions | undefined;
}

const DEFAULTS = {
  clientId: 'posthorn-client',
  requestTimeoutMs: 30_000,
  connectTimeoutMs: 10_000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1000,
  metadataMaxAgeMs: 300_000,
  metadataMaxIdleMs: 300_000,
  connectionsMaxIdleMs: 540_000,
} as const;

const PORT_MAX = 65_535;

/** Checks what a caller gave and fills in the rest. Throws {@link KafkaError} INVALID_ARGUMENT. */
export function clientSettings(options: ClientOptions): ClientSettings {
  const connectTimeoutMs = options.connectTimeoutMs ?? DEFAULTS.connectTimeoutMs;
  const requestTimeoutMs = options.requestTimeoutMs ?? DEFAULTS.requestTimeoutMs;
  const settings = {
    bootstrap: bootstrapAddresses(options.bootstrapServers),
    clientId: options.clientId ?? DEFAULTS.clientId,
    requestTimeoutMs,
    apiTimeoutMs: options.apiTimeoutMs ?? requestTimeoutMs,
    connectTimeoutMs,
    retryBackoffMs: options.retryBackoffMs ?? DEFAULTS.retryBackoffMs,
    retryBackoffMaxMs: options.retryBackoffMaxMs ?? DEFAULTS.retryBackoffMaxMs,
    metadataMaxAgeMs: options.metadataMaxAgeMs ?? DEFAULTS.metadataMaxAgeMs,
    metadataMaxIdleMs: options.metadataMaxIdleMs ?? DEFAULTS.metadataMaxIdleMs,
    connectionsMaxIdleMs: options.connectionsMaxIdleMs ?? DEFAULTS.connectionsMaxIdleMs,
    tls: tlsSettings(options.tls, connectTimeoutMs),
    sasl: checkSasl(options.sasl),
  };
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === 'number' && !(value >= 0)) {
      throw new KafkaError('INVALID_ARGUMENT', `${name} is ${value}; it has to be 0 or more milliseconds`);
    }
  }
  return settings;
}

function bootstrapAddresses(servers: string | readonly string[]): Address[] {
  const texts = (typeof servers === 'string' ? servers.split(',') : servers).map((text) => text.trim());
  const addresses = texts.filter((text) => text !== '').map(addressOf);
  if (addresses.length > 0) return addresses;
  throw new KafkaError('INVALID_ARGUMENT', 'bootstrapServers names no broker; give host:port of at least one');
}

function addressOf(text: string): Address {
  const found = /^(?:\[(?<v6>[^\]]+)\]|(?<name>[^:]+)):(?<port>\d+)$/.exec(text)?.groups;
  const host = found?.['v6'] ?? found?.['name'];
  const port = Number(found?.['port']);
  if (host !== undefined && port > 0 && port <= PORT_MAX) return { host, port };
  throw new KafkaError('INVALID_ARGUMENT', `bootstrapServers has "${text}"; host:port or [address]:port is needed`);
}
