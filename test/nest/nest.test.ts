import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Injectable, Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { ConsumerRecord } from '../../src/client/index.ts';
import { KafkaListener } from '../../src/listener/index.ts';
import { KafkaApplication, KafkaTemplate, PosthornModule } from '../../src/nest/index.ts';
import { brokerFor } from '../client/client-world.ts';
import { QUICK_GROUPS } from '../client/consumer/consumer-world.ts';
import { Heard } from '../listener/application-world.ts';

const heard = new Heard<string>();
const order: string[] = [];

// With the standard decorators: what Nest injects is said by a factory, as they know no parameters.
@Injectable()
class StockListener {
  readonly #template: KafkaTemplate;

  constructor(template: KafkaTemplate) {
    this.#template = template;
  }

  @KafkaListener({ topics: '${topic.orders}', groupId: 'stock' })
  async ordered(record: ConsumerRecord<string, { readonly n: number }>): Promise<void> {
    await this.#template.send('booked', record.key, { n: record.value.n + 1 });
  }

  @KafkaListener({ topics: 'booked', groupId: 'stock' })
  booked(record: ConsumerRecord<string, { readonly n: number }>): void {
    heard.add(`${record.key} ${record.value.n}`);
  }

  onModuleDestroy(): void {
    order.push('the module of the listener');
  }
}

function settings(bootstrapServers: string): Readonly<Record<string, string>> {
  return {
    'spring.kafka.bootstrap-servers': bootstrapServers,
    'spring.kafka.consumer.auto-offset-reset': 'earliest',
    'spring.kafka.consumer.value-deserializer': 'json',
    'spring.kafka.producer.value-serializer': 'json',
    'topic.orders': 'orders',
  };
}

async function play(
  posthorn: (bootstrapServers: string) => DynamicModule,
  context: Parameters<typeof brokerFor>[0],
): Promise<void> {
  const { bootstrapServers } = await brokerFor(context, QUICK_GROUPS);
  const root = posthorn(bootstrapServers);

  @Module({
    imports: [root],
    providers: [
      {
        provide: StockListener,
        useFactory: (template: KafkaTemplate) => new StockListener(template),
        inject: [KafkaTemplate],
      },
    ],
  })
  class AppModule {}

  const app = await NestFactory.createApplicationContext(AppModule as Type, { logger: false });
  const before = heard.items.length;
  await app.get(KafkaTemplate).send('orders', 'k', { n: 1 });
  const items = await heard.count(before + 1);
  assert.equal(items.at(-1), 'k 2');
  const application = app.get(KafkaApplication);
  assert.deepEqual(
    application.containers.map(({ id, state }) => `${id} ${state}`),
    ['StockListener.ordered running', 'StockListener.booked running'],
  );
  await app.close();
  assert.deepEqual(
    application.containers.map(({ state }) => state),
    ['stopped', 'stopped'],
  );
  await assert.rejects(application.template.send('orders', 'k', { n: 1 }), /the template is closed/);
}

test('a Nest application with forRoot: the template is injected, listeners are found, all ends with it', async (context) => {
  await play(
    (servers) => PosthornModule.forRoot({ environment: {}, logLevel: 'silent', properties: settings(servers) }),
    context,
  );
});

test('with forRootAsync, whose options come from another provider', async (context) => {
  const config = Symbol('config');
  await play((servers) => {
    @Module({ providers: [{ provide: config, useFactory: () => settings(servers) }], exports: [config] })
    class ConfigModule {}
    return PosthornModule.forRootAsync({
      imports: [ConfigModule],
      inject: [config],
      useFactory: async (properties: Readonly<Record<string, string>>) => ({
        environment: {},
        logLevel: 'silent',
        properties,
      }),
    });
  }, context);
});

test('settings that cannot be end the start of the Nest application with their message', async () => {
  @Module({
    imports: [PosthornModule.forRoot({ environment: {}, properties: { 'spring.kafka.bootstrap-server': 'a:1' } })],
  })
  class AppModule {}
  const starting = NestFactory.createApplicationContext(AppModule as Type, { logger: false, abortOnError: false });
  await assert.rejects(
    starting,
    /spring.kafka.bootstrap-server is not known: did you mean spring.kafka.bootstrap-servers/,
  );
});
