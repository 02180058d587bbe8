import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../../src/base/seeded-random.ts';
import { ASSIGNORS, type Division } from '../../../src/client/consumer/assignors.ts';
import type { AssignorName } from '../../../src/client/consumer/consumer-options.ts';
import type { MemberSubscription } from '../../../src/client/consumer/member-step.ts';
import { partitionName } from '../../../src/client/consumer/topic-partition.ts';

function member(
  memberId: string,
  topics: readonly string[],
  owned: MemberSubscription['owned'] = [],
): MemberSubscription {
  return { memberId, groupInstanceId: null, topics, owned, generation: 1 };
}

function named(division: Division): Record<string, string[]> {
  return Object.fromEntries([...division].map(([id, partitions]) => [id, partitions.map(partitionName)]));
}

const counts = new Map([
  ['a', 3],
  ['b', 3],
]);

test('range gives the first members one more of each topic', () => {
  const division = ASSIGNORS.range([member('x', ['a', 'b']), member('y', ['a', 'b'])], counts);
  assert.deepEqual(named(division), { x: ['a-0', 'a-1', 'b-0', 'b-1'], y: ['a-2', 'b-2'] });
});

test('range and round robin serve static members first, by their instance ids', () => {
  const members = [member('x', ['a']), { ...member('y', ['a']), groupInstanceId: 'z' }];
  assert.deepEqual(named(ASSIGNORS.range(members, counts)), { x: ['a-2'], y: ['a-0', 'a-1'] });
  assert.deepEqual(named(ASSIGNORS.roundrobin(members, counts)), { x: ['a-1'], y: ['a-0', 'a-2'] });
});

test('round robin passes over who does not want a topic', () => {
  const members = [member('x', ['a']), member('y', ['a', 'b']), member('z', ['b'])];
  const division = ASSIGNORS.roundrobin(members, counts);
  assert.deepEqual(named(division), { x: ['a-0', 'a-2'], y: ['a-1', 'b-0', 'b-2'], z: ['b-1'] });
});

test('sticky keeps what members had and gives a newcomer its share', () => {
  const had = [0, 1, 2, 3].map((partition) => ({ topic: 'c', partition }));
  const members = [member('x', ['c'], had), member('y', ['c'])];
  const division = ASSIGNORS.sticky(members, new Map([['c', 4]]));
  assert.equal(division.get('x')?.length, 2);
  assert.equal(division.get('y')?.length, 2);
});

test('of two that claim a partition the later generation keeps it', () => {
  const claim = [{ topic: 'c', partition: 0 }];
  const members = [
    { ...member('x', ['c'], claim), generation: 4 },
    { ...member('y', ['c'], claim), generation: 3 },
  ];
  assert.deepEqual(named(ASSIGNORS.sticky(members, new Map([['c', 2]]))), { x: ['c-0'], y: ['c-1'] });
});

test('cooperative leaves out what its owner has yet to give up, and the next round gives it', () => {
  const had = [0, 1, 2, 3].map((partition) => ({ topic: 'c', partition }));
  const count = new Map([['c', 4]]);
  const first = ASSIGNORS['cooperative-sticky']([member('x', ['c'], had), member('y', ['c'])], count);
  assert.equal(first.get('x')?.length, 2);
  assert.deepEqual(first.get('y'), []);
  const next = ASSIGNORS['cooperative-sticky']([member('x', ['c'], first.get('x') ?? []), member('y', ['c'])], count);
  assert.deepEqual(next.get('x'), first.get('x'));
  assert.equal(next.get('y')?.length, 2);
});

test('every partition that somebody wants goes to exactly one who wants it; sticky ones are even and move little', () => {
  const random = new SeededRandom(3);
  const pick = (bound: number): number => Math.floor(random.next() * bound);
  const names: AssignorName[] = ['range', 'roundrobin', 'sticky'];
  for (let round = 0; round < 200; round++) {
    const sizes = new Map(['a', 'b', 'c'].map((topic) => [topic, pick(7)]));
    const members = Array.from({ length: 1 + pick(5) }, (_, index) =>
      member(
        `m${index}`,
        ['a', 'b', 'c'].filter(() => random.next() < 0.7),
      ),
    );
    for (const name of names) {
      const division = ASSIGNORS[name](members, sizes);
      const given = [...division].flatMap(([id, partitions]) => partitions.map((item) => ({ id, item })));
      for (const { id, item } of given)
        assert.ok(members.find(({ memberId }) => memberId === id)?.topics.includes(item.topic));
      const wanted = [...sizes].flatMap(([topic, size]) =>
        members.some(({ topics }) => topics.includes(topic))
          ? Array.from({ length: size }, (_, at) => `${topic}-${at}`)
          : [],
      );
      assert.deepEqual(new Set(given.map(({ item }) => partitionName(item))), new Set(wanted));
      assert.equal(given.length, wanted.length);
      if (name !== 'sticky') continue;
      const again = ASSIGNORS.sticky(
        members.map((each) => ({ ...each, owned: division.get(each.memberId) ?? [] })),
        sizes,
      );
      for (const [id, partitions] of again) {
        assert.deepEqual(new Set(partitions.map(partitionName)), new Set(division.get(id)?.map(partitionName)));
      }
    }
  }
});
