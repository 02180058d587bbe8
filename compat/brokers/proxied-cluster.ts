import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kafkaNode } from './kafka.ts';
import { startPosthorn, type RunningPosthorn } from './posthorn.ts';
import { end, freePort, type RunningBroker } from './running-broker.ts';
import { commonSettings } from './settings.ts';
import { TcpProxy } from './tcp-proxy.ts';

const STOP_MS = 30_000;
const HEAP_MB = 320;

/** Brokers that clients reach only through proxies, and that can be killed and started again. */
export interface ProxiedCluster extends RunningBroker {
  readonly name: string;
  /** By node id, which count from 1. */
  readonly proxies: ReadonlyMap<number, TcpProxy>;
  /** kill -9. */
  kill(nodeId: number): Promise<void>;
  /** Starts a killed one on its data. */
  start(nodeId: number): Promise<void>;
}

const clusterSettings: Readonly<Record<string, string>> = {
  ...commonSettings,
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  'offsets.topic.num.partitions': '6',
  'transaction.state.log.replication.factor': '3',
  'transaction.state.log.min.isr': '2',
  'transaction.state.log.num.partitions': '6',
  'broker.session.timeout.ms': '6000',
  'broker.heartbeat.interval.ms': '500',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'inter.broker.listener.name': 'PLAINTEXT',
  'controller.listener.names': 'CONTROLLER',
  'process.roles': 'broker,controller',
};

/** Three nodes of Apache Kafka in one cluster; what passes between them passes no proxy. */
export async function startProxiedKafka(): Promise<ProxiedCluster> {
  const nodeIds = [1, 2, 3];
  const home = await mkdtemp(join(tmpdir(), 'kafka-cluster-'));
  const controllers = new Map<number, number>();
  for (const nodeId of nodeIds) controllers.set(nodeId, await freePort());
  const voters = [...controllers].map(([nodeId, port]) => `${nodeId}@127.0.0.1:${port}`).join(',');
  const proxies = new Map<number, TcpProxy>();
  const boots = new Map<number, () => Promise<ChildProcess>>();
  const children = new Map<number, ChildProcess>();
  for (const nodeId of nodeIds) {
    const [port, between] = [await freePort(), await freePort()];
    const proxy = await TcpProxy.start(port);
    proxies.set(nodeId, proxy);
    const directory = join(home, String(nodeId));
    await mkdir(directory);
    const listeners = `CLIENTS://127.0.0.1:${port},PLAINTEXT://127.0.0.1:${between}`;
    const properties = {
      ...clusterSettings,
      'node.id': String(nodeId),
      'controller.quorum.voters': voters,
      listeners: `${listeners},CONTROLLER://127.0.0.1:${controllers.get(nodeId)}`,
      'advertised.listeners': `CLIENTS://127.0.0.1:${proxy.port},PLAINTEXT://127.0.0.1:${between}`,
      'log.dirs': join(directory, 'data'),
    };
    boots.set(nodeId, await kafkaNode(directory, properties, port, HEAP_MB));
  }
  const start = async (nodeId: number): Promise<void> => {
    const child = await boots.get(nodeId)?.();
    if (child !== undefined) children.set(nodeId, child);
  };
  await Promise.all(nodeIds.map(start));
  return {
    name: 'kafka',
    bootstrap: [...proxies.values()].map(({ port }) => `127.0.0.1:${port}`).join(','),
    proxies,
    kill: async (nodeId) => kill(children.get(nodeId)),
    start,
    stop: async () => {
      for (const proxy of proxies.values()) proxy.stop();
      await Promise.all([...children.values()].map((child) => end(child, STOP_MS)));
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** One Posthorn. */
export async function startProxiedPosthorn(): Promise<ProxiedCluster> {
  const home = await mkdtemp(join(tmpdir(), 'posthorn-proxied-'));
  const port = await freePort();
  const proxy = await TcpProxy.start(port);
  const settings = { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` };
  const boot = (): Promise<RunningPosthorn> => startPosthorn({ dataDir: home, port, settings });
  let running = await boot();
  return {
    name: 'posthorn',
    bootstrap: `127.0.0.1:${proxy.port}`,
    proxies: new Map([[1, proxy]]),
    kill: () => running.kill(),
    start: async () => {
      running = await boot();
    },
    stop: async () => {
      proxy.stop();
      await running.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined) return;
  const gone = new Promise((done) => {
    child.once('exit', done);
  });
  child.kill('SIGKILL');
  await gone;
}
