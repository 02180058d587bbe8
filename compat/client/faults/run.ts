import { inspect, parseArgs } from 'node:util';
import { Kafka } from '../../../src/client/index.ts';
import { startProxiedKafka, startProxiedPosthorn, type ProxiedCluster } from '../../brokers/proxied-cluster.ts';
import { faultScenarios } from './scenarios.ts';

/**
 * What befalls the client in a cluster of three Kafkas, and at one Posthorn: connections cut in the middle of frames and stalled by a proxy in
 * between, brokers killed, leaders and coordinators moved. Nothing that was acknowledged may be lost, repeated or out of order.
 *
 *   node dist/compat/client/faults/run.js [PART OF A NAME]... [--side kafka|posthorn]
 *
 * Closes with "N passed, M failed".
 */
const { values, positionals } = parseArgs({ options: { side: { type: 'string' } }, allowPositionals: true });
const SCENARIO_MS = 240_000;

let passed = 0;
let failed = 0;

async function play(cluster: ProxiedCluster): Promise<void> {
  for (const [number, scenario] of faultScenarios.entries()) {
    if (scenario.brokers > cluster.proxies.size) continue;
    if (positionals.length > 0 && !positionals.some((part) => scenario.name.includes(part))) continue;
    const kafka = new Kafka({
      bootstrapServers: cluster.bootstrap,
      requestTimeoutMs: 3000,
      connectTimeoutMs: 3000,
      apiTimeoutMs: 30_000,
      logLevel: 'silent',
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done within ${SCENARIO_MS} ms`)), SCENARIO_MS);
    });
    const began = performance.now();
    try {
      const told = await Promise.race([scenario.run(cluster, kafka, `f${process.pid}-${number}`), late]);
      console.log(`ok   ${cluster.name}: ${scenario.name} (${Math.round(performance.now() - began)} ms; ${told})`);
      passed++;
    } catch (error) {
      console.log(`FAIL ${cluster.name}: ${scenario.name}\n${inspect(error)}`);
      failed++;
    } finally {
      clearTimeout(timer);
    }
  }
}

for (const start of [startProxiedKafka, startProxiedPosthorn]) {
  if (values.side !== undefined && !start.name.toLowerCase().endsWith(values.side)) continue;
  const cluster = await start();
  try {
    await play(cluster);
  } finally {
    await cluster.stop();
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
