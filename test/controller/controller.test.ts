import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { ControllerRefused, WAITING_CHANGES_MAX } from '../../src/controller/controller.ts';
import { buildImage } from '../../src/metadata/image-builder.ts';
import { plainImage } from '../metadata/plain-image.ts';
import { BROKER_ID, Cluster, createTopic, topic } from './cluster-fixture.ts';

suite('producer ids', () => {
  test('no block is given twice, restarts and crashes included', async () => {
    let cluster = await Cluster.start();
    const firsts: number[] = [];
    for (let round = 0; round < 5; round++) {
      const blocks = await cluster.done(
        Promise.all([cluster.controller.reserveProducerIds(), cluster.controller.reserveProducerIds()]),
      );
      firsts.push(...blocks.map(({ first }) => first));
      assert.deepEqual(
        blocks.map(({ count }) => count),
        [1000, 1000],
      );
      cluster = await Cluster.start({ disk: cluster.disk.crash('dropped', new SeededRandom(round)) });
    }
    assert.deepEqual(
      firsts,
      Array.from({ length: 10 }, (_, index) => index * 1000),
    );
  });

  test('a block that could not be written is not given', async () => {
    const cluster = await Cluster.start();
    cluster.disk.fail({ call: 'sync', code: 'EIO' });
    await assert.rejects(cluster.done(cluster.controller.reserveProducerIds()), (error) => {
      assert.ok(error instanceof ControllerRefused);
      assert.equal(error.result.error.name, 'KAFKA_STORAGE_ERROR');
      return true;
    });
  });
});

suite('controller and a failing store', () => {
  for (const [call, code] of [
    ['write', 'EIO'],
    ['sync', 'EIO'],
  ] as const) {
    test(`${code} at ${call}: what is asked for is refused with a storage error, and what was there stays visible`, async () => {
      const cluster = await Cluster.start();
      await cluster.create(topic('kept'));
      cluster.disk.fail({ call, code });
      for (const name of ['refused', 'refused-too']) {
        const result = await cluster.done(createTopic(cluster.controller, topic(name)));
        assert.equal(result.error.name, 'KAFKA_STORAGE_ERROR');
        assert.match(result.message!, /offline.*EIO/);
      }
      assert.deepEqual([...cluster.image.topics.keys()], ['kept']);
      const checked = await cluster.done(
        cluster.controller.createTopics({ topics: [topic('kept')], validateOnly: false }),
      );
      assert.equal(checked[0]!.error.name, 'TOPIC_ALREADY_EXISTS', 'what needs no write is still judged');
    });
  }

  test('a full disk refuses a topic, and takes the next once it has space', async () => {
    const cluster = await Cluster.start();
    cluster.disk.fail({ call: 'write', code: 'ENOSPC', path: 'wal-' });
    const refused = await cluster.done(createTopic(cluster.controller, topic('refused')));
    assert.equal(refused.error.name, 'KAFKA_STORAGE_ERROR');
    assert.match(refused.message!, /disk space/);
    assert.equal((await cluster.done(createTopic(cluster.controller, topic('refused')))).error.name, 'NONE');
    assert.deepEqual([...cluster.image.topics.keys()], ['refused']);
  });

  test('a topic creation that fails half way leaves no topic, before and after the next start', async () => {
    for (let nth = 1; nth <= 3; nth++) {
      const cluster = await Cluster.start();
      cluster.disk.fail({ call: 'sync', nth, code: 'EIO' });
      const asked = cluster.controller.createTopics({
        topics: [topic('large', { numPartitions: 500 })],
        validateOnly: false,
      });
      const [result] = await cluster.done(asked);
      const acknowledged = result!.error.name === 'NONE';
      assert.equal(cluster.image.topics.has('large'), acknowledged);
      const next = await Cluster.start({ disk: cluster.disk.crash('mixed', new SeededRandom(nth)) });
      if (acknowledged) assert.equal(next.image.topics.get('large')?.partitions.length, 500);
      await next.done(next.controller.removeOrphans());
      const { entries } = await next.done(next.store.range('p/'));
      assert.equal(entries.length, next.image.topics.get('large')?.partitions.length ?? 0);
    }
  });
});

suite('controller', () => {
  test('requests beyond the bound are refused with an error that clients retry', async () => {
    const cluster = await Cluster.start();
    const asked = Array.from({ length: WAITING_CHANGES_MAX + 2 }, (_, index) =>
      createTopic(cluster.controller, topic(`t${index}`)),
    );
    const results = await cluster.done(Promise.all(asked));
    assert.deepEqual(
      results.slice(-2).map(({ error }) => error.name),
      ['REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT'],
    );
    assert.equal(cluster.image.topics.size, WAITING_CHANGES_MAX);
  });

  test('who asked sees the change in the image, and listeners saw it before', async () => {
    const cluster = await Cluster.start();
    const seen: string[] = [];
    cluster.view.subscribe((_, { topicsCreated }) => seen.push(...topicsCreated.map(({ name }) => name)));
    const asked = createTopic(cluster.controller, topic('t')).then(() => {
      assert.deepEqual(seen, ['t']);
      assert.equal(cluster.image.topics.get('t')?.partitions[0]?.leader, BROKER_ID);
    });
    await cluster.done(asked);
  });

  test('after any history the image is what the store would build anew, also after a crash', async () => {
    const names = ['a', 'b.c', 'b_c', 'd', 'e'];
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('create' as const),
        name: fc.constantFrom(...names),
        count: fc.integer({ min: 1, max: 5 }),
      }),
      fc.record({ kind: fc.constant('delete' as const), name: fc.constantFrom(...names), count: fc.constant(0) }),
      fc.record({
        kind: fc.constant('grow' as const),
        name: fc.constantFrom(...names),
        count: fc.integer({ min: 1, max: 150 }),
      }),
      fc.record({
        kind: fc.constant('configure' as const),
        name: fc.constantFrom(...names),
        count: fc.integer({ min: 1, max: 9 }),
      }),
      fc.record({ kind: fc.constant('reset' as const), name: fc.constantFrom(...names), count: fc.constant(0) }),
      fc.record({ kind: fc.constant('forget' as const), name: fc.constantFrom(...names), count: fc.constant(0) }),
      fc.record({ kind: fc.constant('quota' as const), name: fc.constantFrom(...names), count: fc.nat(3) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), async (history) => {
        const cluster = await Cluster.start();
        for (const batch of history) {
          await cluster.done(Promise.all(batch.map((each) => perform(cluster, each))));
          const { entries, revision } = await cluster.done(cluster.store.range(''));
          assert.deepEqual(plainImage(cluster.image), plainImage(buildImage(entries, revision)));
        }
        const { brokers: _, controller: __, revision: ___, ...before } = plainImage(cluster.image);
        const next = await Cluster.start({ disk: cluster.disk.crash('dropped', new SeededRandom(1)) });
        const { brokers: ____, controller: _____, revision: ______, ...after } = plainImage(next.image);
        assert.deepEqual(after, before);
      }),
      { numRuns: 60 },
    );
  });
});

interface Step {
  readonly kind: 'create' | 'delete' | 'grow' | 'configure' | 'reset' | 'forget' | 'quota';
  readonly name: string;
  readonly count: number;
}

async function perform({ controller, image }: Cluster, { kind, name, count }: Step): Promise<unknown> {
  const configs = [{ name: 'retention.ms', value: String(count) }];
  const configOperation = kind === 'reset' ? 1 : 0;
  switch (kind) {
    case 'create': {
      const wanted = topic(name, { numPartitions: count, configs: count % 2 === 0 ? configs : [] });
      return controller.createTopics({ topics: [wanted], validateOnly: false });
    }
    case 'delete':
      return controller.deleteTopics([{ name, topicId: ZERO_UUID }]);
    case 'grow':
      return controller.createPartitions({ topics: [{ name, count, assignments: null }], validateOnly: false });
    case 'configure':
    case 'reset': {
      const resource = {
        resourceType: 2,
        resourceName: name,
        configs: configs.map((each) => ({ ...each, configOperation })),
      };
      return controller.incrementalAlterConfigs({ resources: [resource], validateOnly: false });
    }
    case 'forget':
      return Promise.all([...image.deletedTopics.keys()].map((id) => controller.forgetTopic(id)));
    case 'quota': {
      const ops = [{ key: 'producer_byte_rate', value: count, remove: count === 0 }];
      const entry = { entity: [{ entityType: 'user', entityName: name }], ops };
      return controller.alterClientQuotas({ entries: [entry], validateOnly: false });
    }
    default:
      return kind satisfies never;
  }
}
