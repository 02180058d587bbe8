import { startKafka } from '../../brokers/kafka.ts';
import { startPosthorn } from '../../brokers/posthorn.ts';
import type { RunningBroker } from '../../brokers/running-broker.ts';
import { compareSteps } from '../../oracle/difference.ts';
import { clusterScenarios } from './scenarios/cluster.ts';
import { groupScenarios } from './scenarios/groups.ts';
import { securityScenarios } from './scenarios/security.ts';
import { topicScenarios } from './scenarios/topics.ts';
import { transactionScenarios } from './scenarios/transactions.ts';
import { AdminSide, type AdminScenario } from './side.ts';

/**
 * The admin's calls against Apache Kafka and against Posthorn, with equal results.
 *
 *   node dist/compat/client/admin/run.js [PART OF A NAME]... [--show]
 *
 * BOOTSTRAP_A and BOOTSTRAP_B name running brokers (A is Kafka's side); where unset, both are started. Closes with "N passed, M failed", counted
 * in calls.
 */
const scenarios: readonly AdminScenario[] = [
  ...topicScenarios,
  ...groupScenarios,
  ...clusterScenarios,
  ...transactionScenarios,
  ...securityScenarios,
];

const parts = process.argv.slice(2).filter((part) => !part.startsWith('--'));
const mustShow = process.argv.includes('--show');

async function broker(address: string | undefined, start: () => Promise<RunningBroker>): Promise<RunningBroker> {
  return address === undefined ? start() : { bootstrap: address, stop: async () => {} };
}

async function play(scenario: AdminScenario, bootstrap: string, which: string): Promise<AdminSide> {
  const side = new AdminSide(bootstrap, `adm${which}${(Date.now() % 1e8).toString(36)}${process.pid}`);
  try {
    await scenario.run(side);
  } catch (error) {
    side.steps.push({ label: 'ended early', request: '', answer: String(error) });
  }
  side.close();
  return side;
}

const kafka = await broker(process.env['BOOTSTRAP_A'], () => startKafka({}));
const posthorn = await broker(process.env['BOOTSTRAP_B'], () => startPosthorn());
let [passed, failed] = [0, 0];
for (const scenario of scenarios) {
  if (parts.length > 0 && !parts.some((part) => scenario.name.includes(part))) continue;
  const [a, b] = [await play(scenario, kafka.bootstrap, 'a'), await play(scenario, posthorn.bootstrap, 'b')];
  const differences = compareSteps(scenario.name, a.steps, b.steps);
  const wrong = new Set(differences.map(({ step }) => step)).size;
  passed += Math.max(a.steps.length, b.steps.length) - wrong;
  failed += wrong;
  console.log(`${wrong === 0 ? 'pass' : 'FAIL'} ${scenario.name}: ${a.steps.length} calls`);
  if (mustShow) for (const { label, answer } of a.steps) console.log(`  ${label} = ${JSON.stringify(answer)}`);
  for (const { step, path, kafka: left, posthorn: right } of differences) {
    console.log(`  ${step} ${path}\n    kafka    ${JSON.stringify(left)}\n    posthorn ${JSON.stringify(right)}`);
  }
}
await Promise.all([kafka.stop(), posthorn.stop()]);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
