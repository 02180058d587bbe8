import { InvalidConfiguration } from './invalid-configuration.ts';
import { loadConfig, type ConfigSources, type LoadedConfig } from './load.ts';
import { logDirectoriesOf } from './log-directories.ts';

/** Most brokers that one process runs. */
export const MEMBERS_MAX = 9;

const LISTENER = /^(.*:)(\d+)$/;

/**
 * The settings of the brokers 1 to `count` of one process, from what was given for one: broker 1 has just that, and the
 * others the ports after it, data directories of their own beside it (`posthorn-data-2`), and each a rack of its own unless
 * one was named. Throws {@link InvalidConfiguration}.
 */
export function memberConfigs(sources: ConfigSources, count: number): LoadedConfig[] {
  if (!Number.isInteger(count) || count < 1 || count > MEMBERS_MAX) {
    throw new InvalidConfiguration([`--brokers takes a number from 1 to ${MEMBERS_MAX}`]);
  }
  const base = loadConfig(sources);
  const members: LoadedConfig[] = [];
  for (let id = 1; id <= count; id++) {
    const overrides = { ...sources.overrides, ...settingsOf(base, id) };
    members.push(loadConfig({ ...sources, overrides }));
  }
  return members;
}

function settingsOf({ config }: LoadedConfig, id: number): Record<string, string | number> {
  const step = id - 1;
  const healthPort = config.get('posthorn.health.port');
  return {
    'node.id': id,
    'broker.id': id,
    listeners: config
      .get('listeners')
      .map((listener) => withPort(listener, step))
      .join(','),
    ...(config.get('advertised.listeners') === null
      ? {}
      : {
          'advertised.listeners': config
            .get('advertised.listeners')!
            .map((each) => withPort(each, step))
            .join(','),
        }),
    'log.dirs': logDirectoriesOf(config)
      .map((directory) => (step === 0 ? directory : `${directory}-${id}`))
      .join(','),
    'broker.rack': config.get('broker.rack') ?? `rack-${id}`,
    ...(healthPort === null ? {} : { 'posthorn.health.port': healthPort === 0 ? 0 : healthPort + step }),
  };
}

/** The listener as many ports further; port 0 stays, for any free one. */
function withPort(listener: string, step: number): string {
  const match = LISTENER.exec(listener.trim());
  if (match === null || match[2] === '0') return listener;
  return `${match[1]}${Number(match[2]) + step}`;
}
