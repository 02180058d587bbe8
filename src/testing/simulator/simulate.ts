import { loadHandler, servedApis } from '../../broker/handlers/all.ts';
import { checkHistory } from '../check-history.ts';
import { upkeepOf } from './cleaned-topics.ts';
import { AdminClient } from './admin-client.ts';
import { COPY_GROUP, Copier } from './copier.ts';
import { IdempotentProducer } from './idempotent-producer.ts';
import { KeyedProducer } from './keyed-producer.ts';
import { Member } from './member.ts';
import { Nemesis } from './nemesis.ts';
import { drawOptions, type RunOptions } from './options.ts';
import { Reader } from './reader.ts';
import { TransactionalProducer } from './transactional-producer.ts';
import type { WorkloadClient } from './workload-client.ts';
import { Violation, World } from './world.ts';

export interface SimulateOptions {
  /** In place of what the seed would have drawn. */
  readonly options?: Partial<RunOptions>;
  /** Told every line of the trace. */
  readonly print?: (line: string) => void;
}

/** What became of a run. */
export interface Outcome {
  readonly seed: number;
  readonly options: RunOptions;
  /** What was wrong; undefined when nothing was. */
  readonly violation: string | undefined;
  /** Equal for runs that did the same. */
  readonly hash: string;
  readonly events: number;
  readonly virtualMs: number;
  /** Events of the clients' history. */
  readonly history: number;
  /** The last lines of the trace. */
  readonly trace: readonly string[];
}

/** Virtual time within which a cluster without faults has to start. */
const START_MS = 30_000;
/** Within which everything works again once all faults are over: the longest is a deletion that a watch left out. */
const RECOVERY_MS = 100_000;
/** Within which clients end what they have begun. */
const CLIENTS_END_MS = 60_000;
const STOP_MS = 60_000;

/**
 * Runs a whole cluster and its clients through faults in virtual time, all decided by `seed`: the same seed gives the same
 * run, event for event. Never rejects for what the cluster does; that is in the outcome.
 */
export async function simulate(seed: number, { options, print }: SimulateOptions = {}): Promise<Outcome> {
  // Modules are loaded in real time.
  for (const { key } of servedApis()) await loadHandler(key);
  await loadHandler(58);
  const drawn = { ...drawOptions(seed), ...options };
  const world = new World(seed, drawn, print);
  let violation: string | undefined;
  try {
    await new Run(world).run();
  } catch (error) {
    violation = error instanceof Violation ? error.message : String(error instanceof Error ? error.stack : error);
  }
  return {
    seed,
    options: drawn,
    violation,
    hash: world.trace.hash,
    events: world.events,
    virtualMs: Math.round(world.time.monotonicMs()),
    history: world.history.length,
    trace: world.trace.lines,
  };
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** One run, from the first start of the brokers to their last stop. */
class Run {
  readonly #world: World;
  readonly #admin: AdminClient;
  readonly #producers: WorkloadClient[] = [];
  readonly #readers: Reader[] = [];
  readonly #members: Member[] = [];
  #copier: Copier | undefined;
  /** What the last reader of cleaned topics was shown. */
  readonly #seen = new Set<string>();

  constructor(world: World) {
    this.#world = world;
    this.#admin = new AdminClient(world, 'admin');
  }

  async run(): Promise<void> {
    const world = this.#world;
    const { options, machines } = world;
    for (const machine of machines) machine.start();
    await this.#reach('the cluster starts', () => machines.every(({ id }) => world.isServing(id)), START_MS);
    const judged = this.#makeClients();
    const topics = [...judged, ...options.cleaned];
    let isMade = false;
    void this.#admin.createTopics(topics).then(() => (isMade = true));
    await this.#reach('topics are created', () => isMade, START_MS);
    const clients = [...this.#producers, ...this.#readers, ...this.#members];
    if (options.adminWork.length > 0) clients.push(this.#admin);
    if (this.#copier !== undefined) clients.push(this.#copier);
    for (const client of clients) client.start();
    const nemesis = new Nemesis(
      world,
      clients.map(({ name }) => name),
    );
    nemesis.start();
    await world.run(options.faultsMs);
    nemesis.heal();
    this.#admin.stop();
    await this.#reach('the cluster is whole again', () => world.isWhole(), RECOVERY_MS);
    await world.run(1000);
    for (const producer of this.#producers) producer.stop();
    await this.#reach('producers end', () => this.#producers.every(({ isEnded }) => isEnded), CLIENTS_END_MS);
    await this.#reach('admins end', () => this.#admin.isEnded, CLIENTS_END_MS);
    await this.#endCopier();
    await this.#reach('everything is committed', () => world.isWhole() && world.isCommitted(), RECOVERY_MS);
    await this.#finalReads(judged);
    await this.#reach('logs of deleted topics are gone', () => world.strayFiles().length === 0, RECOVERY_MS);
    await this.#stopAll();
    this.#judge(judged);
  }

  #makeClients(): string[] {
    const world = this.#world;
    const { options } = world;
    const topics: string[] = ['orders'];
    for (let number = 1; number <= options.producers; number++)
      this.#producers.push(new IdempotentProducer(world, `producer${number}`, 'orders'));
    if (options.transactional > 0) topics.push('payments');
    for (let number = 1; number <= options.transactional; number++)
      this.#producers.push(new TransactionalProducer(world, `txn${number}`, 'payments'));
    if (options.hasPipeline) {
      topics.push('copies');
      this.#copier = new Copier(world, 'copier', { from: 'orders', to: 'copies' });
    }
    if (options.cleaned.length > 0) {
      this.#producers.push(new KeyedProducer(world, 'keyed', options.cleaned));
      this.#readers.push(this.#cleanedReader('scanner'));
    }
    const isolation = world.random('reader').below(2) === 0 ? 'read_committed' : 'read_uncommitted';
    this.#readers.push(new Reader(world, 'reader', topics, { isolation }));
    for (const protocol of options.groups)
      for (let number = 1; number <= 2; number++)
        this.#members.push(
          new Member(world, `${protocol}${number}`, { group: `g-${protocol}`, topic: 'orders', protocol }),
        );
    return topics;
  }

  /** Reads what is cleaned, and is told of each record. */
  #cleanedReader(name: string, saw: (topic: string, partition: number, offset: number) => void = () => {}): Reader {
    const world = this.#world;
    return new Reader(world, name, world.options.cleaned, {
      isolation: 'read_uncommitted',
      saw: (record) => {
        world.shown(name, record);
        saw(record.topic, record.partition, record.offset);
      },
    });
  }

  /** Waits until all is copied. */
  async #endCopier(): Promise<void> {
    const copier = this.#copier;
    const world = this.#world;
    if (copier === undefined) return;
    await this.#reach('everything is seen by the copier', () => copier.isAtEnd(world.ends()), CLIENTS_END_MS);
    await this.#reach('everything is copied', () => world.isCommitted(), CLIENTS_END_MS);
    await world.run(1000);
    copier.stop();
    await this.#reach('the copier ends', () => copier.isEnded, CLIENTS_END_MS);
  }

  async #finalReads(topics: readonly string[]): Promise<void> {
    const world = this.#world;
    const readers = [
      new Reader(world, 'final1', topics, { isolation: 'read_committed' }),
      new Reader(world, 'final2', topics, { isolation: 'read_uncommitted' }),
    ];
    if (world.options.cleaned.length > 0)
      readers.push(
        this.#cleanedReader('final3', (topic, partition, offset) => this.#seen.add(`${topic}-${partition}@${offset}`)),
      );
    for (const reader of readers) reader.start();
    this.#readers.push(...readers);
    const ends = world.ends();
    for (const reader of this.#readers)
      await this.#reach(
        () => `${reader.name} reads to the end, ${reader.position}`,
        () => reader.isAtEnd(ends),
        CLIENTS_END_MS,
      );
    for (const { groupName, isAtEnd } of this.#groups(ends))
      await this.#reach(`group ${groupName} reads to the end`, isAtEnd, CLIENTS_END_MS);
  }

  #groups(ends: ReadonlyMap<string, number>): { groupName: string; isAtEnd: () => boolean }[] {
    const { history } = this.#world;
    const names = new Set(this.#members.map(({ group }) => group));
    return [...names].map((groupName) => ({
      groupName,
      isAtEnd: () => {
        const next = new Map<string, number>();
        const asked = new Map<string, Place>();
        const reached = ({ topic, partition, offset }: Place): void => {
          const key = `${topic}-${partition}`;
          next.set(key, Math.max(next.get(key) ?? 0, offset));
        };
        for (const event of history) {
          if (event.type === 'offsetsAsked' && event.group === groupName) asked.set(event.commit, event.offsets[0]!);
          // A commit that a rebalance refused is not made again while nothing new comes.
          if (event.type === 'poll' && event.group === groupName) reached({ ...event, offset: event.offset + 1 });
          const committed = event.type === 'offsetsDone' ? asked.get(event.commit) : undefined;
          if (committed !== undefined) reached(committed);
        }
        for (const [place, end] of ends) if (place.startsWith('orders-') && (next.get(place) ?? 0) < end) return false;
        return true;
      },
    }));
  }

  async #stopAll(): Promise<void> {
    const world = this.#world;
    const clients = [...this.#readers, ...this.#members];
    for (const client of clients) client.stop();
    await this.#reach('readers end', () => clients.every(({ isEnded }) => isEnded), CLIENTS_END_MS);
    this.#admin.close();
    world.checkAtRest();
    for (const machine of world.machines) {
      machine.stop();
      await this.#reach(`${machine.host} stops`, () => machine.state === 'down', STOP_MS);
    }
  }

  /** The newest record of each key is there for whoever reads a compacted topic from its start. */
  #judgeCleaned(): void {
    const world = this.#world;
    const { cleaned, partitions } = world.options;
    for (const topic of cleaned.filter((name) => !upkeepOf(name).deletes)) {
      for (let partition = 0; partition < partitions; partition++) {
        for (const offset of world.committed(topic, partition)?.kept?.lasting(0) ?? []) {
          const place = `${topic}-${partition}@${offset}`;
          if (!this.#seen.has(place))
            throw new Violation(`I13 ${place} is the last of its key, and nobody was shown it`);
        }
      }
    }
  }

  #judge(topics: readonly string[]): void {
    const world = this.#world;
    this.#judgeCleaned();
    const readers = [
      { name: 'final1', topics },
      { name: 'final2', topics: ['orders'] },
      ...Array.from(new Set(this.#members.map(({ group }) => group)), (name) => ({ name, topics: ['orders'] })),
    ];
    const pipelines =
      this.#copier === undefined ? [] : [{ group: COPY_GROUP, from: 'orders', to: 'copies', reader: 'final1' }];
    const { findings } = checkHistory(world.history, { readers, pipelines });
    for (const { kind, what } of findings.slice(0, 10)) world.fail(`history: ${kind}: ${what}`);
    if (findings.length > 0) throw new Violation(`history: ${findings[0]!.kind}: ${findings[0]!.what}`);
  }

  async #reach(what: string | (() => string), condition: () => boolean, patienceMs: number): Promise<void> {
    if (await this.#world.until(condition, patienceMs)) return;
    const text = typeof what === 'string' ? what : what();
    this.#world.fail(
      `liveness: within ${patienceMs} ms of virtual time this does not come true: ${text}; ${this.#world.standing()}`,
    );
    throw new Violation(this.#world.violation ?? text);
  }
}
