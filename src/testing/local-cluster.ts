import { Broker } from '../broker/broker.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { GatedStore } from '../metadata/gated-store.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import { Gate } from '../runtime/gate.ts';
import { gatedRuntime } from '../runtime/gated-runtime.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** What a broker of the cluster is doing. */
export type MemberState = 'starting' | 'running' | 'paused' | 'stopping' | 'stopped' | 'killed';

export interface LocalClusterOptions {
  readonly runtime: Runtime;
  /** Shared by all brokers; closed by whoever opened it, after the cluster. */
  readonly store: MetadataStore;
  /** The settings of each broker by its id, `node.id` among them. */
  readonly configs: ReadonlyMap<number, BrokerConfig>;
  /** A broker cannot go on: its reason in a sentence. */
  readonly failed: (id: number, reason: string) => void;
}

interface Member {
  readonly id: number;
  readonly config: BrokerConfig;
  state: MemberState;
  gate: Gate;
  broker: Broker | undefined;
}

/** That is not what the broker's state allows; the text says what it is doing. */
export class WrongMemberState extends Error {
  override name = 'WrongMemberState';
}

/**
 * Several brokers in this process over one metadata store: for development, tests and learning. Each runs behind a gate
 * of its own, so that it can be stopped, killed (its sockets break, its files stay as they were written, nothing of it runs
 * any more), paused and started again while the others go on.
 */
export class LocalCluster {
  readonly #options: LocalClusterOptions;
  readonly #members = new Map<number, Member>();

  /** Starts all brokers; when one cannot start the others are stopped, and it rejects with that one's reason. */
  static async start(options: LocalClusterOptions): Promise<LocalCluster> {
    const cluster = new LocalCluster(options);
    // The first one alone makes the cluster; the others find it.
    const [first, ...others] = [...options.configs.keys()];
    try {
      if (first !== undefined) await cluster.start(first);
      await Promise.all(others.map((id) => cluster.start(id)));
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  private constructor(options: LocalClusterOptions) {
    this.#options = options;
    for (const [id, config] of options.configs) {
      this.#members.set(id, { id, config, state: 'stopped', gate: new Gate(), broker: undefined });
    }
  }

  get ids(): readonly number[] {
    return [...this.#members.keys()];
  }

  /** host:port of all brokers that have listened. */
  get bootstrapServers(): string {
    return [...this.#members.values()].flatMap(({ broker }) => broker?.bootstrapServers ?? []).join(',');
  }

  stateOf(id: number): MemberState {
    return this.#member(id).state;
  }

  /** host:port of a broker; null before it has listened. */
  addressOf(id: number): string | null {
    return this.#member(id).broker?.bootstrapServers ?? null;
  }

  /** Passes on why a broker could not be started or stopped. */
  report(id: number, reason: string): void {
    this.#options.failed(id, reason);
  }

  /** The broker as it last ran. Throws when it never did. */
  broker(id: number): Broker {
    const { broker } = this.#member(id);
    if (broker === undefined) throw new WrongMemberState(`broker ${id} has not been started`);
    return broker;
  }

  /** Starts a broker that is stopped or was killed, on the files that it left. */
  start(id: number): Promise<void> {
    return this.#start(this.#inState(id, 'stopped', 'killed'));
  }

  async #start(member: Member): Promise<void> {
    const { id } = member;
    const { runtime, store, failed } = this.#options;
    const gate = new Gate();
    member.gate = gate;
    member.state = 'starting';
    const inside = { ...gatedRuntime(runtime, gate), logger: runtime.logger };
    try {
      member.broker = await Broker.start({
        config: member.config,
        runtime: inside,
        store: new GatedStore(store, gate),
        failed: (reason) => failed(id, reason),
      });
      member.state = 'running';
    } catch (error) {
      member.state = 'stopped';
      throw error;
    }
  }

  /** Shuts a broker down in order: its partitions are handed over first. */
  stop(id: number): Promise<void> {
    return this.#stop(this.#inState(id, 'running'));
  }

  async #stop(member: Member): Promise<void> {
    member.state = 'stopping';
    await member.broker!.close();
    member.state = 'stopped';
  }

  /** As kill -9 does it. */
  kill(id: number): void {
    const member = this.#inState(id, 'running', 'paused');
    member.state = 'killed';
    member.gate.kill();
  }

  /** As SIGSTOP does it: connections stay, and nothing answers. */
  pause(id: number): void {
    const member = this.#inState(id, 'running');
    member.state = 'paused';
    member.gate.pause();
  }

  resume(id: number): void {
    const member = this.#inState(id, 'paused');
    member.state = 'running';
    member.gate.resume();
  }

  /** Stops what still runs, one after the other, so that what is handed over finds a taker for as long as there is one. */
  async close(): Promise<void> {
    for (const member of this.#members.values()) {
      if (member.state === 'paused') this.resume(member.id);
      if (member.state === 'running') await this.stop(member.id);
    }
  }

  #member(id: number): Member {
    const member = this.#members.get(id);
    if (member === undefined) {
      throw new WrongMemberState(`there is no broker ${id}; the cluster has ${this.ids.join(', ')}`);
    }
    return member;
  }

  #inState(id: number, ...wanted: readonly MemberState[]): Member {
    const member = this.#member(id);
    if (!wanted.includes(member.state)) throw new WrongMemberState(`broker ${id} is ${member.state}`);
    return member;
  }
}
