import type { Admin } from '../../../client/admin/admin.ts';
import type { TopicPartition } from '../../../client/consumer/topic-partition.ts';

/** The ends of a topic's partitions at one moment. */
export interface TopicSample {
  readonly partitions: number;
  /** Records that are there. */
  readonly records: number;
  /** Sum of the end offsets: what was ever written. */
  readonly written: number;
}

export interface GroupSample {
  readonly state: string;
  readonly members: number;
  /** Records behind the ends of all partitions with a committed offset. */
  readonly lag: number;
}

/** A cluster at one moment. */
export interface Sample {
  /** Monotonic milliseconds. */
  readonly atMs: number;
  readonly topics: ReadonlyMap<string, TopicSample>;
  readonly groups: ReadonlyMap<string, GroupSample>;
}

/** Looks at all topics and groups once. What is deleted meanwhile is left out. */
export async function takeSample(admin: Admin, atMs: number): Promise<Sample> {
  const names = [...(await admin.listTopics()).keys()];
  const described = [...(await admin.describeTopics(names)).values()].flatMap((topic) =>
    topic instanceof Error ? [] : [topic],
  );
  const partitions = described.flatMap(({ name: topic, partitions: all }) =>
    all.map(({ partition }) => ({ topic, partition })),
  );
  const [begins, ends] = await Promise.all([
    offsets(admin, partitions, 'earliest'),
    offsets(admin, partitions, 'latest'),
  ]);
  const topics = new Map<string, TopicSample>();
  for (const { name, partitions: all } of described) {
    let [records, written] = [0, 0];
    for (const { partition } of all) {
      const end = ends.get(`${name}-${partition}`) ?? 0;
      written += end;
      records += end - (begins.get(`${name}-${partition}`) ?? end);
    }
    topics.set(name, { partitions: all.length, records, written });
  }
  return { atMs, topics, groups: await groupSamples(admin, ends) };
}

async function groupSamples(admin: Admin, ends: ReadonlyMap<string, number>): Promise<Map<string, GroupSample>> {
  const listed = (await admin.listGroups()).filter(({ type }) => type !== 'share' && type !== 'streams');
  const ids = listed.map(({ groupId }) => groupId);
  if (ids.length === 0) return new Map();
  const [described, committed] = await Promise.all([admin.describeGroups(ids), admin.listGroupOffsets(ids)]);
  const groups = new Map<string, GroupSample>();
  for (const id of ids) {
    const [group, told] = [described.get(id), committed.get(id)];
    if (group === undefined || group instanceof Error) continue;
    let lag = 0;
    for (const [topic, partitions] of told === undefined || told instanceof Error ? [] : told) {
      for (const [partition, each] of partitions) {
        if (!(each instanceof Error)) lag += Math.max(0, (ends.get(`${topic}-${partition}`) ?? 0) - each.offset);
      }
    }
    groups.set(id, { state: group.state, members: group.members.length, lag });
  }
  return groups;
}

async function offsets(
  admin: Admin,
  partitions: readonly TopicPartition[],
  at: 'earliest' | 'latest',
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  if (partitions.length === 0) return found;
  for (const [topic, told] of await admin.listOffsets(partitions.map((each) => ({ ...each, at })))) {
    for (const [partition, each] of told) {
      if (!(each instanceof Error)) found.set(`${topic}-${partition}`, each.offset);
    }
  }
  return found;
}

/** What was written since the sample before, by topic, in records per second. */
export function ratesBetween(before: Sample, now: Sample): Map<string, number> {
  const seconds = (now.atMs - before.atMs) / 1000;
  return new Map(
    [...now.topics].map(([name, { written }]) => {
      const was = before.topics.get(name)?.written ?? 0;
      // Fewer than before: it was deleted and made anew.
      return [name, seconds > 0 ? Math.max(0, written - (written < was ? 0 : was)) / seconds : 0];
    }),
  );
}
