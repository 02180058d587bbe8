import assert from 'node:assert/strict';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import { BrokerRegistration } from '../../src/controller/broker-registration.ts';
import { Controller } from '../../src/controller/controller.ts';
import { ControllerDuties } from '../../src/controller/controller-duties.ts';
import { PeerWatch, type ProbeResult } from '../../src/controller/peer-watch.ts';
import type { BrokerImage, ClusterImage, PartitionImage } from '../../src/metadata/cluster-image.ts';
import { EmbeddedStore } from '../../src/metadata/embedded-store.ts';
import type { MetadataStore, Txn, TxnResult } from '../../src/metadata/metadata-store.ts';
import { MetadataView } from '../../src/metadata/metadata-view.ts';
import { withInSync } from '../../src/metadata/partition-transition.ts';
import { storeKeys } from '../../src/metadata/store-keys.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { silent } from '../runtime/silent-logger.ts';
import { done, newDisk } from './cluster-fixture.ts';

/** A member's way to the shared store; a dead process writes nothing more. */
class Connection implements MetadataStore {
  readonly #store: MetadataStore;
  /** Transactions that this member may still write; the one after them never happens, as for a process killed before it. */
  txnsLeft = Number.POSITIVE_INFINITY;
  isDead = false;
  onDeath: () => void = () => {};

  constructor(store: MetadataStore) {
    this.#store = store;
  }

  get: MetadataStore['get'] = (key) => this.#alive(() => this.#store.get(key));
  range: MetadataStore['range'] = (prefix) => this.#alive(() => this.#store.range(prefix));
  watch: MetadataStore['watch'] = (watch) => this.#store.watch(watch);
  grantLease: MetadataStore['grantLease'] = (ttlMs) => this.#alive(() => this.#store.grantLease(ttlMs));
  keepAlive: MetadataStore['keepAlive'] = (lease) => this.#alive(() => this.#store.keepAlive(lease));
  revoke: MetadataStore['revoke'] = (lease) => this.#alive(() => this.#store.revoke(lease));

  txn(txn: Txn): Promise<TxnResult> {
    if (!this.isDead && txn.onSuccess.some(({ type }) => type !== 'get')) {
      if (this.txnsLeft === 0) {
        this.isDead = true;
        this.onDeath();
      }
      this.txnsLeft--;
    }
    return this.#alive(() => this.#store.txn(txn));
  }

  async close(): Promise<void> {}

  /** A dead process waits for ever. */
  #alive<T>(call: () => Promise<T>): Promise<T> {
    return this.isDead ? new Promise<T>(() => {}) : call();
  }
}

export interface Member {
  readonly id: number;
  readonly connection: Connection;
  readonly view: MetadataView;
  readonly registration: BrokerRegistration;
  readonly controller: Controller;
  readonly duties: ControllerDuties;
  readonly watch: PeerWatch;
}

/** How a broker starts: what its data directory says of its former life. */
export interface MemberStart {
  readonly cleanEpoch?: number;
  readonly machine?: string;
  readonly logDirs?: readonly string[];
  readonly rack?: string | null;
  /** Stays fenced when false. */
  readonly isReady?: boolean;
}

/** Brokers' registrations, controllers and duties over one store in memory, in virtual time. */
export class Members {
  readonly time = new VirtualTime();
  readonly store: EmbeddedStore;
  readonly config: BrokerConfig;
  readonly members = new Map<number, Member>();
  /** Brokers that run, and whom nobody reaches. */
  readonly unreachable = new Set<number>();
  #starts = 0;

  static async start(ids: readonly number[], settings: Readonly<Record<string, string>> = {}): Promise<Members> {
    const cluster = new Members(settings);
    for (const id of ids) await cluster.add(id);
    return cluster;
  }

  private constructor(settings: Readonly<Record<string, string>>) {
    const common = { disk: newDisk(), clock: this.time, timers: this.time, logger: silent };
    this.store = EmbeddedStore.open({ directory: '/data/metadata', ...common });
    this.config = new BrokerConfig({ static: new Map(Object.entries(settings)) });
  }

  /** Starts a broker; resolves when it is registered, and unfenced where that needs no time. */
  async add(id: number, start: MemberStart = {}): Promise<Member> {
    const adding = this.begin(id, start);
    adding.catch(() => {});
    await this.time.settle();
    return adding;
  }

  async begin(id: number, start: MemberStart = {}): Promise<Member> {
    const { time, config } = this;
    const connection = new Connection(this.store);
    const view = await MetadataView.open(connection, silent, time);
    const random = new SeededRandom(1000 * id + this.#starts++);
    const common = { store: connection, view, brokerId: id, clock: time, timers: time, logger: silent };
    const registration = await BrokerRegistration.start({
      ...common,
      clusterId: undefined,
      endpoints: [],
      rack: start.rack ?? null,
      logDirs: start.logDirs ?? [`directory-${id}`],
      machine: start.machine ?? `machine-${id}`,
      cleanEpoch: start.cleanEpoch ?? -1,
      random,
    });
    const controller = new Controller({ ...common, config, random });
    const duties = new ControllerDuties({ ...common, config, onElected: () => controller.removeOrphans() });
    const probe = (broker: BrokerImage): Promise<ProbeResult> => Promise.resolve(this.#probe(broker.id));
    const watch = new PeerWatch({ ...common, probe });
    const member: Member = { id, connection, view, registration, controller, duties, watch };
    connection.onDeath = () => this.#bury(member);
    this.members.set(id, member);
    if (start.isReady !== false) {
      const port = 9000 + id;
      void registration.announceReady([
        { listener: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: `host-${id}`, port },
      ]);
    }
    return member;
  }

  /** The process dies; its lease runs out by itself. */
  kill(id: number): Member {
    const member = this.members.get(id)!;
    member.connection.isDead = true;
    this.#bury(member);
    return member;
  }

  /** The image of a member that lives. */
  get image(): ClusterImage {
    const [member] = this.members.values();
    return member!.view.image;
  }

  get active(): Member {
    const active = [...this.members.values()].find(({ controller }) => controller.isActive);
    assert.ok(active, 'there is no controller');
    return active;
  }

  partition(topic = 't', index = 0): PartitionImage {
    return this.image.partition(topic, index)!;
  }

  /** Live brokers by id. */
  get live(): number[] {
    return this.image.liveBrokers().map(({ id }) => id);
  }

  done<T>(promise: Promise<T>): Promise<T> {
    return done(this.time, promise);
  }

  run(ms: number): Promise<void> {
    return this.time.run(ms);
  }

  async create(name: string, assignments: readonly (readonly number[])[], minIsr?: number): Promise<void> {
    const configs = minIsr === undefined ? [] : [{ name: 'min.insync.replicas', value: String(minIsr) }];
    const partitions = assignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }));
    const topic = { name, numPartitions: -1, replicationFactor: -1, assignments: partitions, configs };
    const created = this.active.controller.createTopics({ topics: [topic], validateOnly: false });
    const [result] = await this.done(created);
    assert.equal(result!.error.name, 'NONE', String(result!.message));
  }

  /** What a leader does when its followers keep up or do not: compare-and-set on the record. */
  async setInSync(
    isr: readonly number[],
    { topic = 't', index = 0, minIsr = 1, isElrEnabled = true } = {},
  ): Promise<void> {
    const seen = this.partition(topic, index);
    const key = storeKeys.partition(this.image.topics.get(topic)!.id, index);
    const value = JSON.stringify(withInSync(seen, isr, { minIsr, isElrEnabled }));
    const written = await this.done(
      this.store.txn({ compares: [{ key, modRevision: seen.modRevision }], onSuccess: [{ type: 'put', key, value }] }),
    );
    assert.equal(written.succeeded, true);
    await this.time.settle();
  }

  async close(): Promise<void> {
    for (const member of this.members.values()) {
      member.duties.close();
      member.watch.close();
      await this.done(member.registration.close());
      member.view.close();
    }
    await this.done(this.store.close());
  }

  #probe(id: number): ProbeResult {
    return this.members.has(id) && !this.unreachable.has(id) ? 'answered' : 'refused';
  }

  #bury(member: Member): void {
    if (this.members.get(member.id) === member) this.members.delete(member.id);
    member.duties.close();
    member.watch.close();
    member.view.close();
  }
}
