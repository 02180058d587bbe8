import { rm } from 'node:fs/promises';
import { firstAnswer } from '../client/first-answer.ts';
import { withClient } from '../client/raw-client.ts';
import { leaders } from '../client/topics.ts';
import { diskQuiet } from '../measure/disk-quiet.ts';
import { memory } from '../measure/process-stats.ts';
import { sleep } from '../measure/wait.ts';
import type { BrokerProcess, Side } from '../sides/side.ts';
import { runJava } from '../tools/java.ts';
import type { BenchContext, Goal, Values, Workload } from '../workload.ts';
import { newHome, sideOf } from './brokers.ts';

const WARM_UP_SHARE = 10;
const CALLS_IN_FLIGHT = 5;
const VISIBLE_MS = 60_000;
const POLL_MS = 50;
const halfTheTime: Goal = { of: 'ratio', bound: 'at most', limit: 0.5 };

/** Many topics at once, as test suites and new installations make them. */
export const topics: Workload = {
  name: 'topics',
  title: 'Create many topics of one partition',
  method:
    `1,000 topics. The Java admin client, connected beforehand, creates them all in one call; then as many again one to a call with ` +
    `${CALLS_IN_FLIGHT} calls in flight. A fresh broker in each round, warmed with a tenth of the number. Metadata must then know all of them.`,
  metrics: [
    { key: 'oneCallMs', title: 'all in one call', unit: 'ms', better: 'less', goals: [halfTheTime] },
    { key: 'singlyMs', title: 'one to a call', unit: 'ms', better: 'less', goals: [halfTheTime] },
    { key: 'residentMb', title: 'resident memory with all of them', unit: 'MB', better: 'less' },
  ],
  open: (context) =>
    Promise.resolve({
      measure: (name) => measure(context, sideOf(context, name)),
      close: () => Promise.resolve(),
    }),
};

async function measure(context: BenchContext, side: Side): Promise<Values> {
  const count = context.scale.topics;
  const warmUp = Math.ceil(count / WARM_UP_SHARE);
  const home = await newHome(context, side.name);
  await side.prepare(home);
  const broker = await side.launch(home);
  try {
    await firstAnswer(broker);
    await create(broker, { prefix: 'warm-', count: warmUp, perCall: 1, inFlight: CALLS_IN_FLIGHT });
    await diskQuiet();
    const oneCallMs = await create(broker, { prefix: 'together-', count, perCall: count, inFlight: 1 });
    await diskQuiet();
    const singlyMs = await create(broker, { prefix: 'singly-', count, perCall: 1, inFlight: CALLS_IN_FLIGHT });
    await expectTopics(broker, warmUp + 2 * count);
    return { oneCallMs, singlyMs, residentMb: memory(broker.pid).residentBytes / 1e6 };
  } finally {
    await broker.stop();
    await rm(home, { recursive: true, force: true });
  }
}

async function create(
  { bootstrap }: BrokerProcess,
  job: { prefix: string; count: number; perCall: number; inFlight: number },
): Promise<number> {
  const numbers = [job.count, job.perCall, job.inFlight].map(String);
  return Number(await runJava('CreateTopics', [bootstrap, job.prefix, ...numbers]));
}

/** Acknowledged topics may take a moment to show; they have to. */
async function expectTopics({ port }: BrokerProcess, count: number): Promise<void> {
  const deadline = performance.now() + VISIBLE_MS;
  for (;;) {
    const found = await withClient(port, (client) => leaders(client, null));
    if (found === count) return;
    if (performance.now() > deadline) throw new Error(`${found} of ${count} topics have a leader`);
    await sleep(POLL_MS);
  }
}
