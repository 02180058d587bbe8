import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { SeededRandom } from '../../../src/base/seeded-random.ts';
import { Cluster } from '../../../src/client/cluster.ts';
import type { ConsumerOptions } from '../../../src/client/consumer/consumer-options.ts';
import { Consumer } from '../../../src/client/consumer/consumer.ts';
import { string } from '../../../src/client/serializers.ts';
import { produce } from '../../../src/protocol/messages/000-produce.ts';
import { createTopics } from '../../../src/protocol/messages/019-create-topics.ts';
import { buildBatch, type BatchOptions } from '../../../src/records/batch-builder.ts';
import { clientRuntime } from '../client-world.ts';

/** Settings of a broker with which groups divide at once. */
export const QUICK_GROUPS = {
  'group.initial.rebalance.delay.ms': 0,
  'group.min.session.timeout.ms': 100,
  'group.consumer.min.heartbeat.interval.ms': 50,
  'group.consumer.heartbeat.interval.ms': 50,
  'group.consumer.min.session.timeout.ms': 500,
  'group.consumer.session.timeout.ms': 1000,
  'group.consumer.assignment.interval.ms': 0,
};

/** Writes what consumers read, on a cluster of its own. */
export class Feed {
  readonly cluster: Cluster;

  constructor(context: TestContext, bootstrapServers: string) {
    this.cluster = new Cluster(clientRuntime(), { bootstrapServers });
    context.after(() => this.cluster.close());
  }

  async createTopic(name: string, partitions: number): Promise<void> {
    const connection = await this.cluster.anyBroker();
    const topic = { name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] };
    const body = { topics: [topic], timeoutMs: 5000, validateOnly: false };
    const answer = await connection.request(createTopics, connection.versionFor(createTopics), body);
    assert.equal(answer.topics[0]?.errorCode, 0);
    await this.cluster.topic(name);
  }

  /** Appends values to one partition as one batch. */
  async write(topic: string, partition: number, values: readonly string[], options: BatchOptions = {}): Promise<void> {
    const records = values.map((value) => ({ key: null, value: Buffer.from(value), timestamp: Date.now() }));
    const known = await this.cluster.topic(topic);
    const connection = await this.cluster.broker(known.partitions[partition]?.leaderId ?? -1);
    const body = {
      acks: -1,
      timeoutMs: 5000,
      topicData: [
        {
          name: topic,
          topicId: known.topicId,
          partitionData: [{ index: partition, records: buildBatch(records, options) }],
        },
      ],
    };
    const answer = await connection.request(produce, connection.versionFor(produce), body);
    assert.equal(answer.responses[0]?.partitionResponses[0]?.errorCode, 0);
  }
}

let seed = 0;

/** A cluster with luck of its own: members make their ids of it. */
export function clusterOf(bootstrapServers: string): Cluster {
  return new Cluster(
    { ...clientRuntime(), random: new SeededRandom(++seed) },
    { bootstrapServers, requestTimeoutMs: 1000 },
  );
}

/** A consumer of texts that starts at the beginning and is closed with the test. */
export function consumerOf(
  context: TestContext,
  bootstrapServers: string,
  options: ConsumerOptions<string | null, string | null> = {},
): Consumer<string | null, string | null> {
  return consumerOn(context, clusterOf(bootstrapServers), options);
}

/** As {@link consumerOf}, on a cluster that the test has a hand in. */
export function consumerOn(
  context: TestContext,
  cluster: Cluster,
  options: ConsumerOptions<string | null, string | null> = {},
): Consumer<string | null, string | null> {
  const texts = { keyDeserializer: string, valueDeserializer: string, offsetReset: 'earliest' } as const;
  const consumer = new Consumer(cluster, { ...texts, ...options });
  context.after(() => consumer.close());
  return consumer;
}

/** The next values, in the order in which they come; stops asking after the last, which so counts as not processed. */
export async function take(
  consumer: AsyncIterable<{ readonly value: string | null }>,
  count: number,
): Promise<(string | null)[]> {
  const values: (string | null)[] = [];
  if (count === 0) return values;
  for await (const { value } of consumer) {
    values.push(value);
    if (values.length === count) break;
  }
  return values;
}

export function numbered(prefix: string, count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${from + index}`);
}

const LOOK_MS = 5;
const LOOK_UNTIL_MS = 15_000;

/** Looks until something has come about. */
export async function until(condition: () => boolean): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += LOOK_MS) {
    assert.ok(waitedMs < LOOK_UNTIL_MS, 'it did not come about');
    await setTimeout(LOOK_MS);
  }
}
