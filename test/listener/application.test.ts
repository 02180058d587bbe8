import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsumerRecord } from '../../src/client/index.ts';
import {
  ConfigurationError,
  DltHandler,
  fixedBackOff,
  KafkaListener,
  listener,
  listenersOf,
} from '../../src/listener/index.ts';
import { until } from '../client/consumer/consumer-world.ts';
import { ApplicationWorld, Heard } from './application-world.ts';

const NOTHING = (): void => {};

test('standard decorators: inherited listeners, overriding methods, the id and group of each', async (context) => {
  const world = await ApplicationWorld.open(context);
  const heard = new Heard<string>();
  class Base {
    @KafkaListener({ topics: 'a' })
    on({ value }: ConsumerRecord<string, string>): void {
      heard.add(`base ${value}`);
    }
    @KafkaListener({ topics: 'b', id: 'named' })
    other({ value }: ConsumerRecord<string, string>): void {
      heard.add(`other ${value}`);
    }
  }
  class Sub extends Base {
    override on({ value }: ConsumerRecord<string, string>): void {
      heard.add(`sub ${value}`);
    }
  }
  const application = await world.start({ listeners: [new Sub()] }, { 'spring.kafka.consumer.group-id': 'all' });
  assert.deepEqual(
    application.containers.map(({ id, groupId }) => `${id} ${groupId}`),
    ['Sub.on all', 'named named'],
  );
  await application.template.send('a', 'x');
  await application.template.send('b', 'y');
  assert.deepEqual((await heard.count(2)).toSorted(), ['other y', 'sub x']);
});

test('decorators on what cannot be a listener, and two handlers of dead letters, are refused', () => {
  assert.throws(() => {
    class Misplaced {
      @KafkaListener({ topics: 'a' })
      static on(): void {}
      other(): void {}
    }
    return Misplaced;
  }, /@KafkaListener belongs on a public method of instances, and on is none/);
  class Two {
    @KafkaListener({ topics: 'a' })
    on(): void {}
    @DltHandler()
    one(): void {}
    @DltHandler()
    two(): void {}
  }
  assert.throws(() => listenersOf(new Two()), /Two has 2 methods with @DltHandler/);
});

test('what a listener lacks or has too much of is said before anything is opened', async (context) => {
  const world = await ApplicationWorld.open(context);
  const cases: [Parameters<typeof listener>[0], RegExp][] = [
    [{ topics: 'a' }, /listener listener: has no group: give it a groupId, or set spring.kafka.consumer.group-id/],
    [{ groupId: 'g' }, /needs either topics or a topicPattern/],
    [{ groupId: 'g', topics: 'a', topicPattern: 'b' }, /needs either topics or a topicPattern/],
    [{ groupId: 'g', topics: '${none}' }, /listener: listener.*stands for nothing/],
    [{ groupId: 'g', topics: 'a', concurrency: 0 }, /has concurrency 0; it has to be a whole number from 1/],
    [{ groupId: 'g', topics: 'a', autoStartup: 'maybe' }, /has autoStartup maybe; it has to be true or false/],
    [
      { groupId: 'g', topics: 'a', properties: { 'max.poll.recordss': 5 } },
      /listener g: max.poll.recordss is not known/,
    ],
    [
      { groupId: 'g', topics: 'a', errorHandling: { backOff: fixedBackOff(600_000, 1) } },
      /pauses 600000 ms between attempts, and max.poll.interval.ms is 300000/,
    ],
  ];
  for (const [options, expected] of cases) {
    assert.throws(
      () => world.application({ listeners: [listener({ ...options, batch: false }, NOTHING)] }),
      (error: Error) => {
        assert.ok(error instanceof ConfigurationError, String(error));
        assert.match(error.message, expected);
        return true;
      },
    );
  }
  class Unused {
    @KafkaListener({ topics: 'a', groupId: 'g' })
    on(): void {}
    @DltHandler()
    dead(): void {}
  }
  assert.throws(() => world.application({ listeners: [new Unused()] }), /has a handler of dead letters, and none: set/);
});

test('missing topics end the start where they are fatal, and name themselves', async (context) => {
  const world = await ApplicationWorld.open(context);
  const settings = { 'spring.kafka.listener.missing-topics-fatal': true };
  const listeners = [listener({ topics: 'here, gone', groupId: 'g' }, NOTHING)];
  const topics = [{ name: 'here', partitions: 1 }];
  await assert.rejects(
    world.start({ listeners, topics }, settings),
    /no topic gone, and spring.kafka.listener.missing-topics-fatal is true/,
  );
});

test('a listener that does not start by itself is started, paused, resumed and stopped by hand', async (context) => {
  const world = await ApplicationWorld.open(context);
  const heard = new Heard<string>();
  const application = await world.start({
    topics: [{ name: 'orders', partitions: 2 }],
    listeners: [
      listener(
        { id: 'mine', topics: 'orders', autoStartup: '${auto:false}' },
        ({ value }: ConsumerRecord<string, string>) => heard.add(value),
      ),
    ],
  });
  const container = application.container('mine')!;
  assert.equal(container.state, 'stopped');
  await assert.rejects(container.whenAssigned(), /listener mine is not running/);
  container.start();
  await container.whenAssigned();
  assert.equal(container.assignment.length, 2);
  await application.template.send('orders', 'one');
  await heard.count(1);
  container.pause();
  await application.template.send('orders', 'two');
  await container.stop();
  assert.equal(container.state, 'stopped');
  container.start();
  await container.whenAssigned();
  assert.equal(container.isPaused, true);
  assert.deepEqual(heard.items, ['one'], 'a pause outlives a restart');
  container.resume();
  assert.deepEqual(await heard.count(2), ['one', 'two'], 'and what was committed does not come again');
});

test('as many partitions are worked on side by side as concurrency says', async (context) => {
  const world = await ApplicationWorld.open(context);
  const working = new Set<number>();
  let most = 0;
  const released = new Heard<number>();
  const application = world.application(
    {
      topics: [{ name: 'orders', partitions: 4 }],
      listeners: [
        listener(
          { topics: 'orders', groupId: 'g', concurrency: '${lanes}' },
          async ({ partition }: ConsumerRecord<string, string>) => {
            working.add(partition);
            most = Math.max(most, working.size);
            // Until the three lanes are full, and then for good.
            await until(() => most === 3);
            working.delete(partition);
            released.add(partition);
          },
        ),
      ],
    },
    { lanes: 3 },
  );
  await application.start();
  for (let partition = 0; partition < 4; partition++) await application.template.send('orders', partition, 'k', 'x');
  await released.count(4);
  assert.equal(most, 3);
});

test('stopping does not wait for a long pause between attempts, and the record comes again', async (context) => {
  const world = await ApplicationWorld.open(context);
  const heard = new Heard<string>();
  const start = (isFailing: boolean) =>
    world.start({
      topics: [{ name: 'orders', partitions: 1 }],
      errorHandling: { backOff: fixedBackOff(200_000, 5) },
      listeners: [
        listener({ topics: 'orders', groupId: 'g' }, ({ value }: ConsumerRecord<string, string>) => {
          heard.add(value);
          if (isFailing) throw new Error('not now');
        }),
      ],
    });
  const failing = await start(true);
  await failing.template.send('orders', 'one');
  await heard.count(1);
  const beganMs = performance.now();
  await failing.stop();
  assert.ok(performance.now() - beganMs < 20_000);
  await start(false);
  assert.deepEqual(await heard.count(2), ['one', 'one']);
});

test('what no attempt mends ends the listener, with the reason', async (context) => {
  const world = await ApplicationWorld.open(context);
  const application = await world.start(
    {
      topics: [{ name: 'orders', partitions: 1 }],
      listeners: [listener({ topics: 'orders', groupId: 'g' }, NOTHING)],
    },
    { 'spring.kafka.consumer.auto-offset-reset': 'none' },
  );
  const [container] = application.containers;
  await until(() => container!.state === 'failed');
  assert.match(container!.failure!.message, /nothing committed|NO_OFFSET|offset/i);
  await application.stop();
});
