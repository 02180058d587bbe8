import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { Verdict } from '../../src/testing/check-history.ts';
import type { HistoryEvent } from '../../src/testing/history-event.ts';
import { brokerKind } from '../brokers/broker-kind.ts';
import { startLasting } from '../brokers/lasting-broker.ts';
import type { RunningBroker } from '../brokers/running-broker.ts';
import type { ChaosGroup } from './chaos-group.ts';
import { committedOffsets } from './committed.ts';
import type { HistoryOfProcesses } from './processes-of-history.ts';

/** The members' session in classic groups; KIP-848 sets it at the broker. */
export const SESSION_MS = 6000;
const ACTION_MS = 1500;
const SHOWN_OF_KIND_MAX = 4;
const isLong = process.argv.includes('--long');
const SEED = Number(process.env['SEED'] ?? Math.floor(Date.now() / 86_400_000));
const SECONDS = Number(process.env['SECONDS'] ?? (isLong ? 180 : 15));
const CRASHES = Number(process.env['CRASHES'] ?? (isLong ? 12 : 2));

const settings = {
  'group.consumer.session.timeout.ms': String(SESSION_MS),
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.heartbeat.interval.ms': '500',
  'group.consumer.min.heartbeat.interval.ms': '100',
};

/** What to say of a run before it begins. */
export const runTitle = `${SECONDS} s, seed ${SEED}`;

/** The broker of a run: BOOTSTRAP, or one of its own that can be killed (Apache Kafka with BROKER=kafka, otherwise Posthorn). */
export interface ChaosBroker extends RunningBroker {
  readonly home: string;
  /** kill -9 and a new start; missing for a broker that others use. */
  readonly crash?: () => Promise<number>;
}

export async function chaosBroker(): Promise<ChaosBroker> {
  const home = await mkdtemp(join(tmpdir(), 'posthorn-groups-'));
  const given = process.env['BOOTSTRAP'];
  if (given !== undefined) return { bootstrap: given, home, stop: async () => {} };
  const own = await startLasting(brokerKind(), settings);
  return { bootstrap: own.bootstrap, home, crash: async () => own.crash(), stop: async () => own.stop() };
}

/** Disturbs the groups and kills the broker for SECONDS, in the order that SEED gives; then lets all work in peace. */
export async function stress(broker: ChaosBroker, groups: readonly ChaosGroup[]): Promise<void> {
  const random = new SeededRandom(SEED);
  const endMs = Date.now() + SECONDS * 1000;
  const crashes = Array.from({ length: CRASHES }, (_, crash) => ((crash + random.next()) / CRASHES) * SECONDS * 1000);
  while (Date.now() < endMs) {
    await pause(random.below((ACTION_MS * 2) / groups.length));
    const group = groups[random.below(groups.length)];
    if (group !== undefined) console.log(`  ${group.disturb(random)}`);
    const due = crashes.findIndex((beforeEndMs) => endMs - beforeEndMs <= Date.now());
    if (due < 0 || broker.crash === undefined) continue;
    crashes.splice(due, 1);
    console.log(`  broker killed, up again after ${Math.round(await broker.crash())} ms`);
  }
  for (const group of groups) group.calm();
}

/** Waits until nothing is missing, replacing members that give up meanwhile; says how long it took. */
export async function drain(groups: readonly ChaosGroup[], missing: () => number, waitMs: number): Promise<void> {
  const began = Date.now();
  while (Date.now() - began < waitMs && missing() > 0) {
    await pause(500);
    for (const group of groups) group.tend();
  }
  console.log(`  ${missing()} missing after ${Date.now() - began} ms in peace`);
}

/** Notes the committed offsets of a group. */
export async function lookAtOffsets(
  history: HistoryOfProcesses,
  bootstrap: string,
  { group, topic, partitions }: { group: string; topic: string; partitions: number },
): Promise<void> {
  history.note({ type: 'committedAsked', atMs: Date.now(), client: 'admin', group });
  const offsets = await committedOffsets(bootstrap, group, topic, partitions);
  for (const [partition, offset] of offsets.entries())
    history.note({ type: 'committedRead', atMs: Date.now(), client: 'admin', group, topic, partition, offset });
}

/** Shows some findings of each kind with the events that tell of them. */
export function show(events: readonly HistoryEvent[], { findings, counts }: Verdict): void {
  const shown = new Map<string, number>();
  for (const { kind, what, events: positions } of findings) {
    const before = shown.get(kind) ?? 0;
    shown.set(kind, before + 1);
    if (before >= SHOWN_OF_KIND_MAX) continue;
    console.log(`    ${kind}: ${what}`);
    for (const position of positions) console.log(`        ${position}: ${JSON.stringify(events[position])}`);
  }
  for (const [kind, found] of counts) console.log(`    ${found} of ${kind}`);
}

/** Stops the broker; after a failure the history and the broker's data are kept. */
export async function close(broker: ChaosBroker, events: readonly HistoryEvent[], failed: number): Promise<void> {
  await broker.stop();
  if (failed === 0) return rm(broker.home, { recursive: true, force: true });
  const lines = events.map((event) => `${JSON.stringify(event)}\n`);
  await writeFile(join(broker.home, 'history.jsonl'), lines.join(''));
  console.log(`the history, and the broker's data and output, stay in ${broker.home}`);
  return undefined;
}
