import { assert } from '../base/assert.ts';
import type { VersionRange } from './schema.ts';

/** A parsed version range, both ends included. An open range ends at {@link VERSION_MAX}; 'none' is empty. */
export interface Versions {
  readonly min: number;
  readonly max: number;
}

/** Versions are int16 on the wire. */
export const VERSION_MAX = 0x7fff;

const none: Versions = { min: 0, max: -1 };
const parsed = new Map<VersionRange, Versions>([['none', none]]);

/** Reads '3', '2-5', '4+' or 'none'. Declarations repeat few distinct ranges, so the results are kept. */
export function parseVersions(range: VersionRange): Versions {
  const known = parsed.get(range);
  if (known !== undefined) return known;
  const match = /^(\d+)(?:-(\d+)|(\+))?$/.exec(range);
  assert(match !== null, `not a version range: ${range}`);
  const min = Number(match[1]);
  const max = match[3] === '+' ? VERSION_MAX : Number(match[2] ?? min);
  const versions = { min, max };
  parsed.set(range, versions);
  return versions;
}

/** Whether `version` lies in `range`; a range left out holds `otherwise`. */
export function inVersions(range: VersionRange | undefined, version: number, otherwise: boolean): boolean {
  if (range === undefined) return otherwise;
  const { min, max } = parseVersions(range);
  return version >= min && version <= max;
}
