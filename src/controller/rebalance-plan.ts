/** A partition that is to have other replicas, or the same in another order. */
export interface PlannedMove {
  readonly topic: string;
  readonly partition: number;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** A broker as a plan sees it: `emptied` ones lose all that they have, and `kept` ones, which are down, stay as they are. */
export interface PlannedBroker {
  readonly id: number;
  readonly rack: string | null;
  readonly use: 'balanced' | 'kept' | 'emptied';
}

/** What is where, and where what is under way is going. */
export interface ClusterLayout {
  readonly brokers: readonly PlannedBroker[];
  readonly partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly replicas: readonly number[];
  }[];
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly from: readonly number[];
  readonly to: number[];
}

/**
 * Spreads replicas and preferred leaderships evenly over the brokers, with as few moves as it finds (pure): a new broker
 * gets its share, those that are to be emptied lose all they have. A move never puts two replicas of a partition into one
 * rack where they were in two. The result is what AlterPartitionReassignments takes; empty when all is as it should be.
 */
export function planRebalance(layout: ClusterLayout): PlannedMove[] {
  const brokers = layout.brokers.filter(({ use }) => use === 'balanced');
  if (brokers.length === 0) return [];
  const plan = new Plan(layout, brokers);
  plan.relieve(new Set(layout.brokers.filter(({ use }) => use === 'emptied').map(({ id }) => id)));
  plan.spreadReplicas();
  plan.spreadLeaders();
  return plan.moves();
}

class Plan {
  readonly #places: Place[] = [];
  readonly #brokers: readonly PlannedBroker[];
  readonly #racks: ReadonlyMap<number, string | null>;
  /** Partitions by broker that has, or will have, a replica. */
  readonly #held = new Map<number, Set<Place>>();

  constructor(layout: ClusterLayout, brokers: readonly PlannedBroker[]) {
    this.#brokers = brokers;
    this.#racks = new Map(layout.brokers.map(({ id, rack }) => [id, rack]));
    for (const { id } of brokers) this.#held.set(id, new Set());
    for (const { topic, partition, replicas } of layout.partitions) {
      const place = { topic, partition, from: replicas, to: [...replicas] };
      this.#places.push(place);
      for (const id of replicas) this.#held.get(id)?.add(place);
    }
  }

  /** Gives every replica of the emptied brokers to another one. One that nobody can take stays. */
  relieve(emptied: ReadonlySet<number>): void {
    for (const place of this.#places) {
      for (const id of place.to.filter((each) => emptied.has(each))) {
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
