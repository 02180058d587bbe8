import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Injectable, Module, Scope } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { startBroker } from 'posthorn/broker';
import type { ConsumerRecord } from 'posthorn/client';
import { DltHandler, KafkaListener, listenersOf } from 'posthorn/listener';
import { KafkaTemplate, PosthornModule } from 'posthorn/nest';

// Nest's own way: decorators of `experimentalDecorators`, and types that tell what to inject. Compiled against the package as it is published.
interface Order {
  readonly n: number;
}

let onBooked: (line: string) => void = () => {};
let onDead: (key: string) => void = () => {};

@Injectable()
class Stock {
  isThere(n: number): boolean {
    return n < 10;
  }
}

@Injectable()
class OrderListener {
  constructor(
    private readonly stock: Stock,
    private readonly template: KafkaTemplate,
  ) {}

  @KafkaListener({
    topics: 'orders',
    groupId: 'stock',
    errorHandling: { notRetryable: [RangeError], deadLetters: true },
  })
  async ordered(record: ConsumerRecord<string, Order>): Promise<void> {
    if (!this.stock.isThere(record.value.n)) throw new RangeError('not there');
    await this.template.send('booked', record.key, record.value);
  }

  @KafkaListener({ topics: 'booked', groupId: 'books', batch: true })
  booked(records: readonly ConsumerRecord<string, Order>[]): void {
    for (const { key, value } of records) onBooked(`${key} ${value.n}`);
  }

  @DltHandler()
  refused(letter: ConsumerRecord<string, Order>): void {
    onDead(letter.key);
  }
}

test('a Nest application with its own decorators', async () => {
  const broker = await startBroker({ port: 0, storage: 'memory', logLevel: 'silent' });
  const properties = {
    'spring.kafka.bootstrap-servers': broker.bootstrapServers,
    'spring.kafka.consumer.auto-offset-reset': 'earliest',
    'spring.kafka.consumer.value-deserializer': 'json',
    'spring.kafka.producer.value-serializer': 'json',
  };
  const topics = ['orders', 'booked'].map((name) => ({ name, partitions: 1 }));

  @Module({
    imports: [PosthornModule.forRoot({ environment: {}, logLevel: 'silent', properties, topics })],
    providers: [Stock, OrderListener],
  })
  class AppModule {}

  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const booked = new Promise<string>((done) => (onBooked = done));
  const dead = new Promise<string>((done) => (onDead = done));
  const template = app.get(KafkaTemplate);
  await template.send('orders', 'ours', { n: 1 });
  await template.send('orders', 'theirs', { n: 99 });
  assert.equal(await booked, 'ours 1');
  assert.equal(await dead, 'theirs');
  await app.close();
  await broker.close();
});

test('a listener in a provider of each request is refused', async () => {
  @Injectable({ scope: Scope.REQUEST })
  class Scoped {
    @KafkaListener({ topics: 'orders', groupId: 'g' })
    on(): void {}
  }
  @Module({ imports: [PosthornModule.forRoot({ environment: {} })], providers: [Scoped] })
  class AppModule {}
  const starting = NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  await assert.rejects(starting, /Scoped is made for each request, and no request calls a @KafkaListener/);
});

test('legacy decorators: inherited listeners, overriding methods, several on one method, misplaced ones', () => {
  class Base {
    said = '';
    @KafkaListener({ topics: 'a', groupId: 'g' })
    on(): void {
      this.said = 'base';
    }
  }
  class Sub extends Base {
    override on(): void {
      this.said = 'sub';
    }
    @KafkaListener({ topics: 'b', groupId: 'g' })
    @KafkaListener({ topics: 'c', groupId: 'g' })
    two(): void {}
  }
  const sub = new Sub();
  const found = listenersOf(sub);
  assert.deepEqual(
    found.map(({ options }) => options.topics),
    ['a', 'c', 'b'],
  );
  (found[0]!.handle as (record: unknown, acknowledgment: unknown) => void)({}, {});
  assert.equal(sub.said, 'sub');
  assert.throws(() => {
    class Misplaced {
      @KafkaListener({ topics: 'a' })
      static on(): void {}
      other(): void {}
    }
    return Misplaced;
  }, /@KafkaListener belongs on a public method of instances, and on is none/);
});
