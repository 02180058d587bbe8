import type { Findings } from './findings.ts';
import type {
  CommittedAskedEvent,
  CommittedReadEvent,
  OffsetsAnsweredEvent,
  OffsetsAskedEvent,
  OffsetsResetEvent,
  PartitionOffset,
} from './history-event.ts';
import type { OwnershipLedger } from './ownership-ledger.ts';

/** The highest offset known to be committed, and the event that made it known. */
interface Floor {
  offset: number;
  at: number;
}

interface OpenCommit {
  readonly asked: OffsetsAskedEvent;
  readonly askedAt: number;
  /** What was already committed when it was asked. */
  readonly floors: readonly (Floor | undefined)[];
}

const NOTHING: Floor = { offset: -1, at: -1 };

/**
 * Follows the committed offsets of groups. A commit may only be judged against what was done before it was asked, a look at the
 * offsets against what was done before that: answers of different clients overtake one another.
 *
 * Holds a floor for each partition of a group, and the commits without an answer (at most one a client: a next one replaces it).
 */
export class OffsetLedger {
  readonly #floors = new Map<string, Floor>();
  readonly #open = new Map<string, OpenCommit>();
  readonly #looks = new Map<string, Map<string, Floor>>();
  readonly #last = new Map<string, Floor>();
  readonly #findings: Findings;
  readonly #owners: OwnershipLedger;

  constructor(findings: Findings, owners: OwnershipLedger) {
    this.#findings = findings;
    this.#owners = owners;
  }

  /** The last answer to a look at a committed offset. */
  lastRead(group: string, { topic, partition }: Omit<PartitionOffset, 'offset'>): Readonly<Floor> | undefined {
    return this.#last.get(keyOf(group, topic, partition));
  }

  ask(asked: OffsetsAskedEvent, askedAt: number): void {
    const floors = asked.offsets.map(({ topic, partition }) => this.#floors.get(keyOf(asked.group, topic, partition)));
    this.#open.set(asked.client, { asked, askedAt, floors });
  }

  answer(event: OffsetsAnsweredEvent, at: number): void {
    const open = this.#open.get(event.client);
    if (open === undefined || open.asked.commit !== event.commit) return;
    this.#open.delete(event.client);
    if (event.type !== 'offsetsDone') return;
    const { asked, askedAt, floors } = open;
    for (const [index, each] of asked.offsets.entries()) {
      const floor = floors[index] ?? NOTHING;
      const place = `${asked.group} ${each.topic}-${each.partition}`;
      if (each.offset < floor.offset)
        this.#findings.add(
          'offset-regression',
          `${place} went back from ${floor.offset} to ${each.offset}`,
          floor.at,
          askedAt,
          at,
        );
      this.#owners.committed(asked, each, askedAt, at);
      this.#raise(keyOf(asked.group, each.topic, each.partition), each.offset, at);
    }
  }

  reset(event: OffsetsResetEvent): void {
    const key = keyOf(event.group, event.topic, event.partition);
    this.#floors.delete(key);
    for (const looked of this.#looks.values()) looked.delete(key);
  }

  look(event: CommittedAskedEvent): void {
    const prefix = `${event.group}\n`;
    const floors = new Map<string, Floor>();
    for (const [key, floor] of this.#floors) if (key.startsWith(prefix)) floors.set(key, floor);
    this.#looks.set(event.client, floors);
  }

  see(event: CommittedReadEvent, at: number): void {
    const key = keyOf(event.group, event.topic, event.partition);
    const floor = this.#looks.get(event.client)?.get(key) ?? NOTHING;
    this.#last.set(key, { offset: event.offset, at });
    if (event.offset >= floor.offset) {
      if (event.offset >= 0) this.#raise(key, event.offset, at);
      return;
    }
    const place = `${event.group} ${event.topic}-${event.partition}`;
    this.#findings.add('offset-regression', `${place} had ${floor.offset} and is ${event.offset}`, floor.at, at);
  }

  #raise(key: string, offset: number, at: number): void {
    if ((this.#floors.get(key) ?? NOTHING).offset < offset) this.#floors.set(key, { offset, at });
  }
}

function keyOf(group: string, topic: string, partition: number): string {
  return `${group}\n${topic}\n${partition}`;
}
