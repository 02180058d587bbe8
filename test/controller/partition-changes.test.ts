import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import { decideElections, ElectionType } from '../../src/controller/elections.ts';
import { decideReassignments, listReassignments, type WantedReassignment } from '../../src/controller/reassignments.ts';
import type { ClusterImage } from '../../src/metadata/cluster-image.ts';
import { buildImage } from '../../src/metadata/image-builder.ts';
import type { StoreEntry } from '../../src/metadata/metadata-store.ts';
import type { PartitionRecord } from '../../src/metadata/records.ts';
import { answers, Cluster, topic } from './cluster-fixture.ts';

const TOPIC_ID = 'abcdefghijklmnopqrstug';

/** An image of brokers 1 to 3, of which some are fenced, and a topic `t` with the given partitions. */
function imageOf(partitions: Partial<PartitionRecord>[], fenced: number[] = []): ClusterImage {
  const values: [string, object][] = [
    ['meta', { clusterId: 'c', format: 1, features: { 'eligible.leader.replicas.version': 1 } }],
    [`t/t`, { id: TOPIC_ID, partitions: partitions.length }],
  ];
  for (const id of [1, 2, 3]) {
    values.push([`b/${id}`, { incarnation: `i${id}`, endpoints: [], rack: null, logDirs: [] }]);
    if (!fenced.includes(id)) values.push([`live/${id}`, { incarnation: `i${id}` }]);
  }
  for (const [index, partition] of partitions.entries()) {
    const record: PartitionRecord = {
      leader: 1,
      leaderEpoch: 5,
      partitionEpoch: 9,
      replicas: [1, 2, 3],
      isr: [1, 2, 3],
      elr: [],
      lastKnownElr: [],
      adding: [],
      removing: [],
      recovering: false,
      ...partition,
    };
    values.push([`p/${TOPIC_ID}/${index}`, record]);
  }
  const entries: StoreEntry[] = values.map(([key, value], index) => ({
    key,
    value: JSON.stringify(value),
    createRevision: index + 1,
    modRevision: index + 1,
    lease: undefined,
  }));
  return buildImage(entries, entries.length);
}

/** What a decision writes for partition 0. */
function written(
  decided: readonly { mutation?: { partitions?: readonly { record: PartitionRecord }[] } }[],
): PartitionRecord | undefined {
  return decided[0]?.mutation?.partitions?.[0]?.record;
}

const config = new BrokerConfig({ static: new Map() });

const reassign = (image: ClusterImage, wanted: WantedReassignment): ReturnType<typeof decideReassignments> =>
  decideReassignments({ image, config }, [wanted]);

const elect = (image: ClusterImage, type: ElectionType): ReturnType<typeof decideElections> =>
  decideElections({ image, config }, type, [{ topic: 't', partitions: [0] }]);

const wish = (replicas: number[] | null, partition = 0, name = 't'): WantedReassignment => ({
  topic: name,
  partition,
  replicas,
});

/** What becomes of a wish where the factor must stay. */
function decideKept(image: ClusterImage, replicas: number[] | null): string[] {
  return answers(decideReassignments({ image, config }, [wish(replicas)], false).map(({ result }) => result)).map(
    String,
  );
}

function factorRefused(before: number, after: number): string[] {
  return [`INVALID_REPLICATION_FACTOR,The replication factor is changed from ${before} to ${after}`];
}

suite('electLeaders', () => {
  test('one broker needs no election; what is not there is said', async () => {
    const cluster = await Cluster.start();
    await cluster.create(topic('t'));
    for (const type of [ElectionType.preferred, ElectionType.unclean]) {
      const results = await cluster.done(
        cluster.controller.electLeaders(type, [
          { topic: 't', partitions: [0, 99] },
          { topic: 'none', partitions: [0] },
        ]),
      );
      assert.deepEqual(answers(results), [
        ['ELECTION_NOT_NEEDED', 'Leader election not needed for topic partition.'],
        ['UNKNOWN_TOPIC_OR_PARTITION', 'No such partition as t-99'],
        ['UNKNOWN_TOPIC_OR_PARTITION', 'No such topic as none'],
      ]);
      assert.deepEqual(await cluster.done(cluster.controller.electLeaders(type, null)), []);
    }
  });

  test('the preferred leader takes over under the next epoch, if it is live and in sync', () => {
    const elected = written(elect(imageOf([{ leader: 2 }]), ElectionType.preferred));
    assert.deepEqual([elected?.leader, elected?.leaderEpoch, elected?.partitionEpoch], [1, 6, 10]);
    assert.equal('modRevision' in elected!, false);
    for (const image of [imageOf([{ leader: 2 }], [1]), imageOf([{ leader: 2, isr: [2, 3] }])]) {
      const decided = elect(image, ElectionType.preferred);
      assert.equal(decided[0]!.result.error.name, 'PREFERRED_LEADER_NOT_AVAILABLE');
      assert.equal(written(decided), undefined);
    }
  });

  test('an unclean election takes any live replica, one in sync before others, and says when it was unclean', () => {
    const clean = written(elect(imageOf([{ leader: -1, isr: [3] }]), ElectionType.unclean));
    assert.deepEqual([clean?.leader, clean?.isr, clean?.recovering], [3, [3], false]);
    const unclean = written(elect(imageOf([{ leader: -1, isr: [3], elr: [2] }], [1, 3]), ElectionType.unclean));
    assert.deepEqual([unclean?.leader, unclean?.isr, unclean?.elr, unclean?.recovering], [2, [2], [], true]);
    assert.equal(
      elect(imageOf([{ leader: -1 }], [1, 2, 3]), ElectionType.unclean)[0]!.result.error.name,
      'ELIGIBLE_LEADERS_NOT_AVAILABLE',
    );
    assert.equal(elect(imageOf([{ leader: 2 }]), ElectionType.unclean)[0]!.result.error.name, 'ELECTION_NOT_NEEDED');
  });
});

suite('alterPartitionReassignments', () => {
  test('with one broker: what changes nothing is fine, what cannot be is refused', async () => {
    const cluster = await Cluster.start();
    await cluster.create(topic('t'));
    const before = cluster.image;
    const results = await cluster.done(
      cluster.controller.alterPartitionReassignments([
        wish([1]),
        wish([1], 99),
        wish([1], 0, 'none'),
        wish([99]),
        wish([]),
        wish([1, 1]),
        wish(null),
      ]),
    );
    const unknown = 'The manual partition assignment includes broker 99, but no such broker is registered.';
    assert.deepEqual(answers(results), [
      ['NONE', null],
      ['UNKNOWN_TOPIC_OR_PARTITION', 'Unable to find partition t:99.'],
      ['UNKNOWN_TOPIC_OR_PARTITION', 'Unable to find a topic named none.'],
      ['INVALID_REPLICA_ASSIGNMENT', unknown],
      ['INVALID_REPLICA_ASSIGNMENT', 'The manual partition assignment includes an empty replica list.'],
      ['INVALID_REPLICA_ASSIGNMENT', 'The manual partition assignment includes the broker 1 more than once.'],
      ['NO_REASSIGNMENT_IN_PROGRESS', null],
    ]);
    assert.equal(cluster.image, before);
    assert.deepEqual(listReassignments(cluster.image, null), []);
  });

  test('new replicas are added and marked, old ones marked, and cancelling undoes it', () => {
    const started = written(reassign(imageOf([{ replicas: [1, 2], isr: [1, 2] }]), wish([2, 3])))!;
    assert.deepEqual([started.replicas, started.adding, started.removing], [[2, 3, 1], [3], [1]]);
    assert.deepEqual([started.leader, started.leaderEpoch, started.partitionEpoch], [1, 5, 10]);
    const image = imageOf([started]);
    assert.deepEqual(listReassignments(image, [{ name: 't', partitionIndexes: [0, 7] }]), [
      { topic: 't', partition: 0, replicas: [2, 3, 1], adding: [3], removing: [1] },
    ]);
    assert.equal(written(reassign(image, wish([2, 3]))), undefined, 'the same again is no change');
    const undone = written(reassign(image, wish(null)))!;
    assert.deepEqual(
      [undone.replicas.toSorted((left, right) => left - right), undone.adding, undone.removing],
      [[1, 2], [], []],
    );
    assert.equal(undone.partitionEpoch, 11);
  });

  test('where the factor must stay, it is that of the replicas at the end of what is under way', () => {
    const resting = imageOf([{ replicas: [1, 2], isr: [1, 2] }]);
    assert.deepEqual(decideKept(resting, [1, 2, 3]), factorRefused(2, 3));
    assert.deepEqual(decideKept(resting, [1]), factorRefused(2, 1));
    assert.deepEqual(decideKept(resting, [3, 1]), ['NONE,']);
    const moving = imageOf([{ replicas: [2, 3, 1], isr: [1], adding: [2, 3], removing: [1] }]);
    assert.deepEqual(decideKept(moving, [1, 2, 3]), factorRefused(2, 3));
    assert.deepEqual(decideKept(moving, [3, 2]), ['NONE,']);
    assert.deepEqual(decideKept(moving, null), ['NONE,'], 'to cancel is no change of it');
    assert.deepEqual(decideKept(resting, [1, 9, 3])[0]!.split(',')[0], 'INVALID_REPLICA_ASSIGNMENT');
  });

  test('replicas that come and go are noted in the order of their ids', () => {
    const started = written(reassign(imageOf([{ replicas: [3, 1], isr: [3, 1] }]), wish([2])))!;
    assert.deepEqual([started.replicas, started.adding, started.removing], [[2, 1, 3], [2], [1, 3]]);
  });

  test('a change of order is done at once', () => {
    const record = written(reassign(imageOf([{}]), wish([3, 2, 1])))!;
    assert.deepEqual([record.replicas, record.adding, record.removing], [[3, 2, 1], [], []]);
    assert.deepEqual([record.leaderEpoch, record.partitionEpoch], [5, 10]);
  });
});
