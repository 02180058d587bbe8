import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { rebalanceOn } from '../../../src/cli/commands/rebalance/rebalance.ts';
import { exitCodeOf } from '../../../src/cli/tools/exit-code.ts';
import { Kafka, valuesOf, type Admin } from '../../../src/client/index.ts';
import { startCluster, type RunningCluster } from '../../../src/testing/index.ts';
import { fakeWorld, plainScreen, type FakeWorld } from './fake-world.ts';

const PARTITIONS = 12;

async function rebalance(cluster: RunningCluster, ...args: string[]): Promise<{ code: number; world: FakeWorld }> {
  const world = fakeWorld();
  const tool = rebalanceOn(plainScreen);
  const code = await exitCodeOf(tool, ['--bootstrap-server', cluster.bootstrapServers, ...args], world);
  return { code, world };
}

async function replicasOf(admin: Admin, topic: string): Promise<(readonly number[])[]> {
  return valuesOf(await admin.describeTopics([topic]))
    .get(topic)!
    .partitions.map(({ replicas }) => replicas);
}

function countOf(lists: readonly (readonly number[])[], id: number): number {
  return lists.filter((list) => list.includes(id)).length;
}

suite('rebalance, at three brokers', { timeout: 60_000 }, () => {
  test('a new broker gets its share; one is drained, stopped and retired', async (context) => {
    const cluster = await startCluster({ logLevel: 'silent' });
    const admin = new Kafka({ bootstrapServers: cluster.bootstrapServers, logLevel: 'silent' }).admin();
    context.after(async () => {
      admin.close();
      await cluster.close();
    });
    const assignments = Array.from({ length: PARTITIONS }, (_, index) => (index % 2 === 0 ? [1, 2] : [2, 1]));
    valuesOf(await admin.createTopics([{ name: 'orders', assignments }]));

    const planned = await rebalance(cluster, '--plan', '--json');
    assert.equal(planned.code, 0, planned.world.errors.join('\n'));
    const { moves, brokers } = JSON.parse(planned.world.lines.join('\n')) as {
      moves: { topic: string; from: number[]; to: number[] }[];
      brokers: unknown[];
    };
    assert.deepEqual(brokers[2], {
      broker: 3,
      rack: 'rack-3',
      replicas: { before: 0, after: 8 },
      leaders: { before: 0, after: 4 },
    });
    assert.equal(moves.filter(({ from, to }) => to.includes(3) && !from.includes(3)).length, 8);
    assert.equal(countOf(await replicasOf(admin, 'orders'), 3), 0, 'a plan moves nothing');

    const applied = await rebalance(cluster, '--apply', '--batch', '3', '--throttle', '100000000');
    assert.equal(applied.code, 0, applied.world.errors.join('\n'));
    assert.ok(
      applied.world.lines.some((line) => /^3 +rack-3 +0 -> 8 +0 -> 4 *$/.test(line)),
      applied.world.lines.join('\n'),
    );
    const spread = await replicasOf(admin, 'orders');
    assert.deepEqual(
      [1, 2, 3].map((id) => countOf(spread, id)),
      [8, 8, 8],
    );
    const { partitions } = valuesOf(await admin.describeTopics(['orders'])).get('orders')!;
    for (const { leaderId, replicas } of partitions) assert.equal(leaderId, replicas[0], 'the preferred one leads');
    const settings = valuesOf(await admin.describeConfigs([{ type: 'topic', name: 'orders' }]));
    const throttled = [...settings.values()].flatMap((entries) =>
      [...entries.values()].filter(({ name, value }) => name.includes('throttled.replicas') && value !== ''),
    );
    assert.deepEqual(throttled, [], 'the throttle is taken away');
    const again = await rebalance(cluster, '--apply');
    assert.equal(again.world.lines.at(-1), 'nothing to move');

    const early = await rebalance(cluster, '--retire', '2');
    assert.deepEqual(
      [early.code, early.world.errors],
      [1, ['broker 2 has replicas of 8 partitions: posthorn rebalance --drain 2 --apply moves them away']],
    );
    const drained = await rebalance(cluster, '--drain', '2', '--apply');
    assert.equal(drained.code, 0, drained.world.errors.join('\n'));
    assert.equal(countOf(await replicasOf(admin, 'orders'), 2), 0);
    valuesOf(await admin.createTopics([{ name: 'later', partitions: 6, replicationFactor: 2 }]));
    assert.equal(countOf(await replicasOf(admin, 'later'), 2), 0, 'it gets nothing new');
    assert.deepEqual((await rebalance(cluster, '--retire', '2')).world.errors, ['broker 2 runs: stop it first']);
    await cluster.stop(2);
    const retired = await rebalance(cluster, '--retire', '2');
    assert.deepEqual(retired.world.lines, ['broker 2 belongs to the cluster no more'], retired.world.errors.join('\n'));
    const { brokers: left } = await admin.describeCluster({ includeFencedBrokers: true });
    assert.deepEqual(
      left.map(({ nodeId }) => nodeId).toSorted((a, b) => a - b),
      [1, 3],
    );
  });

  test('what cannot be is told', async (context) => {
    const cluster = await startCluster({ brokers: 2, logLevel: 'silent' });
    const admin = new Kafka({ bootstrapServers: cluster.bootstrapServers, logLevel: 'silent' }).admin();
    context.after(async () => {
      admin.close();
      await cluster.close();
    });
    valuesOf(await admin.createTopics([{ name: 'orders', partitions: 3, replicationFactor: 2 }]));
    const cases: [string[], string][] = [
      [['--plan', '--apply'], '--plan or --apply, not both'],
      [['--drain', '9'], 'there is no broker 9'],
      [['--drain', 'x'], '--drain takes ids of brokers with commas between'],
      [['--retire', '9'], 'there is no broker 9'],
      [['--apply', '--batch', '0'], '--batch takes a number, 1 or more'],
      [['orders'], "'orders' is one argument too many"],
      [['--drain', '2', '--apply'], 'nobody can take 3 partitions: there are too few other brokers'],
    ];
    for (const [args, error] of cases) {
      const { code, world } = await rebalance(cluster, ...args);
      assert.deepEqual([code, world.errors], [1, [error]]);
    }
  });
});
