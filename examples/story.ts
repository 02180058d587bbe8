import { setTimeout as pause } from 'node:timers/promises';
import { startBroker } from 'posthorn/broker';
import { Kafka, valuesOf, type ConsumerOptions, type ConsumerRecord } from 'posthorn/client';

/** The Kafka that a story plays on. */
export interface Stage {
  readonly bootstrapServers: string;
  readonly kafka: Kafka;
  /** Makes topics with so many partitions; what an earlier run left under these names is deleted. */
  freshTopics(partitions: Readonly<Record<string, number>>): Promise<void>;
  close(): Promise<void>;
}

/** The Kafka that the variable BOOTSTRAP names, or else a broker that is started here, in memory, on a free port. */
export async function openStage(): Promise<Stage> {
  const given = process.env['BOOTSTRAP'];
  const broker = given === undefined ? await startBroker({ port: 0, storage: 'memory' }) : undefined;
  const bootstrapServers = given ?? broker?.bootstrapServers ?? '';
  const kafka = new Kafka({ bootstrapServers });
  return {
    bootstrapServers,
    kafka,
    freshTopics: (partitions) => freshTopics(kafka, partitions),
    close: async () => broker?.close(),
  };
}

const WAIT_MS = 120_000;
const LOOK_MS = 20;

/** Waits until something has come about; rejects when it does not. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`it did not come about: ${what}`);
    await pause(LOOK_MS);
  }
}

/** Everything that lies in a topic now, partition by partition in the order of offsets. */
export async function readAll<K, V>(
  kafka: Kafka,
  topic: string,
  options: ConsumerOptions<K, V> = {},
): Promise<ConsumerRecord<K, V>[]> {
  const consumer = kafka.consumer({ ...options, offsetReset: 'earliest' });
  const partitions = await partitionsOf(kafka, topic);
  const [first, end] = [await consumer.beginningOffsets(partitions), await consumer.endOffsets(partitions)];
  const unread = new Map(end.map(({ partition, offset }) => [partition, offset]));
  for (const { partition, offset } of first) if (offset === unread.get(partition)) unread.delete(partition);
  const records: ConsumerRecord<K, V>[] = [];
  consumer.assign(partitions);
  if (unread.size > 0) {
    for await (const batch of consumer.batches()) {
      records.push(...batch);
      if (batch.nextOffset >= (unread.get(batch.partition) ?? 0)) unread.delete(batch.partition);
      if (unread.size === 0) break;
    }
  }
  await consumer.close();
  return records.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
}

async function partitionsOf(kafka: Kafka, topic: string): Promise<{ topic: string; partition: number }[]> {
  const admin = kafka.admin();
  const described = valuesOf(await admin.describeTopics([topic])).get(topic);
  admin.close();
  return described?.partitions.map(({ partition }) => ({ topic, partition })) ?? [];
}

async function freshTopics(kafka: Kafka, partitions: Readonly<Record<string, number>>): Promise<void> {
  const admin = kafka.admin();
  const old = [...(await admin.listTopics()).keys()].filter((name) => Object.hasOwn(partitions, name));
  if (old.length > 0) valuesOf(await admin.deleteTopics(old));
  const topics = Object.entries(partitions).map(([name, count]) => ({ name, partitions: count }));
  await until(async () => {
    const isGone = [...(await admin.listTopics()).keys()].every((name) => !old.includes(name));
    return isGone;
  }, 'the old topics are gone');
  valuesOf(await admin.createTopics(topics));
  admin.close();
}
