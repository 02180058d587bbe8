import assert from 'node:assert/strict';
import { Kafka, string, type ConsumerRecord } from '../../src/client/index.ts';
import { deadLetterOrigin, fixedBackOff, KafkaApplication, listener } from '../../src/listener/index.ts';
import type { SpringApplication } from './spring-application.ts';

export const TOPIC = 'outside.payment.v1.completed';

/** What a scenario has: a running application, and a way to start it anew. */
export interface Stage {
  readonly bootstrap: string;
  app: SpringApplication;
  start(profile?: string): SpringApplication;
}

const GROUP = 'stock-and-sales';
const FAILED = 'org.springframework.kafka.listener.ListenerExecutionFailedException';

function ids(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

async function send(
  app: SpringApplication,
  topic: string,
  id: string,
  product = 'horn',
): Promise<{ partition: number; offset: number }> {
  const [, , partition, offset] = (await app.ask(`send ${topic} ${id} ${product}`, new RegExp(`^sent ${id} `))).split(
    ' ',
  );
  return { partition: Number(partition), offset: Number(offset) };
}

async function settings(bootstrap: string): Promise<ConstructorParameters<typeof KafkaApplication>[0]> {
  return {
    environment: {},
    logLevel: 'silent',
    properties: {
      'spring.kafka.bootstrap-servers': bootstrap,
      'spring.kafka.consumer.auto-offset-reset': 'earliest',
      'spring.kafka.consumer.value-deserializer': 'json',
      'spring.kafka.producer.value-serializer': 'json',
    },
  };
}

/** In order: each goes on where the one before left off. */
export const scenarios: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  'KafkaTemplate sends, @KafkaListener books, three containers share the partitions': async ({ app }) => {
    await app.line('ready');
    const payments = ids('payment', 30);
    for (const id of payments) await send(app, TOPIC, id);
    await app.lines(payments.map((id) => `booked ${id}`));
    assert.equal(await app.ask('books', /^books /), 'books 30 3000 19970');
  },

  'a listener that throws is called again': async ({ app }) => {
    await send(app, TOPIC, 'unstable-1', 'unstable');
    await app.line('booked unstable-1');
  },

  'what is not retryable goes to the dead letters: same partition, and where it came from': async ({ app }) => {
    const { partition, offset } = await send(app, TOPIC, 'unknown-1', 'unicorn');
    const line = await app.line(/^dead unknown-1 /);
    assert.equal(line, `dead unknown-1 ${partition} ${TOPIC} ${partition} ${offset} ${GROUP} ${FAILED}`);
  },

  'what cannot be read does as well, and the records after it go on': async ({ app, bootstrap }) => {
    const kafka = new Kafka({ bootstrapServers: bootstrap, logLevel: 'silent' });
    const producer = kafka.producer({ keySerializer: string, valueSerializer: string });
    const { partition, offset } = await producer.send({ topic: TOPIC, key: 'poison', value: 'this is no JSON' });
    await producer.close();
    const line = await app.line(/^dead poison /);
    assert.ok(line.startsWith(`dead poison ${partition} ${TOPIC} ${partition} ${offset} ${GROUP} `), line);
    await send(app, TOPIC, 'after-poison');
    await app.line('booked after-poison');
  },

  'batches, patterns, retry topics': async ({ app }) => {
    for (const id of ids('batch', 10)) await send(app, 'batches', id);
    await app.lines(ids('batch batch', 10));
    await send(app, 'outside.refund.v1', 'refund-1');
    await app.line('pattern outside.refund.v1 refund-1');
    await send(app, 'retried', 'retry-1');
    await app.line('gave-up retried-dlt retry-1');
    assert.equal(app.count(/^attempt retried.* retry-1$/), 3);
    assert.equal(app.count(/^attempt retried-retry-.* retry-1$/), 2);
  },

  'killed between booking and commit: the payment comes again, and is booked once': async (stage) => {
    await send(stage.app, TOPIC, 'slow-1');
    await send(stage.app, 'manual', 'acknowledged-1');
    await send(stage.app, 'manual', 'left-1');
    await stage.app.lines(['booked slow-1', 'manual acknowledged-1', 'manual left-1']);
    await stage.app.kill();
    stage.app = stage.start();
    await stage.app.lines(['ready', 'repeated slow-1', 'manual left-1']);
    assert.equal(stage.app.count(/^manual acknowledged-1$/), 0);
    assert.equal(await stage.app.ask('books', /^books /), 'books 33 3300 19967');
  },

  "posthorn/listener's template sends to Spring's listener, and its dead letters are read by Spring": async ({
    app,
    bootstrap,
  }) => {
    const application = new KafkaApplication({
      ...(await settings(bootstrap)),
      errorHandling: { backOff: fixedBackOff(0, 1), deadLetters: true },
      listeners: [
        listener<string, { readonly paymentId: string }>({ topics: TOPIC, groupId: 'refusing' }, ({ key }) => {
          if (key === 'from-typescript') throw new RangeError('not for us');
        }),
      ],
    });
    try {
      const payment = { paymentId: 'from-typescript', product: 'hat', quantity: 1, amount: 100 };
      const { metadata } = await application.template.send(TOPIC, payment.paymentId, payment);
      await app.line('booked from-typescript');
      await application.start();
      const { partition, offset } = metadata;
      await app.line(`dead from-typescript ${partition} ${TOPIC} ${partition} ${offset} refusing RangeError`);
    } finally {
      await application.stop();
    }
  },

  "posthorn/listener reads Spring's records and dead letters": async ({ bootstrap }) => {
    const payments = new Set<string>();
    const letters = new Map<string, ReturnType<typeof deadLetterOrigin>>();
    let complete: () => void;
    const whole = new Promise<void>((done) => {
      complete = done;
    });
    const look = (): void => {
      if (payments.size >= 33 && letters.has('unknown-1') && letters.has('poison')) complete();
    };
    const application = await KafkaApplication.start({
      ...(await settings(bootstrap)),
      errorHandling: { recover: () => {} },
      listeners: [
        listener<string, { readonly paymentId: string }>({ topics: TOPIC, groupId: 'typescript' }, ({ value }) => {
          payments.add(value.paymentId);
          look();
        }),
        listener(
          { topics: `${TOPIC}-dlt`, groupId: 'typescript-dlt', valueDeserializer: { deserialize: String } },
          (letter: ConsumerRecord<string, string>) => {
            letters.set(letter.key, deadLetterOrigin(letter));
            look();
          },
        ),
      ],
    });
    await whole;
    await application.stop();
    assert.deepEqual(letters.get('unknown-1')?.topic, TOPIC);
    assert.equal(letters.get('unknown-1')?.groupId, GROUP);
    assert.equal(letters.get('unknown-1')?.exceptionName, FAILED);
    assert.match(letters.get('unknown-1')?.exceptionMessage ?? '', /there is no product unicorn/);
  },

  'executeInTransaction: committed records are booked, aborted ones never seen': async (stage) => {
    await stage.app.stop();
    stage.app = stage.start('transactions');
    await stage.app.line('ready');
    assert.equal(await stage.app.ask(`transaction ${TOPIC} no abort`, /(?:committed|aborted) no$/), 'aborted no');
    assert.equal(await stage.app.ask(`transaction ${TOPIC} yes commit`, /(?:committed|aborted) yes$/), 'committed yes');
    await stage.app.lines(ids('booked yes', 3));
    assert.equal(stage.app.count(/ no-\d$/), 0);
    assert.equal(await stage.app.ask('books', /^books /), 'books 37 3700 19963');
    await stage.app.stop();
  },
};
