import type { ClusterImage } from '../metadata/cluster-image.ts';
import type { MetaRecord } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { E } from '../protocol/errors.ts';
import { OK, putRecord, refused, single, type Decided, type ItemResult } from './decision.ts';

/** A feature and the levels of it that this release supports, as ApiVersions shows them. */
export interface SupportedFeature {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** Supported levels as Apache Kafka 4.3.1 reports them: clients choose their protocols by these. */
export const SUPPORTED_FEATURES: readonly SupportedFeature[] = [
  { name: 'group.version', minVersion: 0, maxVersion: 1 },
  { name: 'kraft.version', minVersion: 0, maxVersion: 1 },
  { name: 'metadata.version', minVersion: 7, maxVersion: 30 },
  { name: 'share.version', minVersion: 0, maxVersion: 1 },
  { name: 'streams.version', minVersion: 0, maxVersion: 1 },
  { name: 'transaction.version', minVersion: 0, maxVersion: 2 },
  { name: 'eligible.leader.replicas.version', minVersion: 0, maxVersion: 1 },
];

/** Finalized levels of a new cluster. A level of 0 is left out, as in Kafka. */
export const INITIAL_FEATURES: MetaRecord['features'] = {
  'group.version': 1,
  'streams.version': 1,
  'transaction.version': 2,
  'eligible.leader.replicas.version': 1,
  'share.version': 1,
  'metadata.version': 30,
};

/** upgradeType on the wire. */
const UPGRADE = 1;
const SAFE_DOWNGRADE = 2;
const UNSAFE_DOWNGRADE = 3;

export interface FeatureUpdate {
  readonly feature: string;
  readonly maxVersionLevel: number;
  readonly upgradeType: number;
}

/** Decides an UpdateFeatures request (KIP-584, KIP-778): all updates or, with the first problem as its message, none. */
export function decideUpdateFeatures(
  image: ClusterImage,
  updates: readonly FeatureUpdate[],
  brokerId: number,
): Decided<ItemResult> {
  const features = new Map(image.features);
  for (const update of updates) {
    const problem = updateProblem(features, update, brokerId);
    if (problem !== undefined) {
      const message = `The update failed for all features since the following feature had an error: ${problem}`;
      return { result: refused(E.INVALID_UPDATE_VERSION, message) };
    }
    // The version of Kafka's quorum means nothing here: any supported level is fine, none is kept.
    if (update.feature === 'kraft.version') continue;
    if (update.maxVersionLevel === 0) features.delete(update.feature);
    else features.set(update.feature, update.maxVersionLevel);
  }
  const isSame =
    features.size === image.features.size && [...features].every(([name, level]) => image.features.get(name) === level);
  if (isSame || image.clusterId === undefined) return { result: OK };
  const { clusterId, store } = image;
  const record: MetaRecord = { clusterId, format: 1, features: Object.fromEntries(features), ...(store && { store }) };
  return { result: OK, mutation: single(putRecord(storeKeys.meta, record)) };
}

function updateProblem(
  features: ReadonlyMap<string, number>,
  update: FeatureUpdate,
  brokerId: number,
): string | undefined {
  const { feature, maxVersionLevel: level, upgradeType } = update;
  const invalid = (reason: string): string => `Invalid update version ${level} for feature ${feature}. ${reason}`;
  if (upgradeType < UPGRADE || upgradeType > UNSAFE_DOWNGRADE) {
    return invalid('The controller does not support the given upgrade type.');
  }
  if (level < 0) return invalid('A feature version cannot be less than 0.');
  const supported = SUPPORTED_FEATURES.find(({ name }) => name === feature);
  if (supported === undefined) return invalid(`Local controller ${brokerId} does not support this feature.`);
  if (level !== 0 || feature === 'metadata.version') {
    if (level < supported.minVersion || level > supported.maxVersion) {
      return invalid(
        `Local controller ${brokerId} only supports versions ${supported.minVersion}-${supported.maxVersion}`,
      );
    }
  }
  const current = features.get(feature) ?? 0;
  if (level < current && upgradeType === UPGRADE) {
    return invalid(
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
    );
  }
  if (level > current && upgradeType !== UPGRADE) return invalid("Can't downgrade to a newer version.");
  if (feature !== 'metadata.version' || level >= current) return undefined;
  const reason =
    upgradeType === SAFE_DOWNGRADE
      ? 'Refusing to perform the requested downgrade because it might delete metadata information.'
      : 'Unsafe metadata downgrade is not supported in this version.';
  return `Unsupported metadata.version downgrade from ${current} to ${level}. ${reason}`;
}
