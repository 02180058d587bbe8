import type { SettingTexts } from './broker-config.ts';

/** The name of a set of defaults. */
export type Profile = 'development' | 'production';

/**
 * The defaults that Posthorn has over those of Kafka. In both profiles the things that Kafka demands to be set, and a
 * data directory that survives a restart of the machine; in development also what makes a single broker on one's own
 * machine quick and closed to others. A setting that somebody sets always wins.
 */
export function profileDefaults(profile: Profile, set: SettingTexts): SettingTexts {
  const defaults = new Map<string, string>([['process.roles', 'broker,controller']]);
  if (!set.has('log.dirs')) defaults.set('log.dir', './posthorn-data');
  const nodeId = set.get('node.id') ?? set.get('broker.id') ?? '1';
  defaults.set('node.id', nodeId).set('broker.id', nodeId);
  if (profile === 'development') {
    defaults
      .set('listeners', 'PLAINTEXT://localhost:9092')
      .set('group.initial.rebalance.delay.ms', '0')
      .set('group.consumer.assignment.interval.ms', '0')
      .set('group.consumer.heartbeat.interval.ms', '500')
      .set('group.consumer.min.heartbeat.interval.ms', '500')
      .set('group.streams.initial.rebalance.delay.ms', '0')
      .set('posthorn.group.disconnect.grace.ms', '200')
      .set('posthorn.advertise.dialled.address', 'true');
  }
  return defaults;
}
