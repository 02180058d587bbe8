import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrokerCluster } from './broker-cluster.ts';
import { startPosthorn, type RunningPosthorn } from './posthorn.ts';
import { freePorts } from './running-broker.ts';
import { clusterSettings } from './settings.ts';
import { EtcdCluster } from '../etcd/etcd-cluster.ts';

interface Member {
  readonly id: number;
  readonly port: number;
  readonly home: string;
  running: RunningPosthorn | undefined;
}

export interface ProcessClusterOptions {
  readonly brokers: number;
  readonly etcdMembers?: number;
  /** Of each broker; they win over those of all clusters. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Brokers of Posthorn, each a process of its own with its data, over a real etcd. */
export class ProcessCluster implements BrokerCluster {
  readonly home: string;
  readonly etcd: EtcdCluster;
  readonly #members: readonly Member[];
  readonly #settings: Readonly<Record<string, string>>;

  static async start({ brokers, etcdMembers = 1, settings = {} }: ProcessClusterOptions): Promise<ProcessCluster> {
    const home = await mkdtemp(join(tmpdir(), 'posthorn-cluster-'));
    const etcd = await EtcdCluster.start({ members: etcdMembers });
    const first = await freePorts(brokers);
    const members = Array.from({ length: brokers }, (_, index) => ({
      id: index + 1,
      port: first + index,
      home: join(home, `broker-${index + 1}`),
      running: undefined,
    }));
    const cluster = new ProcessCluster(home, etcd, members, settings);
    await Promise.all(members.map((member) => mkdir(member.home)));
    await Promise.all(cluster.ids.map((id) => cluster.start(id)));
    return cluster;
  }

  private constructor(
    home: string,
    etcd: EtcdCluster,
    members: readonly Member[],
    settings: Readonly<Record<string, string>>,
  ) {
    this.home = home;
    this.#settings = settings;
    this.etcd = etcd;
    this.#members = members;
  }

  get ids(): readonly number[] {
    return this.#members.map(({ id }) => id);
  }

  get bootstrap(): string {
    return this.#members.map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  /** Starts a broker on the data that it left; resolves when it listens. */
  async start(id: number): Promise<void> {
    const member = this.#member(id);
    const settings = {
      ...clusterSettings,
      'node.id': String(id),
      'broker.rack': `rack-${id}`,
      'metadata.store': `etcd://${this.etcd.endpoints.join(',')}`,
      ...this.#settings,
    };
    member.running = await startPosthorn({ dataDir: member.home, port: member.port, brokers: 1, settings });
  }

  async kill(id: number): Promise<void> {
    await this.#running(id).kill();
    this.#member(id).running = undefined;
  }

  /** Ends it in order (SIGTERM). */
  async stop(id: number): Promise<void> {
    await this.#running(id).stop();
    this.#member(id).running = undefined;
  }

  signal(id: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#running(id).signal(signal);
  }

  async close(keepsData = false): Promise<void> {
    for (const { id, running } of this.#members) if (running !== undefined) await this.stop(id);
    await this.etcd.stop();
    if (!keepsData) await rm(this.home, { recursive: true, force: true });
  }

  #member(id: number): Member {
    const member = this.#members.find((each) => each.id === id);
    if (member === undefined) throw new Error(`no broker ${id}`);
    return member;
  }

  #running(id: number): RunningPosthorn {
    const { running } = this.#member(id);
    if (running === undefined) throw new Error(`broker ${id} is not running`);
    return running;
  }
}
