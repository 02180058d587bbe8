import type { Findings } from './findings.ts';
import type { OffsetsAskedEvent, OwnershipEvent, PartitionOffset } from './history-event.ts';

interface Owner {
  readonly client: string;
  readonly epoch: number;
  readonly atMs: number;
  readonly at: number;
}

/** So many owners of a partition are remembered; a double one comes close to the first. */
const OWNERS_MAX = 64;

/**
 * Holds that a partition has one owner in one epoch: in a generation of a classic group, and by KIP-848 in a member epoch, since
 * the members of one epoch hold parts of one target assignment. Members that were stopped may own by their own belief what has
 * long another owner of a later epoch; but then their commits have to be refused.
 */
export class OwnershipLedger {
  readonly #owners = new Map<string, Owner[]>();
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** A member learns of a partition, or that it is no more its own. An unknown epoch (negative) says nothing. */
  change(event: OwnershipEvent, at: number): void {
    if (event.type !== 'gained' || event.epoch < 0) return;
    const { group, topic, partition, client, epoch, atMs } = event;
    const key = `${group}\n${topic}\n${partition}`;
    let owners = this.#owners.get(key);
    if (owners === undefined) this.#owners.set(key, (owners = []));
    for (const owner of owners) {
      if (owner.epoch !== epoch || owner.client === client) continue;
      const what = `${group} ${topic}-${partition} belongs to ${owner.client} and ${client} in epoch ${epoch}`;
      this.#findings.add('two-owners', what, owner.at, at);
    }
    owners.push({ client, epoch, atMs, at });
    if (owners.length > OWNERS_MAX) owners.shift();
  }

  /** A commit went through: nobody of a later epoch may have owned the partition when it was asked. */
  committed(asked: OffsetsAskedEvent, place: PartitionOffset, askedAt: number, doneAt: number): void {
    if (asked.epoch === undefined || asked.epoch < 0) return;
    for (const owner of this.#owners.get(`${asked.group}\n${place.topic}\n${place.partition}`) ?? []) {
      if (owner.client === asked.client || owner.epoch <= asked.epoch || owner.atMs >= asked.atMs) continue;
      const what = `${asked.client} committed ${place.topic}-${place.partition} in epoch ${asked.epoch}, owned by ${owner.client} in ${owner.epoch}`;
      this.#findings.add('stale-commit', what, owner.at, askedAt, doneAt);
      return;
    }
  }
}
