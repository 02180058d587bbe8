import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaCluster } from './kafka-cluster.ts';
import { startPosthorn, type RunningPosthorn } from './posthorn.ts';
import { freePort, type RunningBroker } from './running-broker.ts';
import { TcpProxy } from './tcp-proxy.ts';

const HOST = '127.0.0.1';

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

const betweenBrokers: Readonly<Record<string, string>> = {
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'inter.broker.listener.name': 'PLAINTEXT',
};

/** Three nodes of Apache Kafka in one cluster; what passes between them passes no proxy. */
export async function startProxiedKafka(): Promise<ProxiedCluster> {
  const proxies = new Map<number, TcpProxy>();
  const cluster = await KafkaCluster.start(betweenBrokers, async ({ nodeId, port, controller }) => {
    const between = await freePort();
    const proxy = await TcpProxy.start(port);
    proxies.set(nodeId, proxy);
    return {
      listeners: `CLIENTS://${HOST}:${port},PLAINTEXT://${HOST}:${between},CONTROLLER://${HOST}:${controller}`,
      'advertised.listeners': `CLIENTS://${HOST}:${proxy.port},PLAINTEXT://${HOST}:${between}`,
    };
  });
  return {
    name: 'kafka',
    bootstrap: [...proxies.values()].map(({ port }) => `${HOST}:${port}`).join(','),
    proxies,
    kill: (nodeId) => cluster.kill(nodeId),
    start: (nodeId) => cluster.start(nodeId),
    stop: async () => {
      for (const proxy of proxies.values()) proxy.stop();
      await cluster.close();
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
