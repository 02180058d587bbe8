import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { json, Kafka, string, valuesOf } from 'posthorn/client';
import { readAll, until } from '../story.ts';
import { startBrokers } from './brokers.ts';

/**
 * Story 6: failover. Three brokers have each record, two of them at least before it counts; the leader is killed while
 * records flow. The sending goes on, nothing that was acknowledged is lost, and nothing is there twice.
 *
 *   npm run example -- failover
 */
const PAYMENTS = 3000;
const KILLED_AFTER = 1000;

interface Payment {
  readonly paymentId: string;
  readonly cents: number;
}

const brokers = await startBrokers();
const kafka = new Kafka({ bootstrapServers: brokers.bootstrapServers });
const admin = kafka.admin();
valuesOf(
  await admin.createTopics([
    { name: 'payments', partitions: 3, replicationFactor: 3, configs: { 'min.insync.replicas': '2' } },
  ]),
);

async function partitions() {
  return valuesOf(await admin.describeTopics(['payments'])).get('payments')?.partitions ?? [];
}
await until(async () => (await partitions()).every(({ inSync }) => inSync.length === 3), 'all replicas are in sync');

// acks=all and idempotence are what a producer does when nothing else is said.
const producer = kafka.producer({ keySerializer: string, valueSerializer: json<Payment>() });
let acknowledged = 0;
let lastMs = performance.now();
let longestMs = 0;

async function pay(index: number): Promise<void> {
  const payment = { paymentId: `payment-${index}`, cents: index };
  await producer.send({ topic: 'payments', key: payment.paymentId, value: payment });
  acknowledged++;
  longestMs = Math.max(longestMs, performance.now() - lastMs);
  lastMs = performance.now();
}

async function killLeader(): Promise<number> {
  const { leaderId } = (await partitions())[0]!;
  await brokers.act('kill', leaderId);
  console.log(`broker ${leaderId}, which led a partition, is killed after ${acknowledged} payments`);
  return leaderId;
}

// Records go on flowing while the broker dies.
const sent: Promise<void>[] = [];
let killed: Promise<number> | undefined;
for (let index = 0; index < PAYMENTS; index++) {
  sent.push(pay(index));
  if (index === KILLED_AFTER) killed = killLeader();
  if (index % 10 === 0) await pause(5);
}
await Promise.all(sent);
assert.equal(acknowledged, PAYMENTS, 'no payment was refused');

const ids = (await readAll(kafka, 'payments', { valueDeserializer: json<Payment>() })).map(
  ({ value }) => value?.paymentId,
);
assert.equal(ids.length, PAYMENTS, 'as many as were sent');
assert.equal(new Set(ids).size, PAYMENTS, 'each of them');
console.log(
  `${PAYMENTS} payments, none lost, none twice; the longest wait for an acknowledgement took ${Math.round(longestMs)} ms`,
);

// Who comes back catches up, and counts again.
await brokers.act('start', await killed!);
await until(async () => (await partitions()).every(({ inSync }) => inSync.length === 3), 'the broker has caught up');
console.log(`broker ${await killed!} is back and in sync`);
admin.close();
await producer.close();
await brokers.close();
