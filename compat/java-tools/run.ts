import { startPosthorn } from '../brokers/posthorn.ts';
import type { Check } from './checking.ts';
import { Checking } from './checking.ts';
import { clusterChecks, NotHere } from './checks/cluster.ts';
import { compactionChecks } from './checks/compaction.ts';
import { configChecks } from './checks/configs.ts';
import { groupChecks } from './checks/groups.ts';
import { internalTopicChecks } from './checks/internal-topics.ts';
import { recordChecks } from './checks/records.ts';
import { topicChecks } from './checks/topics.ts';
import { transactionChecks } from './checks/transactions.ts';
import { JavaTools } from './java-tool.ts';

/**
 * Runs Apache Kafka's own command line tools against a broker and checks what they print.
 *
 *   node dist/compat/java-tools/run.js [PART OF A NAME]...
 *
 * BOOTSTRAP names a running broker with node.id 1, DATADIR its data; otherwise Posthorn is started. Closes with "N passed, M failed".
 */
const CONCURRENCY = 2;
const checks: readonly Check[] = [
  ...topicChecks,
  ...configChecks,
  ...recordChecks,
  ...groupChecks,
  ...internalTopicChecks,
  ...transactionChecks,
  ...clusterChecks,
  ...compactionChecks,
];
const wanted = process.argv.slice(2);
const selected = checks.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));

const given = process.env['BOOTSTRAP'];
const posthorn = given === undefined ? await startPosthorn() : undefined;
const bootstrap = given ?? posthorn?.bootstrap ?? '';
const dataDir = posthorn?.dataDir ?? process.env['DATADIR'];
let passed = 0;
let failed = 0;
const notRun: string[] = [];

async function runCheck(tools: JavaTools, check: Check, mark: string): Promise<void> {
  const began = performance.now();
  const checking = new Checking(tools, bootstrap, dataDir, mark);
  const fault: unknown = await check.run(checking).then(
    () => undefined,
    (error: unknown) => error,
  );
  await checking.endLive();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  if (fault instanceof NotHere) {
    notRun.push(`${check.name}: ${fault.message}`);
  } else if (fault === undefined) {
    passed++;
    console.log(`pass ${check.name}, ${seconds} s`);
  } else {
    failed++;
    console.log(
      `FAIL ${check.name}, ${seconds} s\n${(fault instanceof Error ? fault.message : JSON.stringify(fault)).replace(/^/gm, '    ')}`,
    );
  }
}

let tools: JavaTools | undefined;
try {
  tools = await JavaTools.prepare(bootstrap);
} catch (error) {
  notRun.push(`Kafka's Java tools: ${error instanceof Error ? error.message : String(error)}`);
}
const queue = tools === undefined ? [] : selected;
const mark = `tools${Date.now().toString(36)}`;
let number = 0;
await Promise.all(
  Array.from({ length: CONCURRENCY }, async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift())
      if (tools !== undefined) await runCheck(tools, check, `${mark}x${number++}`);
  }),
);
await posthorn?.stop();
for (const reason of notRun) console.log(`NOT RUN: ${reason}`);
console.log(`${passed} passed, ${failed} failed${notRun.length === 0 ? '' : `, ${notRun.length} NOT RUN`}`);
process.exit(failed > 0 || (passed === 0 && notRun.length === 0) ? 1 : 0);
