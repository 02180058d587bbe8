import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Client from '../../src/client/index.ts';
import { repositoryRoot } from '../../compat/paths.ts';
import type { ClientJob } from './job.ts';
import { runClient, type BenchClient } from './run-client.ts';

/** What `posthorn/client` is in the package. */
const BUNDLE = join(repositoryRoot, 'dist', 'bundle', 'client.cjs');
const { Kafka } = createRequire(import.meta.url)(BUNDLE) as typeof Client;

const GROUP = 'bench-posthorn';

const posthorn: BenchClient = {
  async openProducer({ bootstrap, topic }: ClientJob, sends) {
    const kafka = new Kafka({ bootstrapServers: bootstrap });
    const producer = kafka.producer(sends === 'one' ? { lingerMs: 0 } : {});
    return {
      sendMany: (values) => producer.sendMany(values.map((value) => ({ topic, value }))),
      sendOne: (value) => producer.send({ topic, value }),
    };
  },
  async consume({ bootstrap, topic }, take) {
    const kafka = new Kafka({ bootstrapServers: bootstrap });
    const consumer = kafka.consumer({ groupId: `${GROUP}-${topic}-${process.pid}`, offsetReset: 'earliest' });
    await consumer.subscribe([topic]);
    for await (const batch of consumer.batches()) {
      for (const { value } of batch) if (value !== null && !take(value)) return;
    }
  },
};

await runClient(posthorn);
