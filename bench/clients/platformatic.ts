import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { rivalsHome } from './rivals.ts';
import { runClient, type BenchClient } from './run-client.ts';

/** What is used of @platformatic/kafka, which needs a newer Node than the one that types are checked with. */
interface PlatformaticKafka {
  readonly Producer: new (options: object) => {
    send(what: { messages: { topic: string; value: Buffer }[]; acks: number }): Promise<unknown>;
  };
  readonly Consumer: new (options: object) => {
    consume(options: object): Promise<AsyncIterable<unknown> & MessageEvents>;
  };
}

interface MessageEvents {
  on(event: 'data', heard: (message: { readonly value: Buffer }) => void): void;
  on(event: 'error', heard: (error: Error) => void): void;
}

const ACKS_ALL = -1;
const entry = createRequire(`${rivalsHome}/`).resolve('@platformatic/kafka');
const { Producer, Consumer } = (await import(pathToFileURL(entry).href)) as PlatformaticKafka;

const platformatic: BenchClient = {
  async openProducer({ bootstrap, topic }) {
    const producer = new Producer({ clientId: 'bench', bootstrapBrokers: [bootstrap] });
    return {
      sendMany: (values) => producer.send({ messages: values.map((value) => ({ topic, value })), acks: ACKS_ALL }),
      sendOne: (value) => producer.send({ messages: [{ topic, value }], acks: ACKS_ALL }),
    };
  },
  async consume({ bootstrap, topic }, take) {
    const groupId = `bench-platformatic-${topic}-${process.pid}`;
    const consumer = new Consumer({ clientId: 'bench', groupId, bootstrapBrokers: [bootstrap] });
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest' });
    await new Promise<void>((done, fail) => {
      let isDone = false;
      stream.on('error', fail);
      stream.on('data', ({ value }) => {
        if (!isDone && !take(value)) {
          isDone = true;
          done();
        }
      });
    });
  },
};

await runClient(platformatic);
