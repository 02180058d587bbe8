import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { planRebalance } from '../../src/controller/rebalance-plan.ts';
import type { ClusterImage } from '../../src/metadata/cluster-image.ts';
import { buildImage } from '../../src/metadata/image-builder.ts';

interface Broker {
  readonly id: number;
  readonly rack?: string;
  readonly isLive?: boolean;
}

function imageOf(brokers: readonly Broker[], replicas: readonly (readonly number[])[]): ClusterImage {
  const values: [string, object][] = [['t/t', { id: 'topic', partitions: replicas.length }]];
  for (const { id, rack, isLive } of brokers) {
    const record = { incarnation: `i${id}`, endpoints: [], rack: rack ?? null, logDirs: [] };
    values.push([`b/${id}`, record]);
    if (isLive !== false) values.push([`live/${id}`, { incarnation: `i${id}` }]);
  }
  for (const [index, ids] of replicas.entries()) {
    const lists = { isr: ids, elr: [], lastKnownElr: [], adding: [], removing: [] };
    const record = { leader: ids[0], leaderEpoch: 0, partitionEpoch: 0, replicas: ids, recovering: false, ...lists };
    values.push([`p/topic/${index}`, record]);
  }
  const entries = values.map(([key, value], index) => ({
    key,
    value: JSON.stringify(value),
    createRevision: index + 1,
    modRevision: index + 1,
    lease: undefined,
  }));
  return buildImage(entries, entries.length);
}

/** Replicas of each partition after the plan. */
function after(image: ClusterImage, retired: readonly number[] = []): (readonly number[])[] {
  const result = image.topics.get('t')!.partitions.map(({ replicas }) => replicas);
  for (const { partition, from, to } of planRebalance(image, new Set(retired))) {
    assert.deepEqual(from, result[partition]);
    result[partition] = to;
  }
  return result;
}

function counts(replicas: readonly (readonly number[])[], ids: readonly number[]): { all: number[]; first: number[] } {
  const count = (lists: readonly (readonly number[])[]): number[] =>
    ids.map((id) => lists.filter((list) => list.includes(id)).length);
  return { all: count(replicas), first: count(replicas.map((list) => list.slice(0, 1))) };
}

const spread = (numbers: readonly number[]): number => Math.max(...numbers) - Math.min(...numbers);

suite('a plan to balance', () => {
  test('is empty where all is balanced', () => {
    const image = imageOf(
      [{ id: 1 }, { id: 2 }, { id: 3 }],
      [
        [1, 2],
        [2, 3],
        [3, 1],
      ],
    );
    assert.deepEqual(planRebalance(image), []);
  });

  test('gives a new broker its share and moves no more than that', () => {
    const replicas = Array.from({ length: 24 }, (_, index) => [0, 1, 2].map((step) => 1 + ((index + step) % 3)));
    const image = imageOf([{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }], replicas);
    const planned = after(image);
    assert.deepEqual(counts(planned, [1, 2, 3, 4]).all, [18, 18, 18, 18]);
    assert.ok(spread(counts(planned, [1, 2, 3, 4]).first) <= 1);
    const moved = planned.filter((list, index) => list.some((id) => !replicas[index]!.includes(id)));
    assert.equal(moved.length, 18);
  });

  test('leaves a retired broker nothing, and uses no broker that is down', () => {
    const image = imageOf(
      [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4, isLive: false }],
      [
        [1, 2],
        [2, 3],
        [3, 1],
      ],
    );
    const planned = after(image, [3]);
    assert.deepEqual(counts(planned, [1, 2, 3, 4]).all, [3, 3, 0, 0]);
    assert.deepEqual(
      after(image, [1, 2, 3]),
      [
        [1, 2],
        [2, 3],
        [3, 1],
      ],
      'there is nobody to take it',
    );
  });

  test('keeps partitions in as many racks as they are in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 3, maxLength: 7 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 3 }),
        (racks, partitions, factor) => {
          const brokers = racks.map((rack, index) => ({ id: index + 1, rack }));
          const used = Math.max(factor, racks.length - 1);
          const replicas = Array.from({ length: partitions }, (_, index) =>
            Array.from({ length: factor }, (__, step) => 1 + ((index * 2 + step) % used)),
          );
          const racksOf = (ids: readonly number[]): number => new Set(ids.map((id) => racks[id - 1])).size;
          const planned = after(imageOf(brokers, replicas));
          for (const [index, list] of planned.entries()) {
            assert.equal(new Set(list).size, factor);
            assert.ok(racksOf(list) >= racksOf(replicas[index]!));
          }
          if (new Set(racks).size === 1)
            assert.ok(
              spread(
                counts(
                  planned,
                  brokers.map(({ id }) => id),
                ).all,
              ) <= 1,
            );
        },
      ),
      { numRuns: 200, seed: 4 },
    );
  });
});
