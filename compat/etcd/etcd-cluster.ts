import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { endsWithUs } from '../brokers/running-broker.ts';
import type { Authority } from '../../test/runtime/certificates.ts';
import { etcd } from '../tools/etcd.ts';
import { must } from '../tools/tool.ts';

const READY_WITHIN_MS = 60_000;

export interface EtcdClusterOptions {
  readonly members: number;
  /** Arguments of each member beyond those that make the cluster. */
  readonly args?: readonly string[];
  /** Clients have to speak TLS, and to show a certificate of this authority. */
  readonly authority?: Authority;
}

interface Member {
  readonly name: string;
  readonly client: string;
  readonly peer: string;
  process: ChildProcess | undefined;
}

/** Real etcd members on this machine, each in a process of its own, on free ports, with data that goes at the end. */
export class EtcdCluster {
  readonly #home = mkdtempSync(join(tmpdir(), 'posthorn-etcd-'));
  readonly #args: readonly string[];
  /** What etcdctl needs to be let in. */
  readonly #ctlArgs: readonly string[] = [];
  readonly #scheme: 'http' | 'https' = 'http';
  readonly #members: readonly Member[];

  static async start({ members, args = [], authority }: EtcdClusterOptions): Promise<EtcdCluster> {
    const ports = await freePorts(members * 2);
    const cluster = new EtcdCluster(
      Array.from({ length: members }, (_, index) => ({
        name: `m${index}`,
        client: `127.0.0.1:${ports[2 * index]}`,
        peer: `http://127.0.0.1:${ports[2 * index + 1]}`,
        process: undefined,
      })),
      args,
      authority,
    );
    for (let index = 0; index < members; index++) cluster.startMember(index);
    await cluster.ready();
    return cluster;
  }

  private constructor(members: readonly Member[], args: readonly string[], authority?: Authority) {
    this.#members = members;
    this.#args = args;
    if (authority === undefined) return;
    const { cert, key } = authority.issue({ name: 'etcd', addresses: ['127.0.0.1'] });
    const [ca, own, secret] = [
      this.#file('ca.pem', authority.cert),
      this.#file('m.pem', cert),
      this.#file('m.key', key),
    ];
    this.#scheme = 'https';
    this.#args = [
      ...args,
      `--trusted-ca-file=${ca}`,
      `--cert-file=${own}`,
      `--key-file=${secret}`,
      '--client-cert-auth',
    ];
    this.#ctlArgs = [`--cacert=${ca}`, `--cert=${own}`, `--key=${secret}`];
  }

  #file(name: string, text: string): string {
    const path = join(this.#home, name);
    writeFileSync(path, text);
    return path;
  }

  get size(): number {
    return this.#members.length;
  }

  get endpoints(): readonly string[] {
    return this.#members.map(({ client }) => client);
  }

  /** The members' ports for clients. */
  get ports(): readonly number[] {
    return this.endpoints.map((endpoint) => Number(endpoint.split(':')[1]));
  }

  startMember(index: number): void {
    const { name, client, peer } = this.#members[index]!;
    const log = openSync(join(this.#home, `${name}.log`), 'a');
    const process = endsWithUs(
      spawn(
        etcd().etcd,
        [
          `--name=${name}`,
          `--data-dir=${join(this.#home, name)}`,
          `--listen-client-urls=${this.#scheme}://${client}`,
          `--advertise-client-urls=${this.#scheme}://${client}`,
          `--listen-peer-urls=${peer}`,
          `--initial-advertise-peer-urls=${peer}`,
          `--initial-cluster=${this.#peers}`,
          ...this.#args,
        ],
        { stdio: ['ignore', log, log] },
      ),
    );
    process.on('error', () => {});
    this.#members[index]!.process = process;
  }

  async kill(index: number, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const member = this.#members[index]!;
    const { process } = member;
    member.process = undefined;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const ended = once(process, 'exit');
    process.kill(signal);
    await ended;
  }

  /** Waits until the members that run have a leader. */
  async ready(): Promise<void> {
    const deadline = performance.now() + READY_WITHIN_MS;
    for (;;) {
      try {
        this.ctl(['put', 'ready', 'yes']);
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await pause(200);
      }
    }
  }

  /** The member that leads. */
  leader(): number {
    const running = this.#members.flatMap((member, index) => (member.process === undefined ? [] : [index]));
    for (const index of running) {
      const text = this.ctl(['endpoint', 'status', '--write-out=json'], [this.#members[index]!.client]);
      const [status] = JSON.parse(text) as { Status: { header: { member_id: number }; leader: number } }[];
      if (status !== undefined && status.Status.header.member_id === status.Status.leader) return index;
    }
    throw new Error('etcd has no leader');
  }

  /** Runs etcdctl against the running members, or the given endpoints; its output. */
  ctl(args: readonly string[], endpoints?: readonly string[]): string {
    const running = this.#members.filter(({ process }) => process !== undefined).map(({ client }) => client);
    const all = [...this.#ctlArgs, '--endpoints', (endpoints ?? running).join(','), '--command-timeout=5s', ...args];
    return must('etcdctl', all, { env: { ETCDCTL_API: '3' }, timeoutMs: 20_000 });
  }

  /** Forgets all history up to now. */
  compact(): void {
    const text = this.ctl(['get', 'nothing', '--write-out=json']);
    const { header } = JSON.parse(text) as { header: { revision: number } };
    this.ctl(['compaction', String(header.revision)]);
  }

  /** Copies all that it holds; answers the file. */
  copy(): string {
    const file = join(this.#home, 'copy.db');
    this.ctl(['snapshot', 'save', file], this.endpoints.slice(0, 1));
    return file;
  }

  /** Ends all members, and starts them on what a copy held. */
  async restore(file: string): Promise<void> {
    for (const [index, { name, peer }] of this.#members.entries()) {
      await this.kill(index);
      const data = join(this.#home, name);
      rmSync(data, { recursive: true });
      const place = [`--name=${name}`, `--data-dir=${data}`, `--initial-advertise-peer-urls=${peer}`];
      must('etcdctl', ['snapshot', 'restore', file, ...place, `--initial-cluster=${this.#peers}`], {
        env: { ETCDCTL_API: '3' },
        timeoutMs: 20_000,
      });
    }
    for (let index = 0; index < this.size; index++) this.startMember(index);
    await this.ready();
  }

  get #peers(): string {
    return this.#members.map(({ name, peer }) => `${name}=${peer}`).join(',');
  }

  /** Raises an alarm, as a member does that has no space left; `etcdctl alarm disarm` ends it. */
  async raiseAlarm(alarm: 'NOSPACE'): Promise<void> {
    const answer = await fetch(`http://${this.endpoints[0]}/v3/maintenance/alarm`, {
      method: 'POST',
      body: JSON.stringify({ action: 'ACTIVATE', memberID: '1', alarm }),
    });
    if (!answer.ok) throw new Error(`no alarm: ${await answer.text()}`);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map((_, index) => this.kill(index)));
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** Ports that nobody listens on now; held together for a moment, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((closed) => void server.close(closed))));
  return ports;
}
