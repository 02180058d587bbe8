import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findCoordinator } from '../../src/protocol/messages/010-find-coordinator.ts';
import { initProducerId } from '../../src/protocol/messages/022-init-producer-id.ts';
import type { BrokerCluster } from '../brokers/broker-cluster.ts';
import type { BrokerKind } from '../brokers/broker-kind.ts';
import { startKafka } from '../brokers/kafka.ts';
import { startPosthorn } from '../brokers/posthorn.ts';
import type { RunningBroker } from '../brokers/running-broker.ts';
import { startBrokerCluster } from '../brokers/start-cluster.ts';
import { compareSteps, type Difference } from './difference.ts';
import { intended, intendedDifferences, type Intended } from './intended-differences.ts';
import { coordinatorReady } from './members.ts';
import { scenarios } from './scenarios.ts';
import { ENDED_EARLY, Side, type Scenario } from './scenario.ts';

/**
 * Sends the same requests to Apache Kafka and to Posthorn and compares the answers field by field.
 *
 *   node dist/compat/oracle/run.js [--scenario PART]... [--show] [--brief] [--serial] [--directories N] [--brokers 3]
 *
 * BOOTSTRAP_A and BOOTSTRAP_B name running brokers (A is Kafka's side); where unset, Apache Kafka and Posthorn are started, both with
 * the settings of brokers/settings.ts. `--directories 2` runs the scenarios for brokers with so many log directories,
 * otherwise those for one; `--brokers 3` those for clusters, against three nodes of Kafka and three processes of Posthorn over etcd,
 * which are stopped and started meanwhile. `--show` prints the transcripts; `--brief` one line for
 * each kind of difference. Closes with "N passed, M failed", counted in requests.
 */
const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true, default: [] },
    show: { type: 'boolean', default: false },
    brief: { type: 'boolean', default: false },
    serial: { type: 'boolean', default: false },
    directories: { type: 'string', default: '1' },
    brokers: { type: 'string', default: '1' },
  },
});
/** A scenario that hangs must not hang the run; closing its connections makes the rest of it fail at once. */
const SCENARIO_MS = 60_000;
const SCENARIO_ALONE_MS = 120_000;
const TRANSACTION = 1;
const PREPARE_TRIES_MAX = 400;
const PREPARE_PAUSE_MS = 25;
const CONCURRENCY = values.serial ? 1 : 4;

interface Verdict {
  readonly scenario: Scenario;
  readonly steps: number;
  readonly ms: number;
  readonly unexpected: readonly Difference[];
  readonly excused: ReadonlyMap<Intended, number>;
}

/** One broker or several to be compared. */
interface Party extends RunningBroker {
  /** What can be done to them, where there are several that were started here. */
  readonly cluster?: BrokerCluster;
}

async function party(address: string | undefined, start: () => Promise<Party>): Promise<Party> {
  return address === undefined ? start() : { bootstrap: address, stop: async () => {} };
}

const READING_BY_RACK = { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' };

async function severalOf(kind: BrokerKind): Promise<Party> {
  const cluster = await startBrokerCluster(kind, READING_BY_RACK);
  return { bootstrap: cluster.bootstrap, cluster, stop: () => cluster.close() };
}

/** Scenarios run at the same time, and some look at the topics that groups make, or need a producer id at once. */
async function prepare(bootstrap: string): Promise<void> {
  const side = new Side(bootstrap, 'prepare');
  await coordinatorReady(side);
  const peer = side.peer();
  await peer.quiet(findCoordinator, 4, { key: '', keyType: TRANSACTION, coordinatorKeys: ['x'] });
  for (let tries = 0; tries < PREPARE_TRIES_MAX; tries++) {
    const request = { transactionalId: null, transactionTimeoutMs: 0, producerId: -1, producerEpoch: -1 };
    if ((await peer.quiet(initProducerId, 4, request))?.errorCode === 0) break;
    await pause(PREPARE_PAUSE_MS);
  }
  side.close();
}

async function play(scenario: Scenario, { bootstrap, cluster }: Party, mark: string): Promise<Side> {
  const side = new Side(bootstrap, `o${mark}${(Date.now() % 1e8).toString(36)}${scenario.name.slice(0, 2)}`, cluster);
  const timer = setTimeout(
    () => {
      side.note(ENDED_EARLY, 'out of time');
      side.close();
    },
    scenario.isAlone === true ? SCENARIO_ALONE_MS : SCENARIO_MS,
  );
  try {
    await scenario.run(side);
  } catch (error) {
    side.note(ENDED_EARLY, error instanceof Error ? error.message : String(error));
    if (values.show) console.log(error);
  }
  clearTimeout(timer);
  side.close();
  return side;
}

async function compare(scenario: Scenario, kafka: Party, posthorn: Party): Promise<Verdict> {
  const began = performance.now();
  const [a, b] = await Promise.all([play(scenario, kafka, 'a'), play(scenario, posthorn, 'b')]);
  const unexpected: Difference[] = [];
  const excused = new Map<Intended, number>();
  for (const difference of compareSteps(scenario.name, a.steps, b.steps)) {
    const entry = intended(difference);
    if (entry === undefined) unexpected.push(difference);
    else excused.set(entry, (excused.get(entry) ?? 0) + 1);
  }
  if (values.show) show(a, b);
  return {
    scenario,
    steps: Math.max(a.steps.length, b.steps.length),
    ms: performance.now() - began,
    unexpected,
    excused,
  };
}

function show(a: Side, b: Side): void {
  for (const [index, step] of a.steps.entries()) {
    console.log(`  ${index + 1} ${step.label} ${step.request}`);
    const [left, right] = [JSON.stringify(step.answer), JSON.stringify(b.steps[index]?.answer)];
    console.log(left === right ? `      = ${left}` : `      A ${left}\n      B ${right}`);
  }
}

function report({ scenario, steps, ms, unexpected, excused }: Verdict): void {
  const different = new Set(unexpected.map(({ step }) => step)).size;
  const meant = excused.size === 0 ? '' : `, ${[...excused.values()].reduce((a, b) => a + b)} differences intended`;
  const verdict = different === 0 ? 'pass' : 'FAIL';
  console.log(`${verdict} ${scenario.name}: ${steps} requests, ${(ms / 1000).toFixed(1)} s${meant}`);
  if (values.brief) {
    for (const line of briefly(unexpected)) console.log(line);
    return;
  }
  let last = '';
  for (const { step, path, kafka, posthorn } of unexpected) {
    if (step !== last) console.log(`  ${step}`);
    last = step;
    console.log(`    ${path}\n      kafka    ${JSON.stringify(kafka)}\n      posthorn ${JSON.stringify(posthorn)}`);
  }
}

/** Differences that differ alike in the same kind of field become one line with their number and the first step. */
function briefly(differences: readonly Difference[]): string[] {
  const kinds = new Map<string, { count: number; first: string }>();
  for (const { step, path, kafka, posthorn } of differences) {
    const sides = [kafka, posthorn].map((value) => (JSON.stringify(value) ?? 'nothing').slice(0, 160));
    const kind = `${path.replaceAll(/\[\d+\]/g, '[]')}: kafka ${sides[0]}, posthorn ${sides[1]}`;
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, { count: 1, first: step });
    else known.count++;
  }
  return [...kinds].map(([kind, { count, first }]) => `  ${kind} (${count}, first ${first})`);
}

const directories = Number(values.directories);
const brokers = Number(values.brokers);
const wanted = scenarios.filter(
  ({ name, directories: dirs = 1, brokers: nodes = 1 }) =>
    dirs === directories &&
    nodes === brokers &&
    (values.scenario.length === 0 || values.scenario.some((part) => name.includes(part))),
);
const isCluster = brokers > 1;
const kafka = await party(process.env['BOOTSTRAP_A'], () =>
  isCluster ? severalOf('kafka') : startKafka({}, directories),
);
const posthorn = await party(process.env['BOOTSTRAP_B'], () =>
  isCluster ? severalOf('posthorn') : startPosthorn({ directories }),
).catch(async (error: unknown) => {
  await kafka.stop();
  throw error;
});
await Promise.all([kafka, posthorn].map(({ bootstrap }) => prepare(bootstrap)));
const verdicts: Verdict[] = [];

async function run(scenario: Scenario): Promise<void> {
  const verdict = await compare(scenario, kafka, posthorn);
  report(verdict);
  verdicts.push(verdict);
}

const queue = wanted.filter(({ isAlone = false }) => !isAlone);
await Promise.all(
  Array.from({ length: CONCURRENCY }, async () => {
    for (let scenario = queue.shift(); scenario !== undefined; scenario = queue.shift()) await run(scenario);
  }),
);
for (const scenario of wanted) if (scenario.isAlone === true) await run(scenario);
await Promise.all([kafka.stop(), posthorn.stop()]);

const seen = new Set(verdicts.flatMap(({ excused }) => [...excused.keys()]));
if (seen.size > 0) console.log('intended differences:');
for (const { reason } of seen) console.log(`  - ${reason}`);
const stale =
  values.scenario.length > 0 || directories > 1 || isCluster
    ? []
    : intendedDifferences.filter((entry) => !seen.has(entry));
for (const { reason, scenario } of stale) console.log(`  not seen: ${String(scenario)} ${reason}`);
const requests = verdicts.reduce((sum, { steps }) => sum + steps, 0);
const failed = verdicts.reduce((sum, { unexpected }) => sum + new Set(unexpected.map(({ step }) => step)).size, 0);
console.log(`${verdicts.length} scenarios, ${requests} requests`);
console.log(`${requests - failed} passed, ${failed} failed`);
process.exit(failed > 0 || requests === 0 ? 1 : 0);
