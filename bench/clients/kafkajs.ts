import { createRequire } from 'node:module';
import type * as KafkaJs from 'kafkajs';
import { rivalsHome } from './rivals.ts';
import { runClient, type BenchClient } from './run-client.ts';

const { Kafka, logLevel } = createRequire(`${rivalsHome}/`)('kafkajs') as typeof KafkaJs;

function open(bootstrap: string): InstanceType<typeof Kafka> {
  return new Kafka({ clientId: 'bench', brokers: [bootstrap], logLevel: logLevel.ERROR });
}

const kafkajs: BenchClient = {
  async openProducer({ bootstrap, topic }) {
    const producer = open(bootstrap).producer();
    await producer.connect();
    return {
      sendMany: (values) => producer.send({ topic, messages: values.map((value) => ({ value })) }),
      sendOne: (value) => producer.send({ topic, messages: [{ value }] }),
    };
  },
  async consume({ bootstrap, topic }, take) {
    const consumer = open(bootstrap).consumer({ groupId: `bench-kafkajs-${topic}-${process.pid}` });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((done, fail) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => fail(payload.error));
      void consumer.run({
        eachBatch: async ({ batch }) => {
          for (const { value } of batch.messages) if (value !== null && !take(value)) return done();
        },
      });
    });
  },
};

await runClient(kafkajs);
