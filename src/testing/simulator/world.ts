import { SeededRandom } from '../../base/seeded-random.ts';
import type { ConsumerRecord } from '../../client/consumer/consumer-record.ts';
import { Kafka } from '../../client/kafka.ts';
import { SimulatedStore } from '../../metadata/simulated-store.ts';
import { eventLoopTurned, promisesSettled } from '../../runtime/promise-turn.ts';
import { VirtualTime } from '../../runtime/virtual-time.ts';
import type { HistoryEvent, PollEvent } from '../history-event.ts';
import { BROKER_PORT, directoriesOf, REQUEST_BYTES_MAX, settingsOf } from './broker-settings.ts';
import type { CommittedLog } from './committed-log.ts';
import { CoordinatorChecks } from './coordinator-checks.ts';
import { hostOf, Machine } from './machine.ts';
import type { RunOptions } from './options.ts';
import { producerFaults } from './producer-checks.ts';
import { ReplicaChecks } from './replica-checks.ts';
import { SimulatedNetwork } from './simulated-network.ts';
import { StoreChecks } from './store-checks.ts';
import { Trace } from './trace.ts';

/** Events of one run; more mean that it runs in circles. */
const EVENTS_MAX = 3_000_000;
/** So often real time gets a turn. */
const BREATH_EVENTS = 20_000;

/** What a broker may log as an error when the store is away. */
const EXPECTED_ERRORS: ReadonlySet<string> = new Set(['the broker could not register anew']);

/** And what one may whose disk fails, or is full. */
const DISK_ERRORS: ReadonlySet<string> = new Set([
  'log is offline',
  'log directory is offline until the next start',
  'partitions are offline until their log directory is back or their topic is deleted',
  'partition is offline: its log cannot be opened',
  'a replica cannot follow its leader',
  'cleaning a log failed; it is not cleaned again until the next start',
  'the partition could not be loaded; its coordinator stays away',
  'how far logs are cleaned cannot be written down',
]);

/** What both ends say of an answer that is not the one to the oldest question. */
export function isMismatch(reason: string): boolean {
  return /answer \d+ (?:is out of order|came where)|an answer that nobody asked for/.test(reason);
}

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
  readonly #coordinatorChecks = new CoordinatorChecks();
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
    const books = { store: this.storeChecks, coordinators: this.#coordinatorChecks };
    this.replicaChecks = new ReplicaChecks(this.machines, books, fail);
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
  logged(host: string, level: string, message: string, facts?: Readonly<Record<string, unknown>>): void {
    if (isMismatch(String(facts?.['reason']))) this.fail(`I18 ${host} logs: ${message}: ${String(facts?.['reason'])}`);
    if (level !== 'error' || EXPECTED_ERRORS.has(message)) return;
    if (DISK_ERRORS.has(message) && this.#byHost.get(host)?.isDiskTroubled === true) return;
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
    const fault = this.#coordinatorChecks.check(event, (topic, partition) => this.#committedEnd(topic, partition));
    if (fault !== undefined) this.fail(fault);
  }

  /** A client's way into the cluster, from a host of its own; in another life its luck, and so its member id, is another. */
  kafka(host: string, life = 1): Kafka {
    const { time, network, trace } = this;
    const bootstrapServers = this.machines.map(({ id }) => `${hostOf(id)}:${BROKER_PORT}`);
    return new Kafka(
      {
        bootstrapServers,
        clientId: host,
        requestTimeoutMs: 6_000,
        connectTimeoutMs: 3_000,
        retryBackoffMaxMs: 500,
        metadataMaxAgeMs: 10_000,
      },
      {
        clock: time,
        timers: time,
        random: this.random(life === 1 ? host : `${host}#${life}`),
        network: network.host(host),
        logger: trace.logger(host),
      },
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

  /** A reader of a topic that is cleaned is shown a record: it has to be the one that was written there. */
  shown(client: string, { topic, partition, offset, key, value }: ConsumerRecord<string | null, string | null>): void {
    const committed = this.committed(topic, partition);
    const fault = committed?.kept?.differs({ offset, key: key ?? '', value });
    if (fault !== undefined) this.fail(`I3 I13 ${client} is shown ${topic}-${partition}: ${fault}`);
    const end = this.#committedEnd(topic, partition);
    if (offset >= end) this.fail(`I4 ${client} reads ${topic}-${partition}@${offset}, committed are ${end}`);
  }

  /** An admin was told that no replica has records below `offset` any more. */
  deletedBefore(topic: string, partition: number, offset: number): void {
    const key = `${this.storeChecks.topics.get(topic)}/${partition}`;
    const inSync = this.storeChecks.partitions.get(key)?.isr ?? [];
    for (const { id, host, broker } of this.machines) {
      const log = broker?.core.partitions.get(topic, partition)?.log;
      if (!inSync.includes(id) || !this.storeChecks.isLive(id) || log === undefined || log.isOffline) continue;
      if (log.logStartOffset < offset)
        this.fail(`I14 ${topic}-${partition} is deleted before ${offset}, and ${host} starts at ${log.logStartOffset}`);
    }
  }

  /** What is committed of a partition. */
  committed(topic: string, partition: number): CommittedLog | undefined {
    const topicId = this.storeChecks.topics.get(topic);
    return topicId === undefined ? undefined : this.replicaChecks.committed(topicId, partition);
  }

  #committedEnd(topic: string, partition: number): number {
    const committed = this.committed(topic, partition);
    return committed === undefined ? 0 : Math.max(committed.end, committed.claimedEnd);
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
      for (const { name, isDirectory } of machine.directoryNames()) {
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
      if (machine === undefined) continue;
      this.replicaChecks.check(machine);
      this.#checkMemory(machine);
    }
    if (this.storeChecks.check()) this.replicaChecks.checkCandidates();
  }

  /** What is counted in is counted out, and no more than the budget is ever held. */
  #checkMemory({ host, broker }: Machine): void {
    const bytes = broker?.core.requestBytes ?? 0;
    if (bytes < 0 || bytes > REQUEST_BYTES_MAX) this.fail(`I16 ${host} holds ${bytes} bytes of requests`);
  }

  #machine(id: number): Machine {
    const machine = new Machine({
      id,
      directories: directoriesOf(this.options),
      config: settingsOf(id, this.options),
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
}
