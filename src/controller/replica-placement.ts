import type { BrokerImage, ClusterImage } from '../metadata/cluster-image.ts';
import type { PartitionRecord } from '../metadata/records.ts';
import type { Random } from '../runtime/random.ts';

export type Placement =
  | { readonly replicas: readonly (readonly number[])[] }
  /** Kafka's words for why there are not enough brokers. */
  | { readonly problem: string };

export const NO_BROKER_OPEN = 'All brokers are currently fenced, or have all their log directories cordoned.';
const EVERY_DIRECTORY = '*';
export const ALL_BROKERS_FENCED = 'All brokers are currently fenced or in controlled shutdown.';

/**
 * Replicas of `count` new partitions from a random start: leaders go round all brokers, the other replicas of a
 * partition to the brokers that follow, racks alternating. Fenced brokers are taken only when the live ones are too few.
 */
export function placeReplicas(
  image: ClusterImage,
  random: Random,
  wanted: { count: number; replicationFactor: number },
): Placement {
  if (image.liveBrokers().length === 0) return { problem: ALL_BROKERS_FENCED };
  const live = image.liveBrokers().filter(({ id }) => !isCordoned(image, id));
  if (live.length === 0) return { problem: NO_BROKER_OPEN };
  if (wanted.replicationFactor > image.brokers.size) {
    const problem = `The target replication factor of ${wanted.replicationFactor} cannot be reached because only ${image.brokers.size} broker(s) are registered or some brokers have all their log directories cordoned.`;
    return { problem };
  }
  const fenced = [...image.brokers.values()]
    .filter((broker) => broker.fenced)
    .toSorted((left, right) => left.id - right.id);
  return { replicas: placeOn(live, fenced, random, wanted) };
}

type Place = Pick<BrokerImage, 'id' | 'rack'>;

/** {@link placeReplicas} on these brokers, `spare` ones when the others are too few; there have to be enough of both. */
export function placeOn(
  brokers: readonly Place[],
  others: readonly Place[],
  random: Pick<Random, 'next'>,
  wanted: { readonly count: number; readonly replicationFactor: number },
): number[][] {
  const ring = alternateRacks(brokers);
  const spare = alternateRacks(others);
  const start = Math.floor(random.next() * ring.length);
  const replicas: number[][] = [];
  for (let index = 0; index < wanted.count; index++) {
    const chosen: Place[] = [];
    const first = start + index;
    chosen.push(ring[first % ring.length]!);
    // Each time round, others follow a leader: so that not all it leads goes to one broker when it fails.
    take(ring, first + 1 + Math.floor(index / ring.length), chosen, wanted.replicationFactor);
    take(spare, first, chosen, wanted.replicationFactor);
    replicas.push(chosen.map(({ id }) => id));
  }
  return replicas;
}

/** Takes brokers from the ring, from a position on, until there are enough or no more: first of all those of other racks. */
function take(ring: readonly Place[], from: number, chosen: Place[], enough: number): void {
  while (chosen.length < enough) {
    let best: Place | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (let step = 0; step < ring.length && fewest > 0; step++) {
      const broker = ring[(from + step) % ring.length]!;
      if (chosen.includes(broker)) continue;
      const inRack = chosen.filter(({ rack }) => rack === broker.rack).length;
      if (inRack < fewest) [best, fewest] = [broker, inRack];
    }
    if (best === undefined) return;
    chosen.push(best);
  }
}

/** Whether `cordoned.log.dirs`, as it was set by a client, leaves a broker no directory for new replicas (KIP-1066). */
export function isCordoned(image: ClusterImage, brokerId: number): boolean {
  const text = image.config({ type: 'broker', name: String(brokerId) }).get('cordoned.log.dirs') ?? '';
  if (text === '') return false;
  const names = text.split(',').map((name) => name.trim());
  const known = image.directories.get(String(brokerId))?.known;
  return names.includes(EVERY_DIRECTORY) || known === undefined || known.every(({ path }) => names.includes(path));
}

/** Brokers so that neighbours are in different racks as far as the racks allow. */
function alternateRacks(brokers: readonly Place[]): Place[] {
  const racks = new Map<string | null, Place[]>();
  for (const broker of brokers) racks.set(broker.rack, [...(racks.get(broker.rack) ?? []), broker]);
  const order: Place[] = [];
  const queues = [...racks.values()];
  for (let position = 0; order.length < brokers.length; position++) {
    for (const queue of queues) if (position < queue.length) order.push(queue[position]!);
  }
  return order;
}

/** What is wrong with replicas that a client chose, in Kafka's words, or undefined. */
export function assignmentProblem(
  image: ClusterImage,
  replicas: readonly number[],
  expected?: number,
): string | undefined {
  if (replicas.length === 0) return 'The manual partition assignment includes an empty replica list.';
  const sorted = [...replicas].toSorted((left, right) => left - right);
  let former: number | undefined;
  for (const id of sorted) {
    if (!image.brokers.has(id)) {
      return `The manual partition assignment includes broker ${id}, but no such broker is registered.`;
    }
    if (id === former) return `The manual partition assignment includes the broker ${id} more than once.`;
    former = id;
  }
  if (expected === undefined || sorted.length === expected) return undefined;
  return `The manual partition assignment includes a partition with ${sorted.length} replica(s), but this is not consistent with previous partitions, which have ${expected} replica(s).`;
}

/** The first record of a partition, or undefined when none of its brokers can lead. */
export function newPartition(image: ClusterImage, replicas: readonly number[]): PartitionRecord | undefined {
  const isr = replicas.filter((id) => {
    const broker = image.brokers.get(id);
    return broker?.fenced === false && !broker.shuttingDown;
  });
  const leader = isr[0];
  if (leader === undefined) return undefined;
  return {
    leader,
    leaderEpoch: 0,
    partitionEpoch: 0,
    replicas,
    isr,
    elr: [],
    lastKnownElr: [],
    adding: [],
    removing: [],
    recovering: false,
  };
}
