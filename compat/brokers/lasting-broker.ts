import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BrokerKind } from './broker-kind.ts';
import { CrashingPosthorn } from './crashing-posthorn.ts';
import { startKafka } from './kafka.ts';
import type { RunningBroker } from './running-broker.ts';
import { startBrokerCluster } from './start-cluster.ts';

/** How long the others are without the one that was killed: long enough to notice and to elect leaders. */
const ABSENCE_MS = 3000;

/** A broker that is killed and comes back with its port and data: Posthorn, or the Apache Kafka it is held against. */
export interface LastingBroker extends RunningBroker {
  /** kill -9, then started again on the same data. */
  crash(): Promise<number>;
}

/** One broker; with BROKERS=3 three of them, of which each crash hits another, in an order that differs from run to run. */
export async function startLasting(
  kind: BrokerKind,
  settings: Readonly<Record<string, string>> = {},
): Promise<LastingBroker> {
  if (process.env['BROKERS'] === '3') return severalLasting(kind, settings);
  if (kind === 'kafka') return startKafka(settings);
  const home = await mkdtemp(join(tmpdir(), 'posthorn-lasting-'));
  const running = await CrashingPosthorn.start(home, settings);
  return {
    bootstrap: running.bootstrap,
    crash: async () => running.crash(),
    stop: async () => {
      await running.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function severalLasting(kind: BrokerKind, settings: Readonly<Record<string, string>>): Promise<LastingBroker> {
  const cluster = await startBrokerCluster(kind, settings);
  let next = Math.floor(Math.random() * cluster.ids.length);
  return {
    bootstrap: cluster.bootstrap,
    crash: async () => {
      const id = cluster.ids[next++ % cluster.ids.length] ?? 1;
      const began = performance.now();
      await cluster.kill(id);
      await pause(ABSENCE_MS);
      await cluster.start(id);
      return performance.now() - began;
    },
    stop: () => cluster.close(),
  };
}
