import { apiTable } from '../protocol/api-table.ts';
import type { apiVersions } from '../protocol/messages/018-api-versions.ts';
import type { ReadMessage } from '../protocol/schema.ts';

/** The features and versions that a broker told. */
export interface BrokerAbilities {
  readonly versions: ReadonlyMap<number, { readonly min: number; readonly max: number }>;
  /** Finalized feature levels by name, like `transaction.version`. */
  readonly features: ReadonlyMap<string, number>;
}

export function abilitiesIn(answer: ReadMessage<typeof apiVersions.response>): BrokerAbilities {
  return {
    versions: new Map(
      answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { min: minVersion, max: maxVersion }]),
    ),
    features: new Map(answer.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel])),
  };
}

/** The newest version of a request that both sides speak, at most `newest`; undefined when there is none. */
export function versionBetween(
  key: number,
  { versions }: BrokerAbilities,
  newest = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const ours = apiTable.get(key);
  const theirs = versions.get(key);
  if (ours === undefined || theirs === undefined) return undefined;
  const version = Math.min(ours.stableMax, theirs.max, newest);
  return version >= Math.max(ours.min, theirs.min) ? version : undefined;
}
