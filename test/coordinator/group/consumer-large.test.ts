import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConsumerClient } from './consumer-client.ts';
import { GroupWorld } from './group-world.ts';

const MEMBERS = 100;
const PARTITIONS = 1_000;

/** A settled group of many members. */
async function large(): Promise<{ world: GroupWorld; members: ConsumerClient[] }> {
  const world = new GroupWorld();
  world.topics.set('orders', { ...world.topics.get('orders')!, partitions: PARTITIONS });
  const members: ConsumerClient[] = [];
  for (let index = 0; index < MEMBERS; index++) {
    const member = new ConsumerClient(world, 'g', `member-${String(index).padStart(3, '0')}`);
    await member.join();
    members.push(member);
  }
  await rounds(members, 4);
  return { world, members };
}

async function rounds(members: readonly ConsumerClient[], count: number): Promise<void> {
  for (let round = 0; round < count; round++) for (const member of members) await member.confirm();
}

function owners(members: readonly ConsumerClient[]): Map<number, string> {
  const found = new Map<number, string>();
  for (const { memberId, held } of members) {
    for (const partitions of held.values()) {
      for (const partition of partitions) {
        assert.equal(found.get(partition), undefined, `partition ${partition} has two owners`);
        found.set(partition, memberId);
      }
    }
  }
  return found;
}

test('one more member moves only the partitions that it gets, and nobody is told to give back what it keeps', async () => {
  const { world, members } = await large();
  const before = owners(members);
  assert.equal(before.size, PARTITIONS);
  assert.ok(members.every(({ count }) => count === PARTITIONS / MEMBERS));

  const extra = new ConsumerClient(world, 'g', 'zzz');
  await extra.join();
  const disturbed = new Set<string>();
  for (let round = 0; round < 4; round++) {
    for (const member of members) {
      const held = new Set([...member.held.values()].flat());
      const heard = await member.confirm();
      if (heard.assigned === undefined) continue;
      disturbed.add(member.memberId);
      const kept = [...member.held.values()].flat();
      assert.ok(kept.length >= held.size - 1, 'at most one partition leaves a member');
      assert.ok(
        kept.every((partition) => held.has(partition)),
        'nothing is exchanged',
      );
    }
    await extra.confirm();
  }
  const after = owners([...members, extra]);
  assert.equal(after.size, PARTITIONS);
  const moved = [...after].filter(([partition, owner]) => before.get(partition) !== owner);
  assert.equal(moved.length, extra.count);
  assert.equal(extra.count, Math.floor(PARTITIONS / (MEMBERS + 1)));
  assert.equal(disturbed.size, moved.length, 'the others hear nothing of it');
});

test('a member that leaves disturbs only those who get what it had', async () => {
  const { members } = await large();
  const before = owners(members);
  const [gone, ...rest] = members as [ConsumerClient, ...ConsumerClient[]];
  const left = gone.count;
  await gone.leave();
  await rounds(rest, 4);
  const after = owners(rest);
  assert.equal(after.size, PARTITIONS);
  const moved = [...after].filter(([partition, owner]) => before.get(partition) !== owner);
  assert.equal(moved.length, left);
});
