import { BrokerStartError } from '../broker/broker-start-error.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { LoadedConfig } from '../config/load.ts';
import { randomUuid } from '../controller/random-id.ts';
import { EmbeddedStore, StoreLocked } from '../metadata/embedded-store.ts';
import { metadataDirectory } from '../metadata/open-metadata-store.ts';
import { writeControlFile } from '../runtime/control-file.ts';
import { serveHttp } from '../runtime/node-http.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { LocalCluster } from '../testing/local-cluster.ts';
import { clusterControl } from './cluster-control.ts';

/** Several brokers in this process, and what is to be closed with them. */
export interface ServedCluster {
  readonly cluster: LocalCluster;
  close(): Promise<void>;
}

/** Starts all brokers over one embedded store, which lies in the data directory of the first. Rejects with {@link BrokerStartError}. */
export async function startCluster(
  members: readonly LoadedConfig[],
  runtime: Runtime,
  failed: (reason: string) => void,
): Promise<ServedCluster> {
  const configs = new Map<number, BrokerConfig>(members.map(({ config }) => [config.get('node.id')!, config]));
  const directory = metadataDirectory(members[0]!.config);
  const store = openStore(directory, runtime);
  try {
    const cluster = await LocalCluster.start({
      runtime,
      store,
      configs,
      failed: (id, reason) => failed(`broker ${id}: ${reason}`),
    });
    const closeControl = await openControl(cluster, runtime);
    return {
      cluster,
      close: async () => {
        await closeControl();
        await cluster.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Lets `posthorn brokers` in, by the port of the first broker. */
async function openControl(cluster: LocalCluster, { random }: Runtime): Promise<() => Promise<void>> {
  const token = randomUuid(random);
  const server = await serveHttp({ host: '127.0.0.1', port: 0 }, clusterControl(cluster, token));
  const removers = cluster.bootstrapServers
    .split(',')
    .map((address) => Number(address.slice(address.lastIndexOf(':') + 1)))
    .map((port) => writeControlFile(port, { port: server.port, token }));
  return () => {
    for (const remove of removers) remove();
    return server.close();
  };
}

function openStore(directory: string, { disk, clock, timers, logger }: Runtime): EmbeddedStore {
  try {
    return EmbeddedStore.open({ disk, directory, clock, timers, logger });
  } catch (error) {
    if (error instanceof StoreLocked) throw new BrokerStartError(error.message, { cause: error });
    throw error;
  }
}
