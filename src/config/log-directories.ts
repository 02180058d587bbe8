import type { BrokerConfig } from './broker-config.ts';

/** The data directories as they were given: log.dirs, else log.dir. Never empty. */
export function logDirectoriesOf(config: BrokerConfig): readonly string[] {
  return config.get('log.dirs') ?? config.get('log.dir');
}
