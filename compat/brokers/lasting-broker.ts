import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrashingPosthorn } from './crashing-posthorn.ts';
import { startKafka } from './kafka.ts';
import type { RunningBroker } from './running-broker.ts';

export type BrokerKind = 'posthorn' | 'kafka';

/** A broker that is killed and comes back with its port and data: Posthorn, or the Apache Kafka it is held against. */
export interface LastingBroker extends RunningBroker {
  /** kill -9, then started again on the same data. */
  crash(): Promise<number>;
}

export async function startLasting(
  kind: BrokerKind,
  settings: Readonly<Record<string, string>> = {},
): Promise<LastingBroker> {
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

/** The broker that BROKER names; Posthorn when it is not set. */
export function brokerKind(): BrokerKind {
  const wanted = process.env['BROKER'] ?? 'posthorn';
  if (wanted !== 'posthorn' && wanted !== 'kafka') throw new Error(`BROKER is posthorn or kafka, not ${wanted}`);
  return wanted;
}
