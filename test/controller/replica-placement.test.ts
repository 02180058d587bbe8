import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { randomUuid } from '../../src/controller/random-id.ts';
import { newPartition, placeReplicas } from '../../src/controller/replica-placement.ts';
import { ClusterImage, type BrokerImage } from '../../src/metadata/cluster-image.ts';

interface Machine {
  readonly rack?: string;
  readonly fenced?: boolean;
}

/** An image of brokers numbered from 1. */
function imageOf(machines: readonly Machine[]): ClusterImage {
  const brokers = new Map<number, BrokerImage>();
  for (const [index, { rack, fenced }] of machines.entries()) {
    const id = index + 1;
    const epoch = id;
    brokers.set(id, {
      id,
      epoch,
      fenced: fenced ?? false,
      incarnation: `i${id}`,
      endpoints: [],
      rack: rack ?? null,
      logDirs: [],
      machine: 'm',
      ready: true,
      shuttingDown: false,
      cleanEpoch: -1,
      isPresent: true,
      liveRevision: fenced === true ? 0 : id,
      lease: String(id),
      state: undefined,
    });
  }
  return new ClusterImage(Object.assign({}, ClusterImage.empty, { brokers }));
}

function place(
  image: ClusterImage,
  seed: number,
  count: number,
  replicationFactor: number,
): readonly (readonly number[])[] {
  const placement = placeReplicas(image, new SeededRandom(seed), { count, replicationFactor });
  assert.ok('replicas' in placement);
  return placement.replicas;
}

function problem(image: ClusterImage, replicationFactor: number): string {
  const placement = placeReplicas(image, new SeededRandom(1), { count: 1, replicationFactor });
  assert.ok('problem' in placement);
  return placement.problem;
}

suite('placing replicas', () => {
  test('leaders go round, replicas are distinct and live ones come first', () => {
    const machine = fc.record({ rack: fc.constantFrom('a', 'b', 'c'), fenced: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(machine, { minLength: 1, maxLength: 8 }),
        fc.nat(),
        fc.integer({ min: 1, max: 8 }),
        (machines, seed, wanted) => {
          const image = imageOf(machines);
          const live = image.liveBrokers().length;
          if (live === 0 || wanted > machines.length) {
            assert.notEqual(problem(image, wanted), '');
            return;
          }
          const rounds = 3;
          const placed = place(image, seed, live * rounds, wanted);
          const led = new Map<number, number>();
          for (const replicas of placed) {
            assert.equal(new Set(replicas).size, wanted);
            const liveReplicas = replicas.filter((id) => !image.brokers.get(id)!.fenced);
            assert.equal(liveReplicas.length, Math.min(live, wanted));
            const { leader, isr } = newPartition(image, replicas)!;
            assert.deepEqual(isr, liveReplicas);
            led.set(leader, (led.get(leader) ?? 0) + 1);
          }
          assert.deepEqual(new Set(led.values()), new Set([rounds]), 'each live broker leads as many');
        },
      ),
    );
  });

  test('replicas of a partition are in different racks when the racks are equal', () => {
    const image = imageOf(['a', 'a', 'b', 'b', 'c', 'c'].map((rack) => ({ rack })));
    for (const replicas of place(image, 3, 60, 3)) {
      assert.equal(new Set(replicas.map((id) => image.brokers.get(id)!.rack)).size, 3);
    }
  });

  test('racks of different sizes are all used, and who follows a leader changes', () => {
    const image = imageOf(['a', 'a', 'a', 'b'].map((rack) => ({ rack })));
    for (const replicas of place(image, 5, 40, 2)) {
      assert.deepEqual(new Set(replicas.map((id) => image.brokers.get(id)!.rack)), new Set(['a', 'b']));
    }
    const followers = new Map<number, Set<number>>();
    for (const [leader, follower] of place(imageOf([{}, {}, {}, {}]), 5, 40, 2)) {
      followers.set(leader!, (followers.get(leader!) ?? new Set()).add(follower!));
    }
    for (const ids of followers.values()) assert.equal(ids.size, 3);
  });

  test('what cannot be placed is said in the words of Kafka', () => {
    assert.equal(
      problem(imageOf([{ fenced: true }]), 1),
      'All brokers are currently fenced or in controlled shutdown.',
    );
    assert.equal(
      problem(imageOf([{}, {}]), 3),
      'The target replication factor of 3 cannot be reached because only 2 broker(s) are registered or some brokers have all their log directories cordoned.',
    );
    assert.equal(newPartition(imageOf([{ fenced: true }]), [1]), undefined);
  });
});

suite('random ids', () => {
  test('are 22 characters, never start with a dash, and are those of version 4', () => {
    const random = new SeededRandom(5);
    const seen = new Set<string>();
    for (let index = 0; index < 2000; index++) {
      const id = randomUuid(random);
      assert.match(id, /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
      const bytes = Buffer.from(id, 'base64url');
      assert.deepEqual([bytes.length, bytes[6]! >> 4, bytes[8]! >> 6], [16, 4, 2]);
      seen.add(id);
    }
    assert.equal(seen.size, 2000);
  });
});
