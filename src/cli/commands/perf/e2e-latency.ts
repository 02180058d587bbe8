import { Admin } from '../../../client/admin/admin.ts';
import { Cluster } from '../../../client/cluster.ts';
import type { ConsumerRecord } from '../../../client/consumer/consumer-record.ts';
import { Consumer } from '../../../client/consumer/consumer.ts';
import { Producer } from '../../../client/producer/producer.ts';
import { clientOptions } from '../../tools/connect.ts';
import { javaMessage } from '../../tools/java-error.ts';
import { asJavaFailure } from '../../tools/java-failure.ts';
import { fixed } from '../../tools/java-format.ts';
import { javaDouble } from '../../tools/java-text.ts';
import { OptionFailure } from '../../tools/option-parser.ts';
import { propertiesFile } from '../../tools/properties-file.ts';
import { Silence } from '../../tools/silence.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { latencyTestIn, type LatencyTest } from './e2e-latency-options.ts';

const POLL_TIMEOUT_MS = 60_000;
const REPORT_EVERY = 1000;
const LETTERS = 26;
const FIRST_LETTER = 65;

/** `kafka-e2e-latency` (EndToEndLatency): writes a record, reads it, and tells how long that took; again and again. */
export const e2eLatencyTool: Tool = {
  name: 'kafka-e2e-latency',
  async run(args, world) {
    const test = latencyTestIn(args, world);
    if (test === undefined) return 0;
    try {
      await measure(test, world);
      return 0;
    } catch (error) {
      throw error instanceof OptionFailure || !(error instanceof ToolFailure)
        ? new ToolFailure(`${javaMessage(error)}\n${asJavaFailure(error).message}`)
        : error;
    }
  },
};

async function measure(test: LatencyTest, world: ToolWorld): Promise<void> {
  const { bootstrapServers: servers, topic, configFile, acks } = test;
  const settings = propertiesFile(configFile, world);
  const own = new Map([...settings, ['acks', acks], ['linger.ms', '0'], ['fetch.max.wait.ms', '0']]);
  const { kafka, producer: producing, consumer: consuming } = clientOptions(world, servers, own);
  const cluster = new Cluster(world.runtime, kafka);
  const consumer = new Consumer(cluster, { ...consuming, offsetReset: 'latest' });
  const producer = new Producer(new Cluster(world.runtime, kafka), { ...producing, maxBlockMs: 2 ** 31 - 1 });
  world.onStop(() => consumer.stop());
  try {
    await ensureTopic(new Admin(new Cluster(world.runtime, kafka)), topic, world);
    const partitions = (await cluster.topic(topic)).partitions.map((_, partition) => ({ topic, partition }));
    consumer.assign(partitions);
    for (const { partition, offset } of await consumer.endOffsets(partitions))
      consumer.seek({ topic, partition }, offset);
    await exchange({ consumer, producer, test }, world);
  } finally {
    await producer.close();
    await consumer.close();
  }
}

async function ensureTopic(admin: Admin, topic: string, world: ToolWorld): Promise<void> {
  try {
    if ((await admin.listTopics()).has(topic)) return;
    world.out(`Topic "${topic}" does not exist. Will create topic with 1 partition(s) and replication factor = 1`);
    await admin.createTopics([{ name: topic, partitions: 1, replicationFactor: 1 }]);
  } finally {
    admin.close();
  }
}

interface Exchange {
  readonly consumer: Consumer;
  readonly producer: Producer;
  readonly test: LatencyTest;
}

async function exchange({ consumer, producer, test }: Exchange, world: ToolWorld): Promise<void> {
  const { topic, records } = test;
  const { clock, random } = world.runtime;
  const arrivals = consumer[Symbol.asyncIterator]();
  const silence = new Silence(world.runtime, POLL_TIMEOUT_MS, () => consumer.stop());
  const latenciesMs: number[] = [];
  let totalMs = 0;
  try {
    for (let number = 0; number < records; number++) {
      const letters = (size: number): Buffer => Buffer.alloc(size, FIRST_LETTER + Math.trunc(random.next() * LETTERS));
      const value = letters(test.size);
      const key = test.keySize === 0 ? {} : { key: letters(test.keySize) };
      const headers = Array.from({ length: test.headers.count }, () => ({
        key: letters(test.headers.keySize).toString(),
        value: test.headers.size < 0 ? null : letters(test.headers.size),
      }));
      const beganMs = clock.monotonicMs();
      const arriving = arrivals.next();
      await Promise.all([producer.send({ topic, value, headers, ...key }), arriving]);
      const { done, value: record } = await arriving;
      if (done === true) {
        if (!silence.isBroken) return;
        throw new Error(`poll() timed out before finding a result (timeout:[${POLL_TIMEOUT_MS}ms])`);
      }
      silence.heard();
      const elapsedMs = clock.monotonicMs() - beganMs;
      check(record, value);
      if (number % REPORT_EVERY === 0) world.out(`${number}\t${javaDouble(elapsedMs)}`);
      totalMs += elapsedMs;
      latenciesMs.push(Math.trunc(elapsedMs));
    }
  } finally {
    silence.stop();
  }
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.trunc(sorted.length * part)] ?? 0;
  world.out(`Avg latency: ${fixed(totalMs / records, 4)} ms`);
  world.out(`Percentiles: 50th = ${at(0.5)}, 99th = ${at(0.99)}, 99.9th = ${at(0.999)}`);
}

function check({ value }: ConsumerRecord<Uint8Array | null, Uint8Array | null>, sent: Buffer): void {
  if (value !== null && sent.equals(value)) return;
  const read = value === null ? 'null' : Buffer.from(value).toString();
  throw new Error(`The message value read [${read}] did not match the message value sent [${sent.toString()}]`);
}
