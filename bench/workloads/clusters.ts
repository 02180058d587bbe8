import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withClient } from '../client/raw-client.ts';
import { describe } from '../client/topics.ts';
import { sleep } from '../measure/wait.ts';
import type { ClusterSide } from '../sides/cluster-side.ts';
import type { RunningCluster } from '../sides/running-cluster.ts';
import type { BrokerSettings, SideName } from '../sides/side.ts';
import type { BenchContext } from '../workload.ts';
import { endKept } from './brokers.ts';

const READY_MS = 60_000;
const POLL_MS = 10;

/** What every workload of clusters sets on both sides: a record counts once two of three replicas have it. */
export const REPLICAS = 3;
export const settings: BrokerSettings = { 'min.insync.replicas': '2' };

/** Clusters of a workload that runs all its rounds against the same processes. */
export class Clusters {
  readonly #running: ReadonlyMap<SideName, RunningCluster>;
  readonly #homes: readonly string[];

  private constructor(running: ReadonlyMap<SideName, RunningCluster>, homes: readonly string[]) {
    this.#running = running;
    this.#homes = homes;
  }

  /** Starts each side in an empty directory of its own and waits until its brokers know each other. */
  static async start(context: BenchContext): Promise<Clusters> {
    const running = new Map<SideName, RunningCluster>();
    const homes: string[] = [];
    for (const side of context.clusters) {
      const { home, cluster } = await startCluster(context, side);
      homes.push(home);
      running.set(side.name, cluster);
    }
    return new Clusters(running, homes);
  }

  of(side: SideName): RunningCluster {
    const cluster = this.#running.get(side);
    if (cluster === undefined) throw new Error(`${side} does not take part`);
    cluster.expectAlive();
    return cluster;
  }

  async stop(): Promise<void> {
    for (const cluster of this.#running.values()) await cluster.close();
    for (const home of this.#homes) await rm(home, { recursive: true, force: true });
  }
}

/** A cluster in an empty directory, whose brokers know each other. */
export async function startCluster(
  context: BenchContext,
  side: ClusterSide,
): Promise<{ home: string; cluster: RunningCluster }> {
  await endKept();
  const home = await mkdtemp(join(context.workRoot, `${side.name}-`));
  const cluster = await side.launch(home, settings);
  await allKnown(cluster.ports);
  return { home, cluster };
}

export function clusterSideOf(context: BenchContext, name: SideName): ClusterSide {
  const side = context.clusters.find((each) => each.name === name);
  if (side === undefined) throw new Error(`${name} does not take part`);
  return side;
}

/** Waits until each of these brokers names all of them, whether or not it answers yet; `performance.now()` of the last one's answer. */
export async function allKnown(ports: readonly number[], pollMs = POLL_MS): Promise<number> {
  const deadline = performance.now() + READY_MS;
  await Promise.all(
    ports.map(async (port) => {
      while (!(await knowsAll(port, ports))) {
        if (performance.now() > deadline) throw new Error(`the broker at ${port} does not know the others`);
        await sleep(pollMs);
      }
    }),
  );
  return performance.now();
}

async function knowsAll(port: number, ports: readonly number[]): Promise<boolean> {
  try {
    const { brokers } = await withClient(port, (client) => describe(client, []));
    return ports.every((each) => brokers.some((broker) => broker.port === each));
  } catch {
    return false;
  }
}

/** Replicas on every broker, each partition led by one of `leaders` in turn; who comes next after it takes turns as well. */
export function ledBy(ids: readonly number[], leaders: readonly number[], partitions: number): number[][] {
  return Array.from({ length: partitions }, (_, index) => {
    const leader = leaders[index % leaders.length]!;
    const others = ids.filter((id) => id !== leader);
    const first = Math.floor(index / leaders.length) % others.length;
    return [leader, ...others.slice(first), ...others.slice(0, first)];
  });
}
