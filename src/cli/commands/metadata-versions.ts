/** The metadata versions of Kafka 4.3.1 from level 7 on. */
const VERSIONS = [
  '3.3-IV3',
  '3.4-IV0',
  '3.5-IV0',
  '3.5-IV1',
  '3.5-IV2',
  '3.6-IV0',
  '3.6-IV1',
  '3.6-IV2',
  '3.7-IV0',
  '3.7-IV1',
  '3.7-IV2',
  '3.7-IV3',
  '3.7-IV4',
  '3.8-IV0',
  '3.9-IV0',
  '4.0-IV0',
  '4.0-IV1',
  '4.0-IV2',
  '4.0-IV3',
  '4.1-IV0',
  '4.1-IV1',
  '4.2-IV0',
  '4.2-IV1',
  '4.3-IV0',
  '4.4-IV0',
] as const;
const LEVEL_MIN = 7;
/** The newest that is released; what comes after it has no short name yet. */
const LATEST = '4.3-IV0';

export const METADATA_VERSION = 'metadata.version';

/** The features besides the metadata version, with the highest level of each and the metadata version that sets it. */
const FEATURES = [
  { name: 'kraft.version', max: 1, from: '3.9-IV0' },
  { name: 'transaction.version', max: 2, from: '4.0-IV2' },
  { name: 'group.version', max: 1, from: '4.0-IV0' },
  { name: 'eligible.leader.replicas.version', max: 1, from: '4.1-IV0', needs: '4.0-IV1' },
  { name: 'share.version', max: 1, from: '4.2-IV0' },
  { name: 'streams.version', max: 1, from: '4.2-IV1' },
] as const;

/** The level of a metadata version by its name, `4.0-IV3`, or that of the last of a release, `4.0`. Throws with Kafka's words. */
export function metadataLevel(name: string): number {
  const released = VERSIONS.slice(0, VERSIONS.indexOf(LATEST) + 1);
  const exact = VERSIONS.findIndex((version) => version === name);
  const index = exact >= 0 ? exact : released.findLastIndex((version) => version.startsWith(`${name}-`));
  if (index >= 0) return index + LEVEL_MIN;
  throw new Error(`Unknown metadata.version '${name}'. Supported metadata.version are: ${VERSIONS.join(', ')}`);
}

/** The name of a level of the metadata version; undefined for one that this release does not know. */
function metadataVersionOf(level: number): string | undefined {
  return VERSIONS[level - LEVEL_MIN];
}

/** How `kafka-features describe` shows a level. */
export function levelText(feature: string, level: number): string {
  return feature === METADATA_VERSION ? (metadataVersionOf(level) ?? `UNKNOWN [${level}]`) : String(level);
}

/** The levels of all features that go with a metadata version; the latest released when left out. */
export function levelsFor(release: string = LATEST): {
  readonly release: string;
  readonly levels: Map<string, number>;
} {
  const level = metadataLevel(release);
  const levels = new Map([[METADATA_VERSION, level]]);
  for (const { name, max, from } of FEATURES) levels.set(name, level >= metadataLevel(from) ? max : 0);
  return { release, levels };
}

/** What a level of a feature needs, as `kafka-features feature-dependencies` tells it. Throws with Kafka's words. */
export function dependencyText(feature: string, level: number): string {
  if (feature === METADATA_VERSION) {
    const name = metadataVersionOf(level);
    if (name === undefined) throw new Error(`Unknown metadata.version ${level}`);
    return `${feature}=${level} (${name}) has no dependencies.`;
  }
  const known = FEATURES.find(({ name }) => name === feature);
  if (known === undefined) throw new Error(`Unknown feature: ${feature}`);
  if (level < 0 || level > known.max) throw new Error(`No feature:${feature} with feature level ${level}`);
  if (level === 0 || !('needs' in known)) return `${feature}=${level} has no dependencies.`;
  return `${feature}=${level} requires:\n    ${METADATA_VERSION}=${metadataLevel(known.needs)} (${known.needs})`;
}
