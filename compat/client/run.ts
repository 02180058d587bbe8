import { inspect, parseArgs } from 'node:util';
import { startKafka } from '../brokers/kafka.ts';
import { startPosthorn } from '../brokers/posthorn.ts';
import type { RunningBroker } from '../brokers/running-broker.ts';
import { consumerScenarios } from './consumer.ts';
import { producerScenarios } from './producer.ts';
import { ClientWorld, type ClientScenario } from './scenario.ts';

/**
 * Runs the client through the same scenarios against Apache Kafka and against Posthorn.
 *
 *   node dist/compat/client/run.js [--scenario PART]...
 *
 * BOOTSTRAP_A and BOOTSTRAP_B name running brokers (A is Kafka's side); where unset, they are started. Closes with
 * "N passed, M failed".
 */
const { values } = parseArgs({ options: { scenario: { type: 'string', multiple: true, default: [] } } });
const SCENARIO_MS = 120_000;

const all: readonly ClientScenario[] = [...producerScenarios, ...consumerScenarios];
const chosen = all.filter(
  ({ name }) => values.scenario.length === 0 || values.scenario.some((part) => name.includes(part)),
);

async function broker(address: string | undefined, start: () => Promise<RunningBroker>): Promise<RunningBroker> {
  return address === undefined ? start() : { bootstrap: address, stop: async () => {} };
}

async function passes(side: string, bootstrap: string, scenario: ClientScenario, number: number): Promise<boolean> {
  const world = new ClientWorld(bootstrap, `client-${process.pid}-${number}`, number);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${SCENARIO_MS} ms`)), SCENARIO_MS);
  });
  const began = performance.now();
  try {
    await Promise.race([scenario.run(world), late]);
    console.log(`ok   ${side}: ${scenario.name} (${Math.round(performance.now() - began)} ms)`);
    return true;
  } catch (error) {
    console.log(`FAIL ${side}: ${scenario.name}\n${inspect(error)}`);
    return false;
  } finally {
    clearTimeout(timer);
    world.close();
  }
}

let passed = 0;
let failed = 0;
const sides = [
  ['kafka', () => broker(process.env['BOOTSTRAP_A'], () => startKafka({}))],
  ['posthorn', () => broker(process.env['BOOTSTRAP_B'], () => startPosthorn())],
] as const;
for (const [side, start] of sides) {
  const running = await start();
  try {
    for (const [number, scenario] of chosen.entries()) {
      if (await passes(side, running.bootstrap, scenario, number)) passed++;
      else failed++;
    }
  } finally {
    await running.stop();
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
