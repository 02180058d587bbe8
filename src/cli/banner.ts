import type { Broker } from '../broker/broker.ts';
import type { LoadedConfig } from '../config/load.ts';
import { VERSION } from '../base/version.ts';

/** What a person sees when the broker is ready: where it is, where the data is, how to try it. */
export function banner(broker: Broker, { config, profile }: LoadedConfig): string {
  const inMemory = config.get('posthorn.storage') === 'memory';
  const address = broker.bootstrapServers;
  const lines = [
    `Posthorn ${VERSION} is ready on ${address}`,
    `  data     ${inMemory ? 'in memory, gone when this process ends' : broker.dataDirectories.join(', ')}`,
    profile === 'development'
      ? '  profile  development: no initial rebalance delay, members of closed connections leave after 200 ms'
      : '  profile  production: the defaults of Apache Kafka',
    ...(broker.healthAddress === undefined ? [] : [`  health   http://${broker.healthAddress}/health`]),
    `  try      kcat -b ${address} -L`,
    `           echo hello | kcat -b ${address} -t greetings -P`,
    `           kcat -b ${address} -t greetings -C -e`,
    '  stop     Ctrl-C',
  ];
  return `${lines.join('\n')}\n`;
}
