import { ZERO_UUID, type Uuid } from '../base/uuid.ts';
import type { ClusterImage } from '../metadata/cluster-image.ts';
import type { DirectoriesRecord, KnownDirectory } from '../metadata/records.ts';

/** A broker's log directories at its start. */
export interface DirectoriesAtStart {
  readonly brokerId: number;
  /** Those that were opened. */
  readonly opened: readonly { readonly id: Uuid; readonly path: string }[];
  /** Those of `log.dirs` that could not be. */
  readonly brokenPaths: readonly string[];
  /** Whether the partition's log is in one of the opened ones. */
  isFound(topic: string, index: number): boolean;
}

const NONE_LOST: DirectoriesRecord['lost'] = {};

/**
 * What is to be remembered of a broker's log directories; undefined while there is only one and nothing is missing. A
 * partition of this broker whose log is nowhere when a directory first goes missing lies in that one: it is lost until
 * the directory is back or the topic is deleted, and never made anew, empty, elsewhere. Kafka keeps the directory of
 * each replica (KIP-858); which ones are missing can be told without it.
 */
export function rememberDirectories(image: ClusterImage, start: DirectoriesAtStart): DirectoriesRecord | undefined {
  const before = image.directories.get(String(start.brokerId));
  const { opened, brokenPaths } = start;
  if (before === undefined && opened.length === 1 && brokenPaths.length === 0) return undefined;
  const missing = missingOf(before?.known ?? [], start);
  const isNews = missing.some(({ isMissing }) => !isMissing);
  const lost = missing.length === 0 ? NONE_LOST : lostPartitions(image, before?.lost ?? NONE_LOST, isNews, start);
  // Directories that nothing is missed of are forgotten.
  const isMissed = Object.keys(lost).length > 0 || brokenPaths.length > 0;
  const known = opened.map((directory) => ({ ...directory, isMissing: false }));
  return { known: [...known, ...(isMissed ? missing.map((each) => ({ ...each, isMissing: true })) : [])], lost };
}

/** Known directories that are not there, as they were known, and those that never could be read. */
function missingOf(
  known: readonly KnownDirectory[],
  { opened, brokenPaths }: DirectoriesAtStart,
): readonly KnownDirectory[] {
  const missing = known.filter(({ id, path }) =>
    id === ZERO_UUID ? !opened.some((each) => each.path === path) : !opened.some((each) => each.id === id),
  );
  const unknown = brokenPaths.filter((path) => !missing.some((each) => each.path === path));
  return [...missing, ...unknown.map((path) => ({ id: ZERO_UUID, path, isMissing: false }))];
}

function lostPartitions(
  image: ClusterImage,
  before: DirectoriesRecord['lost'],
  isNews: boolean,
  start: DirectoriesAtStart,
): DirectoriesRecord['lost'] {
  const lost: Record<Uuid, number[]> = {};
  for (const { id, name, partitions } of image.topics.values()) {
    const indexes: number[] = [];
    for (const [index, { replicas }] of partitions.entries()) {
      const mayBeThere = isNews || before[id]?.includes(index);
      if (mayBeThere && replicas.includes(start.brokerId) && !start.isFound(name, index)) indexes.push(index);
    }
    if (indexes.length > 0) lost[id] = indexes;
  }
  return lost;
}
