import { SeededRandom } from '../../base/seeded-random.ts';
import { Kafka } from '../../client/kafka.ts';
import { loadConfig } from '../../config/load.ts';
import type { BrokerConfig } from '../../config/broker-config.ts';
import { SimulatedStore } from '../../metadata/simulated-store.ts';
import { eventLoopTurned, promisesSettled } from '../../runtime/promise-turn.ts';
import { VirtualTime } from '../../runtime/virtual-time.ts';
import type { HistoryEvent, PollEvent } from '../history-event.ts';
import { hostOf, Machine } from './machine.ts';
import type { RunOptions } from './options.ts';
import { producerFaults } from './producer-checks.ts';
import { ReplicaChecks } from './replica-checks.ts';
import { SimulatedNetwork } from './simulated-network.ts';
import { StoreChecks } from './store-checks.ts';
import { Trace } from './trace.ts';

const PORT = 9092;
/** Events of one run; more mean that it runs in circles. */
const EVENTS_MAX = 3_000_000;
/** So often real time gets a turn. */
const BREATH_EVENTS = 20_000;

/** What a broker may log as an error when the store is away. */
const EXPECTED_ERRORS: ReadonlySet<string> = new Set(['the broker could not register anew']);

/** Something that must never be was seen. */
export class Violation extends Error {
  override name = 'Violation';
}

/** Everything in a run but what clients and faults do: brokers, network, disks, store and time, all from one seed. */
export class World {
  readonly options: RunOptions;
  readonly time: VirtualTime;
  readonly trace: Trace;
  readonly network: SimulatedNetwork;
  readonly store: SimulatedStore;
  readonly machines: readonly Machine[];
  readonly storeChecks: StoreChecks;
  readonly replicaChecks: ReplicaChecks;
  readonly history: HistoryEvent[] = [];
  /** Told what clients do, as it becomes part of the history. */
  onRecorded: ((event: HistoryEvent) => void) | undefined;
  readonly #seed: number;
  readonly #touched = new Set<string>();
  readonly #byHost = new Map<string, Machine>();
  #violation: Violation | undefined;
  #events = 0;

  constructor(seed: number, options: RunOptions, print?: (line: string) => void) {
    this.#seed = seed;
    this.options = options;
    this.time = new VirtualTime();
    this.trace = new Trace(this.time, print);
    const fail = (what: string): void => this.fail(what);
    this.network = new SimulatedNetwork({
      time: this.time,
      random: this.random('network'),
      arrived: (host, from, bytes) => {
        this.#touched.add(host);
        this.#touched.add(from);
        this.trace.event(bytes);
      },
    });
    this.network.defaultDelayMs = options.delayMs;
    // What the store tells may move every broker.
    const touching = (callback: () => void) => (): void => {
      for (const { host } of this.machines) this.#touched.add(host);
      callback();
    };
    const { time } = this;
    const storeTime = {
      nowMs: () => time.nowMs(),
      monotonicMs: () => time.monotonicMs(),
      set: (delayMs: number, callback: () => void) => time.set(delayMs, touching(callback)),
      soon: (callback: () => void) => time.soon(touching(callback)),
    };
    this.store = new SimulatedStore({ time: storeTime, random: this.random('store') });
    this.machines = Array.from({ length: options.brokers }, (_, index) => this.#machine(index + 1));
    for (const machine of this.machines) this.#byHost.set(machine.host, machine);
    this.storeChecks = new StoreChecks(this.store, this.trace, fail);
    this.replicaChecks = new ReplicaChecks(this.machines, this.storeChecks, fail);
  }

  /** A source of luck of its own, so that one part drawing more does not change what others draw. */
  random(purpose: string): SeededRandom {
    let state = this.#seed >>> 0;
    for (const character of purpose) state = (Math.imul(state ^ character.charCodeAt(0), 0x0100_0193) + 0x9e37) >>> 0;
    return new SeededRandom(state);
  }

  get events(): number {
    return this.#events;
  }

  /** A broker logs an error only for what must not happen. */
  logged(host: string, level: string, message: string, facts?: object): void {
    if (level !== 'error' || EXPECTED_ERRORS.has(message)) return;
    const shown = JSON.stringify(facts, (_, value: unknown) => (value instanceof Error ? value.stack : value));
    this.fail(`${host} logs: ${message} ${shown}`);
  }

  fail(what: string): void {
    this.trace.note('VIOLATION', what);
    this.#violation ??= new Violation(what);
  }

  /** What a client of that name does is part of the history, and of the trace. */
  record(event: HistoryEvent): void {
    this.history.push(event);
    this.trace.note(event.client, event.type, event);
    this.onRecorded?.(event);
    if (event.type === 'poll') this.#checkPoll(event);
  }

  /** A client's way into the cluster, from a host of its own. */
  kafka(host: string): Kafka {
    const { time, network, trace } = this;
    const bootstrapServers = this.machines.map(({ id }) => `${hostOf(id)}:${PORT}`);
    return new Kafka(
      {
        bootstrapServers,
        clientId: host,
        requestTimeoutMs: 6_000,
        connectTimeoutMs: 3_000,
        retryBackoffMaxMs: 500,
        metadataMaxAgeMs: 10_000,
      },
      { clock: time, timers: time, random: this.random(host), network: network.host(host), logger: trace.logger(host) },
    );
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.time.set(ms, resolve));
  }

  /** Lets `ms` pass, and checks what must hold after every event. Throws the first {@link Violation}. */
  async run(ms: number): Promise<void> {
    const untilMs = this.time.monotonicMs() + ms;
    const { time } = this;
    // So that there is an event at its end, and time gets there.
    time.set(ms, () => {});
    for (;;) {
      this.#touched.clear();
      if (!time.step(untilMs)) return;
      await (++this.#events % BREATH_EVENTS === 0 ? eventLoopTurned() : promisesSettled());
      this.#check();
      if (this.#events > EVENTS_MAX) this.fail(`more than ${EVENTS_MAX} events`);
      if (this.#violation !== undefined) throw this.#violation;
    }
  }

  /** Lets time pass until `condition` holds, at most `patienceMs`; false when it never did. */
  async until(condition: () => boolean, patienceMs: number, stepMs = 50): Promise<boolean> {
    const deadlineMs = this.time.monotonicMs() + patienceMs;
    while (!condition()) {
      if (this.time.monotonicMs() >= deadlineMs) return false;
      await this.run(stepMs);
    }
    return true;
  }

  get violation(): string | undefined {
    return this.#violation?.message;
  }

  /** A client was told that a record is safe: it has to be below the high watermark. */
  acknowledged(topic: string, partition: number, offset: number, value: string): void {
    const end = this.#committedEnd(topic, partition);
    if (offset >= end)
      this.fail(`I2 ${value} was acknowledged at ${topic}-${partition}@${offset}, committed are ${end}`);
  }

  /** Nobody is shown what is not committed. */
  #checkPoll({ client, topic, partition, offset }: PollEvent): void {
    const end = this.#committedEnd(topic, partition);
    if (offset >= end) this.fail(`I4 ${client} reads ${topic}-${partition}@${offset}, committed are ${end}`);
  }

  #committedEnd(topic: string, partition: number): number {
    const topicId = this.storeChecks.topics.get(topic);
    return topicId === undefined ? 0 : (this.replicaChecks.committed(topicId, partition)?.end ?? 0);
  }

  /** Whether a broker runs and is let in. */
  isServing(id: number): boolean {
    return this.#byHost.get(hostOf(id))?.state === 'running' && this.storeChecks.isLive(id);
  }

  /** Whether a broker serves and is in sync wherever it is a replica. */
  isSettled(id: number): boolean {
    if (!this.isServing(id)) return false;
    for (const { replicas, isr } of this.storeChecks.partitions.values())
      if (replicas.includes(id) && !isr.includes(id)) return false;
    return true;
  }

  /** Whether all brokers serve, and every partition has its leader and all its replicas in sync. */
  isWhole(): boolean {
    if (!this.machines.every(({ id }) => this.isServing(id))) return false;
    for (const { leader, isr, replicas, adding, removing } of this.storeChecks.partitions.values())
      if (leader < 0 || isr.length < replicas.length || adding.length + removing.length > 0) return false;
    return true;
  }

  /** Whether all replicas have the same, all of it below the high watermark and without open transactions. */
  isCommitted(): boolean {
    return this.#uncommitted() === undefined;
  }

  #uncommitted(): string | undefined {
    for (const machine of this.machines) {
      for (const { topic, index, log, topicId } of machine.broker?.core.partitions.all() ?? []) {
        const end = this.replicaChecks.committed(topicId, index)?.end ?? 0;
        const { logEndOffset, highWatermark, lastStableOffset } = log;
        if (logEndOffset !== end || highWatermark !== end || lastStableOffset !== end)
          return `${topic}-${index} on ${machine.host}: end ${logEndOffset}, high watermark ${highWatermark}, stable ${lastStableOffset}, committed ${end}`;
      }
    }
    return undefined;
  }

  /** The ends of all partitions, by topic and index. */
  ends(): Map<string, number> {
    const ends = new Map<string, number>();
    for (const [name, topicId] of this.storeChecks.topics)
      for (let index = 0; index < this.options.partitions; index++)
        ends.set(`${name}-${index}`, this.replicaChecks.committed(topicId, index)?.end ?? 0);
    return ends;
  }

  /** What must hold of a cluster that has come to rest. */
  checkAtRest(): void {
    this.replicaChecks.checkAll();
    for (const fault of producerFaults(this.machines)) this.fail(fault);
    for (const stray of this.strayFiles()) this.fail(`I15 ${stray}, which is nobody's`);
    if (this.#violation !== undefined) throw this.#violation;
  }

  /** Logs that belong to no partition; those of deleted topics go within a while. */
  strayFiles(): string[] {
    const strays: string[] = [];
    for (const machine of this.machines) {
      for (const { name, isDirectory } of machine.disk.list('/data')) {
        if (!isDirectory || name.endsWith('-delete') || name.startsWith('.') || !/-\d+$/.test(name)) continue;
        const cut = name.lastIndexOf('-');
        const topicId = this.storeChecks.topics.get(name.slice(0, cut));
        const record = this.storeChecks.partitions.get(`${topicId}/${name.slice(cut + 1)}`);
        if (record === undefined || !record.replicas.includes(machine.id)) strays.push(`${machine.host} has ${name}`);
      }
    }
    return strays;
  }

  /** How the cluster stands, for whoever looks into a failure. */
  standing(): string {
    const brokers = this.machines.map(
      ({ host, state, id }) => `${host} ${state}${this.storeChecks.isLive(id) ? '' : ' (fenced)'}`,
    );
    const partitions = Array.from(this.storeChecks.partitions, ([key, { leader, leaderEpoch, isr, elr, replicas }]) =>
      isr.length < replicas.length || leader < 0
        ? `${this.storeChecks.topicOf(key)}-${key.slice(key.lastIndexOf('/') + 1)}: leader ${leader} of epoch ${leaderEpoch}, in sync [${isr.join(', ')}], eligible [${elr.join(', ')}]`
        : '',
    ).filter((text) => text !== '');
    return [...brokers, ...partitions, this.#uncommitted() ?? ''].join('; ');
  }

  #check(): void {
    for (const host of this.#touched) {
      const machine = this.#byHost.get(host);
      if (machine !== undefined) this.replicaChecks.check(machine);
    }
    if (this.storeChecks.check()) this.replicaChecks.checkCandidates();
  }

  #machine(id: number): Machine {
    const machine = new Machine({
      id,
      config: this.#config(id),
      time: this.time,
      random: this.random(`broker ${id}`),
      network: this.network,
      store: this.store,
      trace: this.trace,
      logged: (level, message, facts) => this.logged(machine.host, level, message, facts),
      touched: () => void this.#touched.add(machine.host),
    });
    machine.wallOffsetMs = this.options.wallOffsetsMs[id - 1] ?? 0;
    return machine;
  }

  #config(id: number): BrokerConfig {
    const { config } = loadConfig({
      overrides: {
        listeners: `PLAINTEXT://${hostOf(id)}:${PORT}`,
        'log.dirs': '/data',
        'node.id': id,
        'broker.rack': `r${id % 3}`,
        'auto.create.topics.enable': false,
        'min.insync.replicas': 2,
        'default.replication.factor': 3,
        'offsets.topic.num.partitions': 2,
        'offsets.topic.replication.factor': 3,
        'transaction.state.log.num.partitions': 2,
        'transaction.state.log.replication.factor': 3,
        'transaction.state.log.min.isr': 2,
        'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1000,
        'replica.lag.time.max.ms': 4000,
        'leader.imbalance.check.interval.seconds': 10,
        'group.initial.rebalance.delay.ms': 200,
        'group.min.session.timeout.ms': 1000,
        'group.consumer.min.session.timeout.ms': 1000,
        'group.consumer.session.timeout.ms': 6000,
        'group.consumer.min.heartbeat.interval.ms': 500,
        'group.consumer.heartbeat.interval.ms': 1000,
        'log.cleaner.enable': false,
        'posthorn.flush.policy': this.options.flush,
      },
    });
    return config;
  }
}
