import type { SeededRandom } from '../../src/base/seeded-random.ts';
import type { Uuid } from '../../src/base/uuid.ts';

const MEMBERS_MAX = 12;
const TOPICS_MAX = 6;
const PARTITIONS_MAX = 14;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** What each member has: partitions by topic. */
export type Owned = ReadonlyMap<string, ReadonlyMap<Uuid, readonly number[]>>;

export interface Member {
  readonly instanceId: string | null;
  readonly topicIds: ReadonlySet<Uuid>;
  readonly owned: ReadonlyMap<Uuid, readonly number[]>;
}

export interface Group {
  readonly topics: ReadonlyMap<Uuid, number>;
  readonly members: ReadonlyMap<string, Member>;
}

/** A group whose members have nothing yet. */
export function newGroup(random: SeededRandom): Group {
  const topics = new Map<Uuid, number>();
  const count = 1 + random.below(TOPICS_MAX);
  for (let index = 0; index < count; index++) topics.set(topicId(index), 1 + random.below(PARTITIONS_MAX));
  const members = new Map<string, Member>();
  const memberCount = 1 + random.below(MEMBERS_MAX);
  const areEqual = random.below(2) === 0;
  for (let index = 0; index < memberCount; index++) {
    members.set(memberId(random), {
      instanceId: random.below(3) === 0 ? `instance-${random.below(1000)}-${index}` : null,
      topicIds: areEqual ? new Set(topics.keys()) : subscription(random, topics),
      owned: new Map(),
    });
  }
  return { topics, members };
}

/** The group after something happened: its members have what they were given, some have gone, some have come. */
export function changedGroup(random: SeededRandom, { topics, members }: Group, owned: Owned): Group {
  const areEqual = subscribesEqually({ topics, members });
  const next = new Map<string, Member>();
  for (const [id, member] of members) {
    if (random.below(5) === 0) continue;
    const topicIds = !areEqual && random.below(6) === 0 ? subscription(random, topics) : member.topicIds;
    next.set(id, { ...member, topicIds, owned: owned.get(id) ?? new Map<Uuid, number[]>() });
  }
  const newcomers = next.size === 0 ? 1 : random.below(3);
  for (let count = 0; count < newcomers; count++) {
    const topicIds = areEqual ? new Set(topics.keys()) : subscription(random, topics);
    next.set(memberId(random), { instanceId: null, topicIds, owned: new Map() });
  }
  const grown = new Map(
    [...topics].map(([id, count]) => [id, random.below(8) === 0 ? count + random.below(4) : count]),
  );
  return { topics: grown, members: next };
}

export function subscribesEqually({ members }: Group): boolean {
  return new Set([...members.values()].map(({ topicIds }) => [...topicIds].toSorted().join())).size === 1;
}

function subscription(random: SeededRandom, topics: ReadonlyMap<Uuid, number>): Set<Uuid> {
  return new Set([...topics.keys()].filter(() => random.below(2) === 0));
}

/** Ids that sort as text as they do as numbers, which is how Kafka sorts them. */
function topicId(index: number): Uuid {
  return `AAAAAAAAAAA${LETTERS.at(index) ?? 'Z'}AAAAAAAAAA`;
}

function memberId(random: SeededRandom): string {
  return `member-${random.below(1_000_000)}`;
}
