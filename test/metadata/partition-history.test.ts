import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  neededInSync,
  NO_LEADER,
  withElection,
  withInSync,
  withoutBrokers,
  type TransitionRules,
} from '../../src/metadata/partition-transition.ts';
import type { PartitionRecord } from '../../src/metadata/records.ts';

type Kind = 'append' | 'fetch' | 'propose' | 'fence' | 'lose' | 'return';
interface Event {
  readonly kind: Kind;
  readonly broker: number;
  /** Which members a leader proposes, as bits. */
  readonly members: number;
}

const REPLICAS = [1, 2, 3];
const event: fc.Arbitrary<Event> = fc.record({
  kind: fc.constantFrom<Kind>(
    'append',
    'append',
    'fetch',
    'fetch',
    'fetch',
    'propose',
    'propose',
    'fence',
    'lose',
    'return',
    'return',
  ),
  broker: fc.constantFrom(...REPLICAS),
  members: fc.integer({ min: 0, max: 7 }),
});

/** One partition: the record, three logs, and what has been committed. A crash may cost a broker the end of its log. */
class History {
  readonly #minIsr: number;
  readonly #logs = new Map(REPLICAS.map((id) => [id, [] as number[]]));
  readonly #live = new Set(REPLICAS);
  readonly #unclean = new Set<number>();
  #next = 0;
  #highWatermark = 0;
  #committed: number[] = [];
  /** Epoch of the leader that each follower has cut its log for. */
  readonly #followed = new Map<number, number>();
  record: PartitionRecord = {
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    replicas: REPLICAS,
    isr: REPLICAS,
    elr: [],
    lastKnownElr: [],
    adding: [],
    removing: [],
    recovering: false,
  };

  constructor(minIsr: number) {
    this.#minIsr = minIsr;
  }

  apply({ kind, broker, members }: Event): void {
    switch (kind) {
      case 'append':
        if (this.#leads()) this.#log(this.record.leader).push(this.#next++);
        break;
      case 'fetch':
        this.#fetch(broker);
        break;
      case 'propose':
        this.#propose(members);
        break;
      case 'fence':
        this.#live.delete(broker);
        this.#change(withoutBrokers(this.record, { fenced: new Set([broker]), unclean: new Set() }, this.#rules()));
        break;
      case 'lose':
        this.#crash(broker);
        break;
      case 'return':
        this.#live.add(broker);
        this.#change(withElection(this.record, 'any', this.#rules()));
        break;
      default:
        kind satisfies never;
    }
    this.#commit();
    this.#check();
  }

  #rules(): TransitionRules {
    return { minIsr: this.#minIsr, isElrEnabled: true, isUncleanAllowed: false, mayLead: (id) => this.#live.has(id) };
  }

  #log(id: number): number[] {
    return this.#logs.get(id)!;
  }

  #leads(): boolean {
    return this.record.leader !== NO_LEADER && this.#live.has(this.record.leader);
  }

  /** A follower has what its leader has, cut where they part. */
  #fetch(broker: number): void {
    if (!this.#leads() || broker === this.record.leader || !this.#live.has(broker)) return;
    this.#logs.set(broker, [...this.#log(this.record.leader)]);
    this.#followed.set(broker, this.record.leaderEpoch);
  }

  /** A leader takes in who has fetched everything from it, and drops whom it likes. */
  #propose(members: number): void {
    if (!this.#leads()) return;
    const { leader, leaderEpoch, isr } = this.record;
    const end = this.#log(leader).length;
    const isCaughtUp = (id: number): boolean =>
      this.#followed.get(id) === leaderEpoch && this.#live.has(id) && this.#log(id).length === end;
    const wanted = REPLICAS.filter((id) => {
      if (id === leader) return true;
      return (members & (1 << (id - 1))) !== 0 && (isr.includes(id) || isCaughtUp(id));
    });
    this.#change(withInSync(this.record, wanted, { minIsr: this.#minIsr, isElrEnabled: true }));
  }

  /** Loses the last record of its log. It comes back later. */
  #crash(broker: number): void {
    this.#log(broker).pop();
    this.#followed.delete(broker);
    this.#live.delete(broker);
    this.#unclean.add(broker);
    this.#change(withoutBrokers(this.record, { fenced: new Set(), unclean: new Set([broker]) }, this.#rules()));
  }

  #change(record: PartitionRecord | undefined): void {
    if (record === undefined) return;
    const before = this.record;
    this.record = record;
    assert.equal(record.partitionEpoch, before.partitionEpoch + 1);
    const isNewLeader = record.leader !== before.leader;
    assert.equal(record.leaderEpoch, before.leaderEpoch + (isNewLeader ? 1 : 0));
    if (isNewLeader && record.leader !== NO_LEADER && record.recovering && !before.recovering) this.#forget();
    if (isNewLeader) this.#followed.clear();
  }

  /** An election of the last known leader admits that records may be lost: what it has is what counts from now on. */
  #forget(): void {
    this.#committed = [...this.#log(this.record.leader)];
    this.#highWatermark = this.#committed.length;
  }

  /** What all in sync have is committed, if they are enough. */
  #commit(): void {
    const { isr, leader } = this.record;
    if (!this.#leads() || isr.length < neededInSync(this.#minIsr, REPLICAS)) return;
    const known = isr.filter((id) => id === leader || this.#followed.get(id) === this.record.leaderEpoch);
    if (known.length < isr.length) return;
    const end = Math.min(...isr.map((id) => this.#log(id).length));
    if (end <= this.#highWatermark) return;
    this.#highWatermark = end;
    this.#committed = this.#log(leader).slice(0, end);
  }

  #check(): void {
    const { isr, elr, replicas, leader, lastKnownElr } = this.record;
    for (const list of [isr, elr, lastKnownElr]) for (const id of list) assert.ok(replicas.includes(id));
    for (const id of isr) assert.ok(!elr.includes(id));
    if (isr.length >= neededInSync(this.#minIsr, replicas)) assert.deepEqual(elr, []);
    if (leader !== NO_LEADER) assert.ok(isr.includes(leader));
    // Everybody who may be elected without a word has everything that was committed.
    for (const id of [...isr, ...elr]) {
      assert.deepEqual(
        this.#log(id).slice(0, this.#highWatermark),
        this.#committed,
        `broker ${id} lacks what is committed`,
      );
    }
  }
}

test('whoever is in sync or eligible has everything that was committed, whatever happens', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.array(event, { maxLength: 60 }), (minIsr, events) => {
      const history = new History(minIsr);
      for (const each of events) history.apply(each);
    }),
    { numRuns: 2000, seed: 966 },
  );
});
