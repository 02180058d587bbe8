import { clientMakers } from './clients/order-client.ts';
import { etcd } from './tools/etcd.ts';
import { springApplication } from './spring/spring-application.ts';
import { go } from './tools/go.ts';
import { kafkaClassPath, needJava } from './tools/kafka-jars.ts';

/**
 * Fetches everything that the suites of compat/ need, so that their times are their own: Java, Kafka's jars, a Python with
 * librdkafka, kcat, Go. What cannot be had is said loudly and makes no failure: each suite says again what it left out.
 */
const wanted: Readonly<Record<string, () => unknown>> = {
  'Java and Maven': needJava,
  'Apache Kafka’s jars': () => kafkaClassPath(),
  'Kafka Streams': () => kafkaClassPath('kafka-streams'),
  'Kafka Connect': () => kafkaClassPath('connect-file'),
  'Spring Boot': springApplication,
  Go: go,
  etcd,
  ...clientMakers,
};

let missing = 0;
for (const [name, make] of Object.entries(wanted)) {
  const began = performance.now();
  try {
    make();
    console.log(`ready: ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    missing++;
    console.log(`NOT RUN: ${name} cannot be had: ${error instanceof Error ? error.message : String(error)}`);
  }
}
if (missing > 0)
  console.log(`${missing} of ${Object.keys(wanted).length} tools are missing; what needs them will not run`);
