import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { CheckOptions } from '../../src/testing/check-options.ts';
import type { HistoryEvent } from '../../src/testing/history-event.ts';

export interface RandomHistory {
  readonly events: HistoryEvent[];
  readonly options: CheckOptions;
}

interface Entry {
  readonly value: string;
  readonly transaction: string | undefined;
}

const PARTITIONS = 3;

/**
 * A model of a cluster without faults and of clients that work on it: producers with and without transactions, a pipeline from
 * topic A to topic B, a group whose members come and go, and a reader of everything. Its clients see unknown outcomes both ways.
 */
class Model {
  readonly events: HistoryEvent[] = [];
  readonly #random: SeededRandom;
  readonly #logs = new Map<string, Entry[]>();
  readonly #ends = new Map<string, 'committed' | 'aborted'>();
  readonly #committed = new Map<string, number>();
  #nowMs = 1000;
  #values = 0;
  #commits = 0;
  #transactions = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  #add(event: HistoryEvent extends infer E ? (E extends HistoryEvent ? Omit<E, 'atMs'> : never) : never): void {
    this.#nowMs += this.#random.below(3);
    this.events.push({ ...event, atMs: this.#nowMs });
  }

  #log(topic: string, partition: number): Entry[] {
    const name = `${topic}-${partition}`;
    let log = this.#logs.get(name);
    if (log === undefined) this.#logs.set(name, (log = []));
    return log;
  }

  send(client: string, topic: string, more: { transaction?: string; source?: string; isKilled?: boolean } = {}): void {
    const number = this.#values++;
    const value = `v${number}`;
    const partition = this.#random.below(PARTITIONS);
    const { isKilled = false, ...rest } = more;
    this.#add({ type: 'send', client, topic, key: `k${partition}`, value, ...rest });
    const luck = isKilled ? 1 : rest.transaction === undefined ? this.#random.below(12) : 9;
    if (luck === 0) return this.#add({ type: 'failed', client, value });
    const log = this.#log(topic, partition);
    if (luck !== 1 || this.#random.below(2) === 0) log.push({ value, transaction: rest.transaction });
    if (luck === 1) return this.#add({ type: 'unknown', client, value });
    return this.#add({ type: 'acknowledged', client, value, partition, offset: log.length - 1 });
  }

  /** One read-process-write transaction of a worker: committed, aborted, or of unknown end. */
  work(client: string, group: string): void {
    const transaction = `t${this.#transactions++}`;
    const partition = this.#random.below(PARTITIONS);
    const key = `${group} A ${partition}`;
    const from = this.#committed.get(key) ?? 0;
    const inputs = this.#log('A', partition).slice(from, from + 1 + this.#random.below(4));
    this.#add({ type: 'gained', client, group, topic: 'A', partition, epoch: -1 });
    for (const [index, { value }] of inputs.entries())
      this.#poll(client, group, { topic: 'A', partition, offset: from + index, value });
    if (inputs.length === 0) return;
    this.#add({ type: 'begin', client, transaction });
    const isKilled = this.#random.below(10) === 0;
    for (const { value } of inputs) this.send(client, 'B', { transaction, source: value, isKilled });
    const commit = `c${this.#commits++}`;
    const next = { topic: 'A', partition, offset: from + inputs.length };
    this.#add({ type: 'offsetsAsked', client, group, commit, transaction, offsets: [next] });
    if (isKilled) {
      this.#ends.set(transaction, 'aborted');
      return this.#add({ type: 'killed', client });
    }
    const isCommitted = this.#random.below(4) !== 0;
    if (isCommitted) this.#add({ type: 'commitAsked', client, transaction });
    this.#ends.set(transaction, isCommitted ? 'committed' : 'aborted');
    if (isCommitted) this.#committed.set(key, next.offset);
    if (this.#random.below(5) === 0) this.#add({ type: 'undecided', client, transaction });
    else this.#add({ type: isCommitted ? 'committed' : 'aborted', client, transaction });
  }

  #poll(
    client: string,
    group: string | null,
    place: { topic: string; partition: number; offset: number; value: string },
  ): void {
    this.#add({ type: 'poll', client, group, isolation: 'read_committed', ...place });
  }

  /** One member owns a partition for an epoch, reads on, and commits some of what it read. */
  consume(client: string, group: string, partition: number, epoch: number): void {
    const key = `${group} A ${partition}`;
    const from = this.#committed.get(key) ?? 0;
    this.#add({ type: 'gained', client, group, topic: 'A', partition, epoch });
    const read = this.#log('A', partition).slice(from);
    for (const [index, { value }] of read.entries())
      this.#poll(client, group, { topic: 'A', partition, offset: from + index, value });
    const commit = `c${this.#commits++}`;
    const offset = from + this.#random.below(read.length + 1);
    const luck = this.#random.below(4);
    this.#add({ type: 'offsetsAsked', client, group, commit, epoch, offsets: [{ topic: 'A', partition, offset }] });
    if (luck > 0 || this.#random.below(2) === 0) this.#committed.set(key, offset);
    this.#add({ type: luck > 0 ? 'offsetsDone' : 'offsetsUnknown', client, commit });
    this.#add({ type: luck > 1 ? 'revoked' : 'lost', client, group, topic: 'A', partition, epoch });
  }

  look(group: string): void {
    this.#add({ type: 'committedAsked', client: 'admin', group });
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const offset = this.#committed.get(`${group} A ${partition}`) ?? -1;
      this.#add({ type: 'committedRead', client: 'admin', group, topic: 'A', partition, offset });
    }
  }

  stable(partition: number): void {
    const highWatermark = this.#log('B', partition).length;
    this.#add({
      type: 'stableOffset',
      client: 'admin',
      topic: 'B',
      partition,
      highWatermark,
      lastStableOffset: highWatermark,
    });
  }

  readAll(client: string, topic: string): void {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      for (const [offset, { value, transaction }] of this.#log(topic, partition).entries()) {
        if (transaction !== undefined && this.#ends.get(transaction) !== 'committed') continue;
        this.#poll(client, null, { topic, partition, offset, value });
      }
    }
  }

  get isWorkDone(): boolean {
    return [0, 1, 2].every(
      (partition) => (this.#committed.get(`workers A ${partition}`) ?? 0) >= this.#log('A', partition).length,
    );
  }
}

/** A history that a cluster without faults gives; the same for the same seed. */
export function randomHistory(seed: number, steps = 120): RandomHistory {
  const random = new SeededRandom(seed ^ 0x5eed);
  const model = new Model(seed);
  for (let step = 1; step <= steps; step++) {
    const luck = random.below(10);
    if (luck < 4) model.send(`producer-${random.below(2)}`, 'A');
    else if (luck < 6) model.work(`worker-${step}`, 'workers');
    else if (luck < 8) model.consume(`member-${random.below(3)}`, 'members', random.below(PARTITIONS), step);
    else if (luck < 9) model.look(random.below(2) === 0 ? 'members' : 'workers');
    else model.stable(random.below(PARTITIONS));
  }
  for (let step = 0; step < 3; step++) model.send('producer-0', 'A');
  for (let step = steps + 1; !model.isWorkDone; step++) model.work(`worker-${step}`, 'workers');
  for (let partition = 0; partition < PARTITIONS; partition++)
    model.consume('member-0', 'members', partition, steps * 1000);
  model.look('workers');
  model.look('members');
  model.readAll('reader', 'A');
  model.readAll('reader', 'B');
  return {
    events: model.events,
    options: {
      readers: [
        { name: 'reader', topics: ['A', 'B'] },
        { name: 'members', topics: ['A'] },
      ],
      pipelines: [{ group: 'workers', from: 'A', to: 'B', reader: 'reader' }],
    },
  };
}
