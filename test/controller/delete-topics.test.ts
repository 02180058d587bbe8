import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import type { TopicReference } from '../../src/controller/delete-topics.ts';
import { E } from '../../src/protocol/errors.ts';
import { answers, BROKER_ID, Cluster, topic } from './cluster-fixture.ts';

const byName = (name: string): TopicReference => ({ name, topicId: ZERO_UUID });
const byId = (topicId: string): TopicReference => ({ name: null, topicId });

async function keysOf(cluster: Cluster, prefix: string): Promise<string[]> {
  const { entries } = await cluster.done(cluster.store.range(prefix));
  return entries.map(({ key }) => key);
}

suite('deleteTopics', () => {
  test('a deleted topic is gone with its settings; its name may be used again, under another id', async () => {
    const cluster = await Cluster.start();
    await cluster.create(topic('t', { configs: [{ name: 'retention.ms', value: '5' }] }));
    const { id } = cluster.image.topics.get('t')!;
    const [result] = await cluster.done(cluster.controller.deleteTopics([byName('t')]));
    assert.deepEqual(result, { name: 't', topicId: id, error: E.NONE, message: null });
    assert.equal(cluster.image.topics.get('t'), undefined);
    assert.equal(cluster.image.topicById(id), undefined);
    assert.equal(cluster.image.config({ type: 'topic', name: 't' }).size, 0);
    await cluster.create(topic('t'));
    assert.notEqual(cluster.image.topics.get('t')!.id, id);
  });

  test('a topic is also deleted by its id', async () => {
    const cluster = await Cluster.start();
    await cluster.create(topic('t'));
    const { id } = cluster.image.topics.get('t')!;
    const [result] = await cluster.done(cluster.controller.deleteTopics([byId(id)]));
    assert.deepEqual(result, { name: 't', topicId: id, error: E.NONE, message: null });
  });

  test('references that are wrong are refused each in the words of Kafka', async () => {
    const cluster = await Cluster.start();
    await cluster.create(topic('a'), topic('b'), topic('c'), topic('d'));
    const idOf = (name: string): string => cluster.image.topics.get(name)!.id;
    const [a, b, c] = [idOf('a'), idOf('b'), idOf('c')];
    const unknown = 'AAAAAAAAAAAAAAAAAAAAEA';
    const results = await cluster.done(
      cluster.controller.deleteTopics([
        byId(ZERO_UUID),
        { name: 'a', topicId: a },
        byName('none'),
        byId(unknown),
        byName('b'),
        byId(b),
        byName('c'),
        byName('c'),
        byId(c),
        byName(''),
      ]),
    );
    const told = results.map(({ name, topicId, error, message }) =>
      JSON.stringify([name, topicId, error.code, message]),
    );
    const expected = [
      [null, ZERO_UUID, 42, 'Neither topic name nor id were specified.'],
      ['a', a, 42, 'You may not specify both topic name and topic id.'],
      ['none', ZERO_UUID, 3, 'This server does not host this topic-partition.'],
      [null, unknown, 100, 'This server does not host this topic ID.'],
      ['b', b, 42, 'The provided topic name maps to an ID that was already supplied.'],
      ['c', ZERO_UUID, 42, 'Duplicate topic name.'],
      ['c', c, 0, null],
      ['', ZERO_UUID, 3, 'This server does not host this topic-partition.'],
    ];
    assert.deepEqual(told.toSorted(), expected.map((each) => JSON.stringify(each)).toSorted());
    assert.deepEqual([...cluster.image.topics.keys()].toSorted(), ['a', 'b', 'd']);
  });

  test('an id given twice is refused, and so is a name for it', async () => {
    const cluster = await Cluster.start();
    await cluster.create(topic('a'));
    const { id } = cluster.image.topics.get('a')!;
    const results = await cluster.done(cluster.controller.deleteTopics([byId(id), byId(id), byName('a')]));
    assert.deepEqual(answers(results), [
      ['INVALID_REQUEST', 'Duplicate topic id.'],
      ['INVALID_REQUEST', 'The provided topic name maps to an ID that was already supplied.'],
    ]);
    assert.equal(cluster.image.topics.size, 1);
  });

  test('nothing is deleted where delete.topic.enable is false', async () => {
    const cluster = await Cluster.start({ settings: { 'delete.topic.enable': 'false' } });
    await cluster.create(topic('a'));
    const [result] = await cluster.done(cluster.controller.deleteTopics([byName('a')]));
    assert.equal(result!.error, E.TOPIC_DELETION_DISABLED);
    assert.equal(cluster.image.topics.size, 1);
  });

  test('what a deleted topic leaves in the store stays until its files are gone', async () => {
    const cluster = await Cluster.start();
    await cluster.create(topic('big', { numPartitions: 300 }), topic('other'));
    const { id } = cluster.image.topics.get('big')!;
    await cluster.done(cluster.controller.deleteTopics([byName('big')]));
    assert.deepEqual(cluster.image.deletedTopics.get(id), { name: 'big', partitions: 300, brokers: [BROKER_ID] });
    assert.equal((await keysOf(cluster, `p/${id}/`)).length, 300);
    await cluster.done(cluster.controller.forgetTopic(id));
    assert.deepEqual(await keysOf(cluster, `p/${id}/`), []);
    assert.deepEqual(await keysOf(cluster, 'del/'), []);
    assert.equal(cluster.image.deletedTopics.size, 0);
    assert.equal(cluster.image.partitions.size, 1);
    await cluster.done(cluster.controller.forgetTopic(id));
  });
});

suite('what interrupted changes leave', () => {
  test('is removed after the next start, and nothing else', async () => {
    const disk = (await Cluster.start()).disk;
    const cluster = await Cluster.start({ disk: disk.kill() });
    await cluster.create(topic('whole', { numPartitions: 3 }));
    const { id } = cluster.image.topics.get('whole')!;
    const stale = JSON.stringify(cluster.image.topics.get('whole')!.partitions[0]);
    const orphan = 'abcdefghijklmnopqrstug';
    const ops = [0, 1, 2].map((index) => ({ type: 'put' as const, key: `p/${orphan}/${index}`, value: stale }));
    ops.push({ type: 'put', key: `p/${id}/3`, value: stale });
    await cluster.done(cluster.store.txn({ compares: [], onSuccess: ops }));
    assert.equal(cluster.image.topics.get('whole')!.partitions.length, 3, 'not before its count says so');
    await cluster.create(topic('deleted', { numPartitions: 2 }));
    await cluster.done(cluster.controller.deleteTopics([byName('deleted')]));
    const next = await Cluster.start({ disk: cluster.disk.kill() });
    await next.done(next.controller.tidyUp());
    await next.done(next.controller.removeOrphans());
    assert.deepEqual(await keysOf(next, 'del/'), []);
    assert.deepEqual(
      await keysOf(next, 'p/'),
      [0, 1, 2].map((index) => `p/${id}/${index}`),
    );
  });
});
