import { hostname, networkInterfaces } from 'node:os';
import { VERSION } from '../base/version.ts';
import type { Broker } from '../broker/broker.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { LocalCluster } from '../testing/local-cluster.ts';

/** Addresses of this machine that the banner names at most: one has a handful, of which any will do. */
const ADDRESSES_SHOWN_MAX = 3;

/** What a person sees when the broker is ready: where it is, where the data is, how to try it. */
export function banner(broker: Broker, { config, profile }: LoadedConfig): string {
  const inMemory = config.get('posthorn.storage') === 'memory';
  const address = broker.bootstrapServers;
  const lines = [
    `Posthorn ${VERSION} is ready on ${address}`,
    ...othersLines(broker, config),
    `  data     ${inMemory ? 'in memory, gone when this process ends' : broker.dataDirectories.join(', ')}`,
    profile === 'development'
      ? '  profile  development: no initial rebalance delay, members of closed connections leave after 200 ms'
      : '  profile  production: the defaults of Apache Kafka',
    ...(broker.healthAddress === undefined ? [] : [`  health   http://${broker.healthAddress}/health and /ready`]),
    `  try      kcat -b ${address} -L`,
    `           echo hello | kcat -b ${address} -t greetings -P`,
    `           kcat -b ${address} -t greetings -C -e`,
    '  stop     Ctrl-C',
  ];
  return `${lines.join('\n')}\n`;
}

/** The same for several brokers in one process. */
export function clusterBanner(cluster: LocalCluster, members: readonly LoadedConfig[]): string {
  const { config } = members[0]!;
  const inMemory = config.get('posthorn.storage') === 'memory';
  const [address] = cluster.bootstrapServers.split(',');
  const lines = [
    `Posthorn ${VERSION} is ready: ${members.length} brokers on ${cluster.bootstrapServers}`,
    `  data     ${
      inMemory
        ? 'in memory, gone when this process ends'
        : cluster.ids.flatMap((id) => cluster.broker(id).dataDirectories).join(', ')
    }`,
    `  try      posthorn topics --bootstrap-server ${address} --create --topic orders --partitions 3 --replication-factor ${Math.min(3, members.length)}`,
    `           posthorn topics --bootstrap-server ${address} --describe`,
    '           posthorn brokers; posthorn brokers kill 1; posthorn brokers start 1',
    '  stop     Ctrl-C',
  ];
  return `${lines.join('\n')}\n`;
}

/** How clients on other machines and in containers get here, once the broker is open to them. */
function othersLines(broker: Broker, config: LoadedConfig['config']): string[] {
  const advertised = config.get('advertised.listeners');
  if (advertised !== null && advertised.length > 0) return [`  clients  are sent to ${advertised.join(', ')}`];
  if (!broker.isOpenToAll) return [];
  const port = broker.bootstrapServers.slice(broker.bootstrapServers.lastIndexOf(':') + 1);
  if (!config.get('posthorn.advertise.dialled.address')) {
    return [`  clients  are sent to ${hostname()}:${port}; where that name is unknown, set advertised.listeners`];
  }
  const own = ownAddresses().map((host) => `${host}:${port}`);
  const others = own.length === 0 ? '' : ` from other machines ${own.join(' or ')};`;
  return [`  clients ${others} each is sent to the address that it dialled`];
}

function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outward = all.filter(({ internal, family }) => !internal && family === 'IPv4');
  return outward.map(({ address }) => address).slice(0, ADDRESSES_SHOWN_MAX);
}
