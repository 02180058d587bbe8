import { firstAnswer } from '../client/first-answer.ts';
import type { BrokerProcess } from './side.ts';

/** One broker of a cluster: where it listens, and how it is started on the data that it has. */
export interface ClusterMember {
  readonly id: number;
  readonly port: number;
  launch(): Promise<BrokerProcess>;
}

/** Brokers that make one cluster, each a process of its own, and the store beside them where they need one. */
export class RunningCluster {
  readonly #members: readonly ClusterMember[];
  readonly #store: BrokerProcess | undefined;
  readonly #running = new Map<number, BrokerProcess>();

  constructor(members: readonly ClusterMember[], store?: BrokerProcess) {
    this.#members = members;
    this.#store = store;
  }

  get ids(): readonly number[] {
    return this.#members.map(({ id }) => id);
  }

  get ports(): readonly number[] {
    return this.#members.map(({ port }) => port);
  }

  get bootstrap(): string {
    return this.#members.map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  /** Everything that runs now, the store included. */
  get pids(): readonly number[] {
    return [...this.brokerPids, ...(this.#store === undefined ? [] : [this.#store.pid])];
  }

  get brokerPids(): readonly number[] {
    return [...this.#running.values()].map(({ pid }) => pid);
  }

  portOf(id: number): number {
    return this.#member(id).port;
  }

  /** Starts the brokers that do not run; resolves when each has answered something. */
  async startAll(): Promise<void> {
    await Promise.all(this.ids.filter((id) => !this.#running.has(id)).map((id) => this.start(id)));
  }

  /** Starts a broker on the data that it left; the process once it has answered something. */
  async start(id: number): Promise<BrokerProcess> {
    const broker = await this.#member(id).launch();
    this.#running.set(id, broker);
    await firstAnswer(broker);
    return broker;
  }

  /** kill -9, without waiting for anything; the moment when it was done (`performance.now()`). */
  kill(id: number): number {
    const broker = this.of(id);
    this.#running.delete(id);
    process.kill(broker.pid, 'SIGKILL');
    return performance.now();
  }

  /** Ends it in order (SIGTERM). */
  async stop(id: number): Promise<void> {
    const broker = this.of(id);
    this.#running.delete(id);
    await broker.stop();
  }

  /** The process of a broker that should run; throws with its last words when it does not. */
  of(id: number): BrokerProcess {
    const broker = this.#running.get(id);
    if (broker === undefined) throw new Error(`broker ${id} does not run`);
    if (!broker.isAlive()) throw new Error(`broker ${id} has ended:\n${broker.output()}`);
    return broker;
  }

  /** Throws unless every broker that was started still runs. */
  expectAlive(): void {
    for (const id of this.#running.keys()) this.of(id);
  }

  /** Ends all brokers; the store goes on. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.stop(id)));
  }

  async close(): Promise<void> {
    await this.stopAll();
    await this.#store?.stop();
  }

  #member(id: number): ClusterMember {
    const member = this.#members.find((each) => each.id === id);
    if (member === undefined) throw new Error(`no broker ${id}`);
    return member;
  }
}
