import { resolve } from 'node:path';
import type { BrokerConfig } from './broker-config.ts';

/** The data directories as they were given: log.dirs, else log.dir. Never empty. */
export function logDirectoriesOf(config: BrokerConfig): readonly string[] {
  return config.get('log.dirs') ?? config.get('log.dir');
}

/** The data directories as absolute paths. */
export function logDirectoryPaths(config: BrokerConfig): readonly string[] {
  return logDirectoriesOf(config).map(absolute);
}

/** Whether `path`, an absolute one, is among those that `cordoned.log.dirs` names (KIP-1066). */
export function isCordoned(path: string, cordoned: readonly string[]): boolean {
  return cordoned.some((name) => name === '*' || absolute(name) === path);
}

function absolute(name: string): string {
  return resolve(name.trim());
}
