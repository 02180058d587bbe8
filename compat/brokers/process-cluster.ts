import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SeededRandom } from '../../src/base/seeded-random.ts';
import { EtcdCluster } from '../etcd/etcd-cluster.ts';
import { repositoryRoot } from '../paths.ts';
import { must } from '../tools/tool.ts';
import type { BrokerCluster } from './broker-cluster.ts';
import { LossyDisk } from './lossy-disk.ts';
import { startPosthorn, type RunningPosthorn } from './posthorn.ts';
import { freePort } from './running-broker.ts';
import { clusterSettings } from './settings.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** What leads to a broker, and from it to the members of etcd. */
export interface Links {
  readonly clients: TcpProxy;
  /** Callers are the other brokers' ids. */
  readonly brokers: TcpProxy;
  readonly etcd: readonly TcpProxy[];
}

interface Member {
  readonly id: number;
  readonly home: string;
  readonly ports: { readonly clients: number; readonly brokers: number };
  readonly links: Links;
  /** Where it differs from the others. */
  readonly settings: Map<string, string>;
  readonly env: Record<string, string>;
  /** Modules that are loaded into it first. */
  readonly preloads: Set<string>;
  /** Its data lies on it. */
  readonly disk: LossyDisk;
  running: RunningPosthorn | undefined;
}

export interface ProcessClusterOptions {
  readonly brokers: number;
  readonly etcdMembers?: number;
  /** Of each broker; they win over those of all clusters. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Brokers of Posthorn, each a process of its own with its data, over a real etcd. All that they say to each other, to etcd and to clients
 * passes a proxy; that of a broker which does not run refuses connections, as its port would.
 */
export class ProcessCluster implements BrokerCluster {
  readonly home: string;
  readonly etcd: EtcdCluster;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #members: Member[] = [];
  #made = 0;

  static async start({ brokers, etcdMembers = 1, settings = {} }: ProcessClusterOptions): Promise<ProcessCluster> {
    const home = await mkdtemp(join(tmpdir(), 'posthorn-cluster-'));
    const cluster = new ProcessCluster(home, await EtcdCluster.start({ members: etcdMembers }), settings);
    await Promise.all(Array.from({ length: brokers }, () => cluster.add()));
    return cluster;
  }

  private constructor(home: string, etcd: EtcdCluster, settings: Readonly<Record<string, string>>) {
    this.home = home;
    this.etcd = etcd;
    this.#settings = settings;
  }

  get ids(): readonly number[] {
    return this.#members.map(({ id }) => id);
  }

  get bootstrap(): string {
    return this.#members.map(({ links }) => `127.0.0.1:${links.clients.port}`).join(',');
  }

  /** Starts one broker more, with an id that none had before. */
  async add(): Promise<number> {
    const id = ++this.#made;
    const home = join(this.home, `broker-${id}`);
    await mkdir(home);
    const ports = { clients: await freePort(), brokers: await freePort() };
    const links: Links = {
      clients: await TcpProxy.start(ports.clients),
      brokers: await TcpProxy.start(ports.brokers, { callerOf: brokerOf }),
      etcd: await Promise.all(this.etcd.ports.map((port) => TcpProxy.start(port))),
    };
    const disk = new LossyDisk(join(home, 'synced.jsonl'));
    const [env, preloads] = [{ ...disk.env }, new Set([disk.preload])];
    this.#members.push({ id, home, ports, links, settings: new Map(), env, preloads, disk, running: undefined });
    await this.start(id);
    return id;
  }

  /** Starts a broker on the data that it left; resolves when it listens. */
  async start(id: number): Promise<void> {
    const member = this.#member(id);
    member.running = await startPosthorn({
      dataDir: member.home,
      port: member.ports.clients,
      brokers: 1,
      settings: { ...settingsOf(member), ...this.#settings, ...Object.fromEntries(member.settings) },
      env: { ...member.env, NODE_OPTIONS: [...member.preloads].map((each) => `--import ${each}`).join(' ') },
    });
    await Promise.all([member.links.clients.open(), member.links.brokers.open()]);
  }

  /** Starts another broker with the id of one; it has data and ports of its own. */
  async startTwin(id: number): Promise<RunningPosthorn> {
    const home = await mkdtemp(join(this.home, `twin-of-${id}-`));
    const port = await freePort();
    const { 'advertised.listeners': _, ...settings } = settingsOf(this.#member(id));
    const listeners = `CLIENTS://127.0.0.1:${port},BROKERS://127.0.0.1:${await freePort()}`;
    return startPosthorn({ dataDir: home, port, brokers: 1, settings: { ...settings, ...this.#settings, listeners } });
  }

  async kill(id: number): Promise<void> {
    const running = this.#running(id);
    await Promise.all([this.#unlink(id), running.kill()]);
    this.#member(id).running = undefined;
  }

  /** Some brokers lose power at once; answers how many bytes were not on their disks. */
  async losePower(ids: readonly number[], random: SeededRandom): Promise<number> {
    await Promise.all(ids.map((id) => this.kill(id)));
    return ids.reduce((lost, id) => lost + this.#member(id).disk.losePower(this.dataOf(id), random), 0);
  }

  /** Replaces the disk of a broker that does not run by an empty one. */
  async replaceDisk(id: number): Promise<void> {
    await rm(this.dataOf(id), { recursive: true });
    this.#member(id).disk.replaced();
  }

  /** Ends it in order (SIGTERM). */
  async stop(id: number): Promise<void> {
    await this.#running(id).stop();
    await this.#unlink(id);
    this.#member(id).running = undefined;
  }

  isRunning(id: number): boolean {
    return this.#member(id).running !== undefined;
  }

  signal(id: number, signal: NodeJS.Signals): void {
    this.#running(id).signal(signal);
  }

  links(id: number): Links {
    return this.#member(id).links;
  }

  /** Lets everything pass again, everywhere. */
  clearLinks(): void {
    for (const { links } of this.#members) {
      for (const link of [links.clients, links.brokers, ...links.etcd]) link.clear();
    }
  }

  /** Its log directory. */
  dataOf(id: number): string {
    const member = this.#member(id);
    return member.settings.get('log.dirs') ?? join(member.home, 'data');
  }

  /** Runs `posthorn metadata` on what the brokers share; throws with what it said when it fails. */
  metadataCommand(verb: string): string {
    // Without the proxies of this process, which stands still meanwhile.
    const store = `metadata.store=etcd://${this.etcd.endpoints.join()}`;
    const command = [join(repositoryRoot, 'bin', 'posthorn.js'), 'metadata', verb, '--override', store];
    return must(process.execPath, command, { timeoutMs: 30_000 });
  }

  /** What it said since it was made. */
  async saidBy(id: number): Promise<string> {
    return readFile(join(this.#member(id).home, 'posthorn.out'), 'utf8');
  }

  /** Changes settings, variables and the modules loaded into one broker, from its next start on. */
  configure(
    id: number,
    change: { settings?: Record<string, string>; env?: Record<string, string>; preload?: string },
  ): void {
    const { settings, env, preloads } = this.#member(id);
    if (change.preload !== undefined) preloads.add(change.preload);
    for (const [name, value] of Object.entries(change.settings ?? {})) settings.set(name, value);
    Object.assign(env, change.env);
  }

  /** Stops a broker for good. */
  async retire(id: number): Promise<void> {
    await this.stop(id);
    this.#members.splice(this.#members.indexOf(this.#member(id)), 1);
  }

  async close(keepsData = false): Promise<void> {
    this.clearLinks();
    for (const { id, running } of this.#members) if (running !== undefined) await this.stop(id);
    for (const { links } of this.#members) for (const link of links.etcd) link.stop();
    await this.etcd.stop();
    if (!keepsData) await rm(this.home, { recursive: true, force: true });
  }

  async #unlink(id: number): Promise<void> {
    const { clients, brokers } = this.links(id);
    await Promise.all([clients.refuse(), brokers.refuse()]);
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

function settingsOf({ id, ports, links }: Member): Record<string, string> {
  const host = '127.0.0.1';
  return {
    ...clusterSettings,
    'node.id': String(id),
    'broker.rack': `rack-${id}`,
    listeners: `CLIENTS://${host}:${ports.clients},BROKERS://${host}:${ports.brokers}`,
    'advertised.listeners': `CLIENTS://${host}:${links.clients.port},BROKERS://${host}:${links.brokers.port}`,
    'listener.security.protocol.map': 'CLIENTS:PLAINTEXT,BROKERS:PLAINTEXT',
    'inter.broker.listener.name': 'BROKERS',
    'metadata.store': `etcd://${links.etcd.map(({ port }) => `${host}:${port}`).join(',')}`,
  };
}

/** Size, key, version and correlation id of a request come before its client id, which is `broker-<id>` between brokers. */
function brokerOf(first: Buffer): string {
  const [lengthAt, textAt] = [12, 14];
  if (first.length < textAt) return '';
  return /^broker-(\d+)$/.exec(first.toString('latin1', textAt, textAt + first.readInt16BE(lengthAt)))?.[1] ?? '';
}
