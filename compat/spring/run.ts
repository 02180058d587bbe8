import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokerKind } from '../brokers/broker-kind.ts';
import { startLasting } from '../brokers/lasting-broker.ts';
import { scenarios, type Stage } from './scenarios.ts';
import { springApplication, SpringApplication } from './spring-application.ts';

/**
 * A Spring Boot application as Spring's users write it, `KafkaTemplate` and `@KafkaListener`, unchanged over a broker: it books payments, is
 * killed in between, has retries, dead letters and transactions; and it works together with posthorn/listener.
 *
 *   node dist/compat/spring/run.js
 *
 * BROKER=kafka runs it against Apache Kafka. Closes with "N passed, M failed".
 */
let jar: string;
try {
  jar = springApplication();
} catch (error) {
  console.log(`NOT RUN: Spring Boot: ${error instanceof Error ? error.message : String(error)}`);
  console.log('0 passed, 0 failed, all NOT RUN');
  process.exit(0);
}
const broker = await startLasting(brokerKind());
const home = await mkdtemp(join(tmpdir(), 'spring-compat-'));
const start = (profile?: string): SpringApplication =>
  new SpringApplication(jar, broker.bootstrap, join(home, 'books'), profile);
const stage: Stage = { bootstrap: broker.bootstrap, app: start(), start };
let passed = 0;
let failed = 0;
for (const [name, run] of Object.entries(scenarios)) {
  const began = performance.now();
  const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  try {
    await run(stage);
    passed++;
    console.log(`pass ${name}, ${seconds()}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}, ${seconds()}\n    ${error instanceof Error ? error.message : String(error)}`);
  }
}
await stage.app.kill();
await broker.stop();
await rm(home, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
