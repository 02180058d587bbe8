import type { GroupShard } from './group-shard.ts';

export interface GroupCount {
  /** classic or consumer. */
  readonly type: string;
  readonly state: string;
  readonly count: number;
}

/** How many groups the shards have, by type and state. */
export function countGroups(shards: Iterable<GroupShard>): GroupCount[] {
  const counts = new Map<string, { type: string; state: string; count: number }>();
  for (const { state: shard } of shards) {
    for (const { type, state } of shard.groups.values()) {
      const key = `${type}/${state}`;
      const present = counts.get(key);
      if (present === undefined) counts.set(key, { type, state, count: 1 });
      else present.count++;
    }
  }
  return [...counts.values()];
}
