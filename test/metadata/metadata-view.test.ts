import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Malformed } from '../../src/base/malformed.ts';
import { EmbeddedStore } from '../../src/metadata/embedded-store.ts';
import { buildImage } from '../../src/metadata/image-builder.ts';
import type { ImageDelta } from '../../src/metadata/image-delta.ts';
import { StoreUnavailable, type StoreOp, type Watch, type Watching } from '../../src/metadata/metadata-store.ts';
import { MetadataView } from '../../src/metadata/metadata-view.ts';
import { RECONCILE_MS, RETRY_LAST_MS } from '../../src/metadata/store-follower.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { silent } from '../runtime/silent-logger.ts';
import { plainImage } from './plain-image.ts';

const partition = { leader: 1, leaderEpoch: 0, partitionEpoch: 0, replicas: [1], isr: [1], elr: [], lastKnownElr: [] };
const put = (key: string, value: object): StoreOp => ({ type: 'put', key, value: JSON.stringify(value) });
const remove = (key: string): StoreOp => ({ type: 'delete', key });

const topicOps = (name: string, id: string): StoreOp[] => [
  put(`p/${id}/0`, { ...partition, adding: [], removing: [], recovering: false }),
  put(`t/${name}`, { id, partitions: 1 }),
];

class Fixture {
  readonly time = new VirtualTime();
  readonly disk = new MemoryDisk();
  readonly store: EmbeddedStore;
  /** The newest watch of the view, to lose what it wants. */
  watch: Watch | undefined;
  /** Leaves out what the watch tells. */
  isDeaf = false;
  #watching: Watching | undefined;

  constructor() {
    this.disk.makeDirectory('/data');
    const { disk, time } = this;
    this.store = EmbeddedStore.open({ disk, directory: '/data/m', clock: time, timers: time, logger: silent });
    const watch = this.store.watch.bind(this.store);
    this.store.watch = (wanted) => {
      this.watch = wanted;
      const onEvents: Watch['onEvents'] = (events, revision) => {
        if (!this.isDeaf) wanted.onEvents(events, revision);
      };
      this.#watching = watch({ ...wanted, onEvents, onLost: (reason) => wanted.onLost(reason) });
      return this.#watching;
    };
  }

  /** The newest watch ends, as a store ends it. */
  lose(reason: 'compacted' | 'unavailable'): void {
    this.#watching!.cancel();
    this.watch!.onLost(reason);
  }

  async done<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => {});
    await this.time.settle();
    return promise;
  }

  async write(...onSuccess: StoreOp[]): Promise<number> {
    return (await this.done(this.store.txn({ compares: [], onSuccess }))).revision;
  }

  view(): Promise<MetadataView> {
    return this.done(MetadataView.open(this.store, silent, this.time));
  }
}

/** A delta as names. */
function told(delta: ImageDelta): Record<string, unknown> {
  const names = {
    deleted: delta.topicsDeleted.map(({ name, id }) => `${name}:${id}`),
    created: delta.topicsCreated.map(({ name, id }) => `${name}:${id}`),
    changed: delta.topicsChanged.map(({ after }) => after.name),
    configs: delta.configsChanged.map(({ type, name }) => `${type}/${name}`),
    brokers: delta.brokersChanged,
  };
  return Object.fromEntries(Object.entries(names).filter(([, list]) => list.length > 0));
}

suite('metadata view', () => {
  test('starts with what the store holds, and follows it', async () => {
    const fixture = new Fixture();
    await fixture.write(...topicOps('a', 'A'), put('c/topic/a', { 'retention.ms': '5' }));
    const view = await fixture.view();
    assert.equal(view.image.topics.get('a')?.id, 'A');
    const deltas: Record<string, unknown>[] = [];
    view.subscribe((_, delta) => deltas.push(told(delta)));
    await fixture.write(...topicOps('b', 'B'));
    await fixture.write(put('p/B/0', { ...partition, leaderEpoch: 1, adding: [], removing: [], recovering: false }));
    await fixture.write(put('c/topic/a', { 'retention.ms': '6' }));
    await fixture.write(remove('t/a'), remove('c/topic/a'));
    await fixture.write(remove('t/b'), ...topicOps('a', 'C'));
    await fixture.write(
      put('b/7', { incarnation: 'i', endpoints: [], rack: null, logDirs: [] }),
      put('live/7', { incarnation: 'i' }),
    );
    assert.deepEqual(deltas, [
      { created: ['b:B'] },
      { changed: ['b'] },
      { configs: ['topic/a'] },
      { deleted: ['a:A'], configs: ['topic/a'] },
      { deleted: ['b:B'], created: ['a:C'] },
      { brokers: [7] },
    ]);
    assert.equal(view.image.brokers.get(7)?.fenced, false);
  });

  test('a topic deleted and made anew between two looks is both', async () => {
    const fixture = new Fixture();
    await fixture.write(...topicOps('a', 'A'));
    const view = await fixture.view();
    const deltas: Record<string, unknown>[] = [];
    view.subscribe((_, delta) => deltas.push(told(delta)));
    const both = [
      fixture.store.txn({ compares: [], onSuccess: [remove('t/a')] }),
      fixture.store.txn({ compares: [], onSuccess: topicOps('a', 'B') }),
    ];
    await fixture.done(Promise.all(both));
    assert.deepEqual(deltas, [{ deleted: ['a:A'], created: ['a:B'] }]);
    assert.equal(view.image.topicById('A'), undefined);
    assert.equal(view.image.topicById('B')?.name, 'a');
  });

  test('an unsubscribed listener hears no more', async () => {
    const fixture = new Fixture();
    const view = await fixture.view();
    const stop = view.subscribe(() => assert.fail());
    stop();
    await fixture.write(...topicOps('a', 'A'));
  });

  test('what a change does not touch is shared by the images before and after it', async () => {
    const fixture = new Fixture();
    await fixture.write(...topicOps('a', 'A'), ...topicOps('b', 'B'));
    const view = await fixture.view();
    const before = view.image;
    await fixture.write(...topicOps('c', 'C'));
    assert.equal(before.topics.get('c'), undefined, 'an image never changes');
    assert.equal(view.image.topics.get('a'), before.topics.get('a'));
    assert.equal(view.image.configs, before.configs);
    assert.equal(view.image.brokers, before.brokers);
    assert.deepEqual(view.image.sortedTopicNames(), ['a', 'b', 'c']);
    assert.equal(view.image.sortedTopicNames(), view.image.sortedTopicNames());
  });

  test('waits for a revision until the image has it', async () => {
    const fixture = new Fixture();
    const view = await fixture.view();
    let reached = false;
    const waiting = view.reached(2).then(() => (reached = true));
    await fixture.write(...topicOps('a', 'A'));
    assert.equal(reached, false);
    await fixture.write(...topicOps('b', 'B'));
    await waiting;
    assert.equal(view.image.revision, 2);
    await view.reached(1);
  });

  test('when the store forgot what it has not seen, it reads anew and tells what differs', async () => {
    const fixture = new Fixture();
    await fixture.write(...topicOps('stays', 'S'), ...topicOps('goes', 'G'), put('c/topic/goes', { x: '1' }));
    const view = await fixture.view();
    const deltas: Record<string, unknown>[] = [];
    view.subscribe((_, delta) => deltas.push(told(delta)));
    const lostWatch = fixture.watch!;
    fixture.lose('compacted');
    const missed = [...topicOps('new', 'N'), remove('t/goes'), remove('c/topic/goes')];
    await fixture.done(fixture.store.txn({ compares: [], onSuccess: missed }));
    assert.notEqual(fixture.watch, lostWatch);
    assert.deepEqual([...view.image.topics.keys()].toSorted(), ['new', 'stays']);
    const { entries, revision } = await fixture.done(fixture.store.range(''));
    assert.deepEqual(plainImage(view.image), plainImage(buildImage(entries, revision)));
    assert.deepEqual(deltas.flatMap(({ created = [], deleted = [] }) => [created, deleted]).flat(), [
      'new:N',
      'goes:G',
    ]);
    await fixture.write(...topicOps('later', 'L'));
    assert.equal(view.image.topics.has('later'), true, 'and it follows again');
  });

  test('when the store is gone the last image stays, and waiting ends', async () => {
    const fixture = new Fixture();
    await fixture.write(...topicOps('a', 'A'));
    const view = await fixture.view();
    const waiting = view.reached(99);
    waiting.catch(() => {});
    await fixture.done(fixture.store.close());
    await assert.rejects(waiting, StoreUnavailable);
    await assert.rejects(view.reached(99), StoreUnavailable);
    assert.equal(view.image.topics.has('a'), true);
  });

  test('when the store is away the last image stays, and goes on once it is back', async () => {
    const fixture = new Fixture();
    await fixture.write(...topicOps('stays', 'S'), ...topicOps('goes', 'G'));
    const view = await fixture.view();
    const deltas: Record<string, unknown>[] = [];
    view.subscribe((_, delta) => deltas.push(told(delta)));
    const range = fixture.store.range.bind(fixture.store);
    fixture.store.range = () => Promise.reject(new StoreUnavailable('away'));
    fixture.lose('unavailable');
    const early = view.reached(3);
    early.catch(() => {});
    await fixture.time.run(RETRY_LAST_MS);
    await assert.rejects(early, StoreUnavailable);
    await fixture.write(remove('t/goes'), ...topicOps('new', 'N'));
    await fixture.time.run(10 * RETRY_LAST_MS);
    assert.equal(view.image.topics.has('goes'), true, 'frozen');
    const kept = view.image.topics.get('stays');
    fixture.store.range = range;
    await fixture.done(view.reached(2));
    assert.deepEqual([...view.image.topics.keys()].toSorted(), ['new', 'stays'], 'asked at once for who waits');
    assert.equal(view.image.topics.get('stays'), kept, 'what did not change is shared');
    assert.deepEqual(
      deltas.map(({ created, deleted }) => ({ created, deleted })),
      [{ created: ['new:N'], deleted: ['goes:G'] }],
    );
    await fixture.write(remove('t/new'));
    assert.equal(view.image.topics.has('new'), false, 'and it follows again');
  });

  test('a deletion that the watch left out is found by comparing', async () => {
    const fixture = new Fixture();
    await fixture.write(...topicOps('a', 'A'), ...topicOps('b', 'B'));
    const view = await fixture.view();
    fixture.isDeaf = true;
    await fixture.write(remove('t/a'));
    fixture.isDeaf = false;
    await fixture.write(...topicOps('c', 'C'));
    assert.deepEqual(
      [...view.image.topics.keys()].toSorted(),
      ['a', 'b', 'c'],
      'nothing tells that something is missing',
    );
    await fixture.time.run(RECONCILE_MS);
    assert.deepEqual([...view.image.topics.keys()].toSorted(), ['b', 'c']);
  });

  test('where nothing changed, comparing reads nothing; changes that come while it reads are not undone', async () => {
    const fixture = new Fixture();
    await fixture.write(...topicOps('a', 'A'));
    const view = await fixture.view();
    let ranges = 0;
    const range = fixture.store.range.bind(fixture.store);
    fixture.store.range = async (prefix) => {
      ranges++;
      const answer = await range(prefix);
      // The answer is late: the watch tells of what came after it first.
      await fixture.write(remove('t/a'), ...topicOps('b', 'B'));
      return answer;
    };
    await fixture.time.run(3 * RECONCILE_MS);
    assert.equal(ranges, 0);
    await fixture.write(...topicOps('c', 'C'));
    await fixture.time.run(RECONCILE_MS);
    assert.equal(ranges, 1);
    assert.deepEqual([...view.image.topics.keys()].toSorted(), ['b', 'c']);
    assert.equal(view.image.revision, 3);
  });

  test('a store that went back in time, or became another cluster, is followed no further', async () => {
    const fixture = new Fixture();
    await fixture.write(put('meta', { clusterId: 'first', format: 1, features: {} }));
    await fixture.write(...topicOps('a', 'A'));
    const view = await fixture.view();
    const restored = { revision: 1, entries: [] };
    fixture.store.range = () => Promise.resolve(restored);
    fixture.lose('unavailable');
    await fixture.time.settle();
    await assert.rejects(view.reached(3), (error: Error) => {
      assert.match(String(error.cause), /went backwards, from revision 2 to 1/);
      return true;
    });
    assert.equal(view.image.topics.has('a'), true);

    const other = new Fixture();
    await other.write(put('meta', { clusterId: 'first', format: 1, features: {} }));
    const otherView = await other.view();
    await other.write(put('meta', { clusterId: 'second', format: 1, features: {} }));
    assert.equal(otherView.image.clusterId, 'first');
    await assert.rejects(otherView.reached(2), StoreUnavailable);
  });

  test('a closed view leaves no timer behind', async () => {
    const fixture = new Fixture();
    const view = await fixture.view();
    view.close();
    await fixture.time.settle();
    assert.equal(fixture.time.pending, 0);
    await assert.rejects(view.reached(1), StoreUnavailable);
  });

  for (const [title, ops] of [
    ['no JSON', [{ type: 'put', key: 't/x', value: '{' } as StoreOp]],
    ['a key that nobody writes', [put('zork', {})]],
    ['a bad number in a key', [put('p/A/x', partition)]],
    ['a topic without its partitions', [put('t/x', { id: 'X', partitions: 2 }), put('p/X/0', partition)]],
  ] as const) {
    test(`${title}: refused at the start; while it runs, the last good image stays`, async () => {
      const fixture = new Fixture();
      await fixture.write(...topicOps('a', 'A'));
      const view = await fixture.view();
      const { image } = view;
      await fixture.write(...ops);
      await fixture.write(...topicOps('b', 'B'));
      assert.equal(view.image, image);
      await assert.rejects(view.reached(3), StoreUnavailable);
      await assert.rejects(fixture.view(), Malformed);
    });
  }
});
