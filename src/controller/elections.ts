import type { ClusterImage, PartitionImage } from '../metadata/cluster-image.ts';
import { partitionRecord, type PartitionRecord } from '../metadata/records.ts';
import type { StoreOp } from '../metadata/metadata-store.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { E } from '../protocol/errors.ts';
import { OK, putRecord, refused, single, type Decided, type ItemResult } from './decision.ts';

/** electionType on the wire. */
export const ElectionType = { preferred: 0, unclean: 1 } as const;
export type ElectionType = (typeof ElectionType)[keyof typeof ElectionType];

export interface Election extends ItemResult {
  readonly topic: string;
  readonly partition: number;
}

/**
 * Decides an ElectLeaders request (KIP-460), each partition by itself. Without `wanted` every partition is looked at, and
 * those that need no election are left out of the answer.
 */
export function decideElections(
  image: ClusterImage,
  type: ElectionType,
  wanted: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null,
): Decided<Election>[] {
  const decided: Decided<Election>[] = [];
  const asked = wanted ?? [...image.topics.values()].map(everyPartition);
  for (const { topic, partitions } of asked) {
    for (const partition of partitions) {
      const { result, ...rest } = decidePartition(image, type, { topic, partition });
      if (wanted === null && result.error === E.ELECTION_NOT_NEEDED) continue;
      decided.push({ ...rest, result: { topic, partition, ...result } });
    }
  }
  return decided;
}

function everyPartition({ name, partitions }: { name: string; partitions: readonly PartitionImage[] }): {
  topic: string;
  partitions: number[];
} {
  return { topic: name, partitions: partitions.map((_, index) => index) };
}

function decidePartition(
  image: ClusterImage,
  type: ElectionType,
  { topic: name, partition: index }: { topic: string; partition: number },
): Decided<ItemResult> {
  const topic = image.topics.get(name);
  if (topic === undefined) return { result: refused(E.UNKNOWN_TOPIC_OR_PARTITION, `No such topic as ${name}`) };
  const partition = topic.partitions[index];
  if (partition === undefined) {
    return { result: refused(E.UNKNOWN_TOPIC_OR_PARTITION, `No such partition as ${name}-${index}`) };
  }
  const isNeeded = type === ElectionType.preferred ? partition.leader !== partition.replicas[0] : partition.leader < 0;
  if (!isNeeded) return { result: refused(E.ELECTION_NOT_NEEDED) };
  const leader = type === ElectionType.preferred ? preferredLeader(image, partition) : anyLeader(image, partition);
  if (leader === undefined) {
    const error = type === ElectionType.preferred ? E.PREFERRED_LEADER_NOT_AVAILABLE : E.ELIGIBLE_LEADERS_NOT_AVAILABLE;
    return { result: refused(error) };
  }
  return { result: OK, mutation: single(putRecord(storeKeys.partition(topic.id, index), elected(partition, leader))) };
}

function isLive(image: ClusterImage, id: number): boolean {
  return image.brokers.get(id)?.fenced === false;
}

function preferredLeader(image: ClusterImage, { replicas, isr }: PartitionImage): number | undefined {
  const preferred = replicas[0]!;
  return isr.includes(preferred) && isLive(image, preferred) ? preferred : undefined;
}

function anyLeader(image: ClusterImage, { replicas, isr }: PartitionImage): number | undefined {
  const live = replicas.filter((id) => isLive(image, id));
  return live.find((id) => isr.includes(id)) ?? live[0];
}

/**
 * Begins a new leader epoch on each partition that `brokerId` leads: to be asked for by a broker that starts after a
 * crash, for the end of its logs may be lost, and what it writes in its place must not pass for the same (KIP-320).
 */
export function decideNewLeaderEpochs(image: ClusterImage, brokerId: number): StoreOp[] {
  const ops: StoreOp[] = [];
  for (const { id, partitions } of image.topics.values()) {
    for (const [index, partition] of partitions.entries()) {
      if (partition.leader !== brokerId) continue;
      ops.push(putRecord(storeKeys.partition(id, index), elected(partition, brokerId)));
    }
  }
  return ops;
}

/** The record under a new leader: leader and partition epoch each go up by one; a leader from outside the in-sync set starts it anew. */
export function elected(partition: PartitionRecord, leader: number): PartitionRecord {
  const isClean = partition.isr.includes(leader);
  const record = {
    ...partitionRecord(partition),
    leader,
    leaderEpoch: partition.leaderEpoch + 1,
    partitionEpoch: partition.partitionEpoch + 1,
  };
  return isClean ? record : { ...record, isr: [leader], elr: [], recovering: true };
}
