import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startBroker } from '../../../src/broker/index.ts';
import { ratesBetween, type Sample } from '../../../src/cli/commands/live/top-sample.ts';
import { shownNumber, topLines } from '../../../src/cli/commands/live/top-screen.ts';
import { topOn } from '../../../src/cli/commands/live/top.ts';
import { exitCodeOf } from '../../../src/cli/tools/exit-code.ts';
import { Kafka, string } from '../../../src/client/index.ts';
import { until } from '../../client/consumer/consumer-world.ts';
import { fakeWorld, plainScreen, terminal } from './fake-world.ts';

function sample(
  atMs: number,
  written: Readonly<Record<string, number>>,
  groups: Readonly<Record<string, number>> = {},
): Sample {
  return {
    atMs,
    topics: new Map(
      Object.entries(written).map(([name, count]) => [name, { partitions: 3, records: count, written: count }]),
    ),
    groups: new Map(Object.entries(groups).map(([name, lag]) => [name, { state: 'Stable', members: 2, lag }])),
  };
}

suite('top, without a cluster', () => {
  test('rates are what came between two looks; a topic made anew begins at nothing', () => {
    const before = sample(1000, { a: 100, gone: 5, again: 500 });
    const now = sample(3000, { a: 300, fresh: 10, again: 4 });
    assert.deepEqual(
      [...ratesBetween(before, now)],
      [
        ['a', 100],
        ['fresh', 5],
        ['again', 2],
      ],
    );
  });

  test('the busiest topics and the furthest groups come first, as many as there is room for', () => {
    const topics = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`t${index}`, index]));
    const groups = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`g${index}`, index]));
    const lines = topLines(sample(0, {}), sample(1000, topics, groups), 'here:1', terminal(70, 16));
    assert.ok(lines.length < 16, `${lines.length} lines`);
    assert.match(lines[0] ?? '', /^here:1 {2}30 topics, 30 groups, 435 records\/s$/);
    assert.match(lines[3] ?? '', /^t29 +29 +29 +3$/);
    assert.match(lines.find((line) => line.startsWith('g')) ?? '', /^g29 +29 +2 +Stable$/);
    assert.ok(lines.every((line) => line.length <= 70));
    for (const columns of [8, 20, 30]) {
      const narrow = topLines(sample(0, {}), sample(1000, topics, groups), 'here:1', terminal(columns, 16));
      assert.ok(
        narrow.every((line) => line.length <= columns),
        `${columns} columns`,
      );
    }
  });

  test('numbers are short', () => {
    assert.deepEqual([0, 3, 3.25, 12.6, 1234, 1_234_567, 12_345_678, 1.5e10].map(shownNumber), [
      '0',
      '3',
      '3.3',
      '13',
      '1 234',
      '1 234 567',
      '12.3M',
      '15.0G',
    ]);
  });
});

suite('top, at a broker', { timeout: 60_000 }, () => {
  test('once for people and for programs, live until told to stop', async (context) => {
    const broker = await startBroker({ port: 0, storage: 'memory', logLevel: 'silent' });
    const { bootstrapServers } = broker;
    const kafka = new Kafka({ bootstrapServers, logLevel: 'silent' });
    const producer = kafka.producer({ valueSerializer: string, lingerMs: 0 });
    const consumer = kafka.consumer({ groupId: 'readers', offsetReset: 'earliest' });
    context.after(async () => {
      await Promise.all([producer.close(), consumer.close()]);
      await broker.close();
    });
    await producer.send({ topic: 'orders', value: 'a' });
    consumer.assign([{ topic: 'orders', partition: 0 }]);
    await consumer.commit([{ topic: 'orders', partition: 0, offset: 1 }]);
    await producer.send({ topic: 'orders', value: 'b' });
    const args = ['--bootstrap-server', bootstrapServers, '--interval', '0.1'];
    const once = fakeWorld();
    assert.equal(await exitCodeOf(topOn(plainScreen), [...args, '--once'], once), 0);
    assert.ok(
      once.lines.some((line) => /^orders +0 +2 +1$/.test(line)),
      once.lines.join('\n'),
    );
    assert.ok(
      once.lines.some((line) => /^readers +1 +0 +Empty$/.test(line)),
      once.lines.join('\n'),
    );
    const json = fakeWorld();
    assert.equal(await exitCodeOf(topOn(plainScreen), [...args, '--once', '--json'], json), 0);
    const { timestamp, ...told } = JSON.parse(json.lines[0] ?? '') as Record<string, unknown>;
    assert.ok(Number(timestamp) > 0);
    assert.deepEqual(told, {
      topics: [{ topic: 'orders', partitions: 1, records: 2, written: 2, recordsPerSecond: 0 }],
      groups: [{ group: 'readers', state: 'Empty', members: 0, lag: 1 }],
    });
    const live = fakeWorld();
    const running = exitCodeOf(topOn(terminal(80, 24)), args, live);
    await until(() => live.lines.filter((line) => line.includes('RECORDS/S')).length >= 2);
    live.stop();
    assert.equal(await running, 0);
    assert.equal(live.lines[0]?.startsWith('\u001b[?1049h'), true, 'a screen of its own');
    assert.equal(live.lines.at(-1)?.endsWith('\u001b[?1049l'), true, 'which is left again');
  });

  test('bad options and a broker that is not there are told', async () => {
    const world = fakeWorld();
    assert.equal(await exitCodeOf(topOn(plainScreen), ['--interval', '0'], world), 1);
    assert.equal(await exitCodeOf(topOn(plainScreen), ['orders'], world), 1);
    assert.deepEqual(world.errors, ['--interval takes seconds, 0.1 or more', "'orders' is one argument too many"]);
  });
});
