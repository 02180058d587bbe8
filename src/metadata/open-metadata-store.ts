import { join } from 'node:path';
import type { BrokerConfig } from '../config/broker-config.ts';
import { logDirectoryPaths } from '../config/log-directories.ts';
import { DiskError, type Disk } from '../runtime/disk.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { EmbeddedStore } from './embedded-store.ts';
import { InvalidEtcdAddress, parseEtcdAddress, type EtcdAddress } from './etcd/etcd-endpoints.ts';
import { StoreUnavailable, type MetadataStore } from './metadata-store.ts';

const METADATA_DIRECTORY = 'posthorn-metadata';
const EMBEDDED = 'embedded';
const CLUSTER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,248}$/;
const PEM_BYTES_MAX = 1_048_576;
/** Waits between attempts to reach a store that is away when it is opened: doubled from the first to the last. */
const WAIT_FIRST_MS = 500;
const WAIT_LAST_MS = 10_000;

/** The settings of the store contradict each other or cannot be read; the message names the setting. */
export class InvalidStoreAddress extends Error {
  override name = 'InvalidStoreAddress';
}

/** A store whose revisions can be raised, so that epochs go on growing after its contents came from elsewhere. */
export interface MovableStore extends MetadataStore {
  /** Makes every later revision larger than `revision`. Nobody else may use the store meanwhile. */
  raiseRevision(revision: number): Promise<void>;
}

type StoreRuntime = Pick<Runtime, 'disk' | 'clock' | 'timers' | 'logger'>;

/** Whether the store is one of this process alone. */
export function isEmbedded(config: BrokerConfig): boolean {
  return config.get('metadata.store') === EMBEDDED;
}

/** Where the embedded store lies: in the first data directory. */
export function metadataDirectory(config: BrokerConfig): string {
  return join(logDirectoryPaths(config)[0]!, METADATA_DIRECTORY);
}

/**
 * Opens the store that the settings name. One that cannot be reached yet is waited for, each attempt told. Rejects with
 * {@link InvalidStoreAddress}, and for the embedded one with what {@link EmbeddedStore.open} throws.
 */
export function openMetadataStore(config: BrokerConfig, runtime: StoreRuntime): Promise<MovableStore> {
  return whenAvailable(() => openStoreOnce(config, runtime), runtime);
}

/** The same with one attempt: for commands, where a person waits. */
export async function openStoreOnce(config: BrokerConfig, runtime: StoreRuntime): Promise<MovableStore> {
  const { disk, clock, timers, logger } = runtime;
  if (isEmbedded(config)) {
    return EmbeddedStore.open({ disk, directory: metadataDirectory(config), clock, timers, logger });
  }
  const address = addressOf(config);
  const clusterName = config.get('metadata.store.cluster.name');
  if (!CLUSTER_NAME.test(clusterName)) {
    const allowed = "letters, digits, '.', '_' and '-', beginning with a letter or digit, 249 at most";
    throw new InvalidStoreAddress(`metadata.store.cluster.name=${clusterName} is no name: it takes ${allowed}`);
  }
  const { EtcdStore } = await import('./etcd/etcd-store.ts');
  const user = config.get('metadata.store.user');
  return EtcdStore.open({
    address,
    clusterName,
    clock,
    timers,
    tls: {
      ca: pem(config, 'metadata.store.tls.ca.file', disk),
      cert: pem(config, 'metadata.store.tls.cert.file', disk),
      key: pem(config, 'metadata.store.tls.key.file', disk),
    },
    ...(user === null ? {} : { login: { user, password: config.get('metadata.store.password') ?? '' } }),
  });
}

/** Does `work` as soon as the store it needs is there: again and again, with growing waits, saying why each time. */
export async function whenAvailable<T>(
  work: () => Promise<T>,
  { timers, logger }: Pick<Runtime, 'timers' | 'logger'>,
): Promise<T> {
  for (let waitMs = WAIT_FIRST_MS; ; waitMs = Math.min(2 * waitMs, WAIT_LAST_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      logger.warn(`the metadata store cannot be used yet: ${error.message}; trying again in ${waitMs} ms`);
    }
    await new Promise<void>((resolve) => void timers.set(waitMs, resolve));
  }
}

function addressOf(config: BrokerConfig): EtcdAddress {
  try {
    return parseEtcdAddress(config.get('metadata.store'));
  } catch (error) {
    if (!(error instanceof InvalidEtcdAddress)) throw error;
    throw new InvalidStoreAddress(`metadata.store: ${error.message}, or embedded`, { cause: error });
  }
}

type PemSetting = 'metadata.store.tls.ca.file' | 'metadata.store.tls.cert.file' | 'metadata.store.tls.key.file';

function pem(config: BrokerConfig, name: PemSetting, disk: Disk): Buffer | undefined {
  const path = config.get(name);
  if (path === null) return undefined;
  try {
    return disk.readFile(path, PEM_BYTES_MAX);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    throw new InvalidStoreAddress(`${name}=${path} cannot be read: ${error.message}`, { cause: error });
  }
}
