import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { planRebalance, type ClusterLayout } from '../../src/controller/rebalance-plan.ts';

interface Broker {
  readonly id: number;
  readonly rack?: string;
  readonly isLive?: boolean;
}

function layoutOf(brokers: readonly Broker[], lists: readonly (readonly number[])[]): ClusterLayout {
  return {
    brokers: brokers.map(({ id, rack, isLive }) => ({
      id,
      rack: rack ?? null,
      use: isLive === false ? 'kept' : 'balanced',
    })),
    partitions: lists.map((replicas, partition) => ({ topic: 't', partition, replicas })),
  };
}

/** Replicas of each partition after the plan. */
function after(layout: ClusterLayout, retired: readonly number[] = []): (readonly number[])[] {
  const result = layout.partitions.map(({ replicas }) => replicas);
  const brokers = layout.brokers.map((each) =>
    retired.includes(each.id) ? { ...each, use: 'emptied' as const } : each,
  );
  for (const { partition, from, to } of planRebalance({ ...layout, brokers })) {
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
    const layout = layoutOf(
      [{ id: 1 }, { id: 2 }, { id: 3 }],
      [
        [1, 2],
        [2, 3],
        [3, 1],
      ],
    );
    assert.deepEqual(planRebalance(layout), []);
  });

  test('gives a new broker its share and moves no more than that', () => {
    const replicas = Array.from({ length: 24 }, (_, index) => [0, 1, 2].map((step) => 1 + ((index + step) % 3)));
    const layout = layoutOf([{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }], replicas);
    const planned = after(layout);
    assert.deepEqual(counts(planned, [1, 2, 3, 4]).all, [18, 18, 18, 18]);
    assert.ok(spread(counts(planned, [1, 2, 3, 4]).first) <= 1);
    const moved = planned.filter((list, index) => list.some((id) => !replicas[index]!.includes(id)));
    assert.equal(moved.length, 18);
  });

  test('leaves a retired broker nothing, and uses no broker that is down', () => {
    const layout = layoutOf(
      [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4, isLive: false }],
      [
        [1, 2],
        [2, 3],
        [3, 1],
      ],
    );
    const planned = after(layout, [3]);
    assert.deepEqual(counts(planned, [1, 2, 3, 4]).all, [3, 3, 0, 0]);
    assert.deepEqual(
      after(layout, [1, 2, 3]),
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
          const planned = after(layoutOf(brokers, replicas));
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
