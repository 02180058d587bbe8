import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../compat/brokers/running-broker.ts';
import { etcd } from '../../compat/tools/etcd.ts';
import { sleep } from '../measure/wait.ts';
import { MEMBERS, type ClusterSide } from './cluster-side.ts';
import { launchProcess } from './launch.ts';
import { lastingPorts } from './ports.ts';
import { RunningCluster } from './running-cluster.ts';
import type { BrokerProcess, BrokerSettings, Side } from './side.ts';

const STORE_READY_MS = 30_000;
const POLL_MS = 50;

/**
 * Posthorn as a user starts it, from the build in `root`, with Kafka's own behaviour (`profile=production`) so that both
 * sides do the same work.
 */
export function posthornSide(root: string, nodeFlags: readonly string[] = []): Side {
  return {
    name: 'posthorn',
    prepare: () => Promise.resolve(),
    launch: async (home, settings = {}) => {
      const port = await freePort();
      const place = ['--data-dir', join(home, 'data')];
      return launchProcess(home, port, process.execPath, [
        ...nodeFlags,
        ...brokerArguments(root, port),
        ...place,
        ...overrides(settings),
      ]);
    },
  };
}

/** Three brokers over an etcd of one member, whose processor time and memory count with theirs. */
export function posthornCluster(root: string, nodeFlags: readonly string[] = []): ClusterSide {
  return {
    name: 'posthorn',
    launch: async (home, settings = {}) => {
      const store = await launchStore(home);
      const first = await lastingPorts(MEMBERS);
      const members = Array.from({ length: MEMBERS }, (_, index) => {
        const [id, port, place] = [index + 1, first + index, join(home, String(index + 1))];
        const own = { 'node.id': String(id), 'metadata.store': `etcd://${store.bootstrap}` };
        const args = [...nodeFlags, ...brokerArguments(root, port), '--data-dir', join(place, 'data')];
        return {
          id,
          port,
          launch: async () => {
            await mkdir(place, { recursive: true });
            return launchProcess(place, port, process.execPath, [...args, ...overrides({ ...settings, ...own })]);
          },
        };
      });
      const cluster = new RunningCluster(members, store);
      await cluster.startAll();
      return cluster;
    },
    launchTogether: async (home, { isEphemeral }) => {
      const port = await lastingPorts(MEMBERS);
      const place = isEphemeral ? ['--ephemeral'] : ['--data-dir', join(home, 'data')];
      const args = [...nodeFlags, ...brokerArguments(root, port), '--brokers', String(MEMBERS), ...place];
      const together = launchProcess(home, port, process.execPath, [...args, ...overrides({})]);
      return { ports: Array.from({ length: MEMBERS }, (_, index) => port + index), processes: [together] };
    },
  };
}

function brokerArguments(root: string, port: number): string[] {
  return [join(root, 'bin', 'posthorn.js'), '--host', '127.0.0.1', '--port', String(port)];
}

function overrides(settings: BrokerSettings): string[] {
  const all = { profile: 'production', ...settings };
  return Object.entries(all).flatMap(([key, value]) => ['--override', `${key}=${value}`]);
}

/** etcd with its default settings. */
async function launchStore(home: string): Promise<BrokerProcess> {
  const place = join(home, 'etcd');
  await mkdir(place, { recursive: true });
  const port = await lastingPorts(2);
  const [clients, peers] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${port + 1}`];
  const store = launchProcess(place, port, etcd().etcd, [
    '--name=bench',
    `--data-dir=${join(place, 'data')}`,
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=bench=${peers}`,
  ]);
  const deadline = performance.now() + STORE_READY_MS;
  while (!(await isHealthy(clients))) {
    if (!store.isAlive() || performance.now() > deadline) throw new Error(`etcd did not start:\n${store.output()}`);
    await sleep(POLL_MS);
  }
  return store;
}

async function isHealthy(address: string): Promise<boolean> {
  try {
    return (await fetch(`${address}/health`)).ok;
  } catch {
    return false;
  }
}
