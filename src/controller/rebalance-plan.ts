import type { BrokerImage, ClusterImage } from '../metadata/cluster-image.ts';

/** A partition that is to have other replicas, or the same in another order. */
export interface PlannedMove {
  readonly topic: string;
  readonly partition: number;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly from: readonly number[];
  readonly to: number[];
}

/**
 * Spreads replicas and preferred leaderships evenly over the live brokers, with as few moves as it finds (pure): a new
 * broker gets its share, those in `retired` lose all they have. A move never puts two replicas of a partition into one
 * rack where they were in two. The result is what AlterPartitionReassignments takes; empty when all is as it should be.
 */
export function planRebalance(image: ClusterImage, retired: ReadonlySet<number> = new Set()): PlannedMove[] {
  const brokers = image.liveBrokers().filter(({ id, shuttingDown }) => !retired.has(id) && !shuttingDown);
  if (brokers.length === 0) return [];
  const plan = new Plan(image, brokers);
  plan.relieve(retired);
  plan.spreadReplicas();
  plan.spreadLeaders();
  return plan.moves();
}

class Plan {
  readonly #places: Place[] = [];
  readonly #brokers: readonly BrokerImage[];
  readonly #racks: ReadonlyMap<number, string | null>;
  /** Partitions by broker that has, or will have, a replica. */
  readonly #held = new Map<number, Set<Place>>();

  constructor(image: ClusterImage, brokers: readonly BrokerImage[]) {
    this.#brokers = brokers;
    this.#racks = new Map(Array.from(image.brokers.values(), ({ id, rack }) => [id, rack]));
    for (const { id } of brokers) this.#held.set(id, new Set());
    for (const { name, partitions } of image.topics.values()) {
      for (const [partition, { replicas, removing }] of partitions.entries()) {
        const from = replicas.filter((id) => !removing.includes(id));
        const place = { topic: name, partition, from, to: [...from] };
        this.#places.push(place);
        for (const id of from) this.#held.get(id)?.add(place);
      }
    }
  }

  /** Gives every replica of the retired brokers to another one. One that nobody can take stays. */
  relieve(retired: ReadonlySet<number>): void {
    for (const place of this.#places) {
      for (const id of place.to.filter((each) => retired.has(each))) {
        const heir = this.#byLoad().find((other) => this.#mayMove(place, id, other));
        if (heir !== undefined) this.#move(place, id, heir);
      }
    }
  }

  /** Moves replicas from who has most to who has least until they differ by no more than one. */
  spreadReplicas(): void {
    for (;;) {
      const order = this.#byLoad();
      if (!order.some((least) => this.#takeOne(order, least))) return;
    }
  }

  #takeOne(order: readonly number[], least: number): boolean {
    for (const most of order.toReversed()) {
      if (this.#load(most) - this.#load(least) <= 1) return false;
      for (const place of this.#held.get(most)!) {
        if (!this.#mayMove(place, most, least)) continue;
        this.#move(place, most, least);
        return true;
      }
    }
    return false;
  }

  /** Puts another replica first where its broker is first in fewer partitions. */
  spreadLeaders(): void {
    const led = new Map(this.#brokers.map(({ id }) => [id, 0]));
    for (const { to } of this.#places) led.set(to[0]!, (led.get(to[0]!) ?? 0) + 1);
    for (let isBetter = true; isBetter;) {
      isBetter = false;
      for (const { to } of this.#places) {
        const first = to[0]!;
        let best = first;
        for (const id of to) if (this.#held.has(id) && led.get(id)! < led.get(best)!) best = id;
        if (led.get(first)! - led.get(best)! <= 1) continue;
        to.splice(to.indexOf(best), 1);
        to.unshift(best);
        led.set(first, led.get(first)! - 1);
        led.set(best, led.get(best)! + 1);
        isBetter = true;
      }
    }
  }

  moves(): PlannedMove[] {
    return this.#places.filter(({ from, to }) => from.some((id, index) => id !== to[index]));
  }

  #load(id: number): number {
    return this.#held.get(id)!.size;
  }

  /** Brokers that take part, least loaded first. */
  #byLoad(): number[] {
    return this.#brokers.map(({ id }) => id).toSorted((left, right) => this.#load(left) - this.#load(right));
  }

  /** Whether `other` can take the replica of `id`, and the partition is in as many racks as before. */
  #mayMove({ to }: Place, id: number, other: number): boolean {
    if (to.includes(other)) return false;
    return this.#rackCount(to.map((each) => (each === id ? other : each))) >= this.#rackCount(to);
  }

  #rackCount(ids: readonly number[]): number {
    return new Set(ids.map((id) => this.#racks.get(id) ?? null)).size;
  }

  #move(place: Place, id: number, other: number): void {
    place.to[place.to.indexOf(id)] = other;
    this.#held.get(id)?.delete(place);
    this.#held.get(other)!.add(place);
  }
}
