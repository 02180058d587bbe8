import type { AssignedMember } from './partition-assignor.ts';
import { loadsOf, NOBODY, type PartitionSpace } from './partition-space.ts';

/**
 * Divides partitions among members that all subscribe to the same topics: counts differ by one at most, and no partition
 * moves that need not. Changes `owners` in place. Linear in members and partitions.
 */
export function spreadEvenly(space: PartitionSpace, members: readonly AssignedMember[], owners: Int32Array): void {
  const quotas = quotasOf(loadsOf(members.length, owners), space.size);
  for (let number = 0; number < owners.length; number++) {
    const owner = owners[number] ?? NOBODY;
    if (owner === NOBODY) continue;
    const quota = quotas[owner] ?? 0;
    if (quota > 0) quotas[owner] = quota - 1;
    else owners[number] = NOBODY;
  }
  if (members.some(({ rackId }) => rackId !== null)) giveNearby(space, members, owners, quotas);
  giveRest(owners, quotas);
}

/**
 * How many partitions each member may have. The larger shares go to those who can keep that many; what is left of them
 * goes to the last of the others, as with Kafka.
 */
function quotasOf(loads: Int32Array, partitionCount: number): Int32Array {
  const share = Math.floor(partitionCount / loads.length);
  let larger = partitionCount - share * loads.length;
  const quotas = new Int32Array(loads.length).fill(share);
  for (let member = 0; member < loads.length && larger > 0; member++) {
    if ((loads[member] ?? 0) <= share) continue;
    quotas[member] = share + 1;
    larger--;
  }
  for (let member = loads.length - 1; larger > 0; member--) {
    if (quotas[member] !== share) continue;
    quotas[member] = share + 1;
    larger--;
  }
  return quotas;
}

/** Gives free partitions to members with room in a rack that has a replica. */
function giveNearby(
  space: PartitionSpace,
  members: readonly AssignedMember[],
  owners: Int32Array,
  quotas: Int32Array,
): void {
  const waiting = membersWithRoomByRack(members, quotas);
  for (const place of space.topicIds.keys()) {
    const { start, end } = space.rangeOf(place);
    for (let number = start; number < end && waiting.size > 0; number++) {
      if (owners[number] !== NOBODY) continue;
      const rack = [...space.racksOf(place, number)].toSorted().find((name) => waiting.has(name));
      const inRack = rack === undefined ? undefined : waiting.get(rack);
      const member = inRack?.at(-1);
      if (rack === undefined || inRack === undefined || member === undefined) continue;
      owners[number] = member;
      quotas[member] = (quotas[member] ?? 0) - 1;
      if (quotas[member] === 0) inRack.pop();
      if (inRack.length === 0) waiting.delete(rack);
    }
  }
}

/** Only racks with somebody in them, and those in falling order. */
function membersWithRoomByRack(members: readonly AssignedMember[], quotas: Int32Array): Map<string, number[]> {
  const waiting = new Map<string, number[]>();
  for (let member = members.length - 1; member >= 0; member--) {
    const rackId = members[member]?.rackId ?? null;
    if (rackId === null || quotas[member] === 0) continue;
    const inRack = waiting.get(rackId);
    if (inRack === undefined) waiting.set(rackId, [member]);
    else inRack.push(member);
  }
  return waiting;
}

/** The quotas add up to all partitions, so this ends with none free. */
function giveRest(owners: Int32Array, quotas: Int32Array): void {
  let member = 0;
  for (let number = 0; number < owners.length; number++) {
    if (owners[number] !== NOBODY) continue;
    while (quotas[member] === 0) member++;
    owners[number] = member;
    quotas[member] = (quotas[member] ?? 0) - 1;
  }
}
