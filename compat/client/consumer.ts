import assert from 'node:assert/strict';
import type { ConsumerOptions, GroupProtocol } from '../../src/client/consumer/consumer-options.ts';
import type { Consumer } from '../../src/client/consumer/consumer.ts';
import { string } from '../../src/client/serializers.ts';
import { clientMakers } from '../clients/order-client.ts';
import { eachLine, finish, start } from '../clients/processes.ts';
import type { ClientScenario, ClientWorld } from './scenario.ts';

const LOOK_MS = 10;
const LOOK_UNTIL_MS = 60_000;
const FINISH_MS = 20_000;
const PARTITIONS = 4;

type TextConsumer = Consumer<string | null, string | null>;

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += LOOK_MS) {
    if (waitedMs > LOOK_UNTIL_MS) throw new Error(`it did not come about: ${what}`);
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}

function consumer(
  { kafka, prefix }: ClientWorld,
  options: ConsumerOptions<string | null, string | null> = {},
): TextConsumer {
  const texts = { keyDeserializer: string, valueDeserializer: string, offsetReset: 'earliest' } as const;
  return kafka.consumer({ ...texts, groupId: `${prefix}-group`, heartbeatIntervalMs: 300, ...options });
}

/** Writes as many records to each partition; with what the Java client prints of a record: a key and a header. */
async function write({ kafka }: ClientWorld, topic: string, from: number, count: number): Promise<void> {
  const producer = kafka.producer({ keySerializer: string, valueSerializer: string });
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (let index = from; index < from + count; index++) {
      void producer.send({ topic, partition, key: 'k', value: `${partition}-${index}`, headers: { h: 'x' } });
    }
  }
  await producer.flush();
  await producer.close();
}

/** Reads in the background; what it saw, and its end. */
function read(from: TextConsumer, topic: string): { readonly seen: string[]; readonly done: Promise<void> } {
  const seen: string[] = [];
  const done = (async () => {
    await from.subscribe([topic]);
    for await (const { value } of from) seen.push(value ?? '');
  })();
  return { seen, done };
}

function sharing(
  groupProtocol: GroupProtocol,
  assignors?: ConsumerOptions<unknown, unknown>['assignors'],
): ClientScenario {
  return {
    name: `consumer: members share, come and go (${groupProtocol} ${assignors?.join(' ') ?? ''})`,
    async run(world) {
      const topic = await world.topic('shared', PARTITIONS);
      const options = { groupProtocol, ...(assignors === undefined ? {} : { assignors }) };
      const [first, second] = [consumer(world, options), consumer(world, options)];
      const one = read(first, topic);
      await write(world, topic, 0, 50);
      await until(() => one.seen.length === 200, 'one member reads all');
      const two = read(second, topic);
      await until(() => first.assignment.length === 2 && second.assignment.length === 2, 'both have their share');
      await write(world, topic, 50, 50);
      await until(() => one.seen.length + two.seen.length === 400, 'both read their share');
      first.stop();
      await one.done;
      await until(() => second.assignment.length === 4, 'who stays has all');
      await write(world, topic, 100, 50);
      await until(() => one.seen.length + two.seen.length >= 600, 'who stays reads all');
      second.stop();
      await two.done;
      const all = [...one.seen, ...two.seen];
      assert.equal(all.length, 600, 'nothing twice');
      assert.equal(new Set(all).size, 600, 'nothing lost');
    },
  };
}

const withJava: ClientScenario = {
  name: 'consumer: one group with a Java consumer',
  async run(world) {
    const topic = await world.topic('with-java', PARTITIONS);
    const java = clientMakers['java']?.();
    if (java === undefined) throw new Error('there is no Java client');
    const bootstrap = world.bootstrapServers;
    const child = start(java.consume({ bootstrap, group: `${world.prefix}-group`, topics: [topic] }));
    const theirs: string[] = [];
    eachLine(child, (line) => theirs.push(line.toString()));
    try {
      await write(world, topic, 0, 50);
      await until(() => theirs.length === 200, 'Java reads all');
      const ours = consumer(world, { groupProtocol: 'classic' });
      const mine = read(ours, topic);
      await until(() => ours.assignment.length === 2, 'both have their share');
      const before = mine.seen.length;
      await write(world, topic, 50, 50);
      await until(() => mine.seen.length - before >= 100, 'this client reads its share');
      await finish(child, FINISH_MS);
      await until(() => ours.assignment.length === PARTITIONS, 'what Java had comes over');
      ours.stop();
      await mine.done;
    } finally {
      await finish(child, FINISH_MS);
    }
  },
};

const exactlyOnce: ClientScenario = {
  name: 'consumer: exactly once from topic to topic',
  async run(world) {
    const [from, to] = [await world.topic('in', PARTITIONS), await world.topic('out', 1)];
    await write(world, from, 0, 25);
    const stop = new AbortController();
    let count = 0;
    await world.kafka.exactlyOnce(
      {
        topics: [from],
        groupId: `${world.prefix}-eos`,
        transactionalId: `${world.prefix}-eos`,
        consumer: { valueDeserializer: string, offsetReset: 'earliest' },
        producer: { valueSerializer: string },
        signal: stop.signal,
      },
      (batch, producer) => {
        for (const { value } of batch) {
          void producer.send({ topic: to, value });
          count++;
        }
        if (count === 100) stop.abort();
      },
    );
    const values = await world.values(to, 0, true);
    assert.equal(values.length, 100);
    assert.equal(new Set(values).size, 100);
  },
};

/** The consumer against any Kafka: groups of both protocols, with itself and with the Java client. */
export const consumerScenarios: readonly ClientScenario[] = [
  sharing('classic'),
  sharing('classic', ['cooperative-sticky']),
  sharing('classic', ['sticky']),
  sharing('classic', ['roundrobin']),
  sharing('consumer'),
  withJava,
  exactlyOnce,
];
