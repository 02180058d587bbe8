import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Cluster } from './cluster-fixture.ts';

const UPGRADE = 1;
const SAFE = 2;
const UNSAFE = 3;

async function update(
  cluster: Cluster,
  validateOnly: boolean,
  ...updates: [string, number, number][]
): Promise<unknown[]> {
  const asked = cluster.controller.updateFeatures({
    updates: updates.map(([feature, maxVersionLevel, upgradeType]) => ({ feature, maxVersionLevel, upgradeType })),
    validateOnly,
  });
  const { error, message } = await cluster.done(asked);
  return [error.name, message];
}

const failed = (reason: string): unknown[] => [
  'INVALID_UPDATE_VERSION',
  `The update failed for all features since the following feature had an error: ${reason}`,
];

suite('updateFeatures', () => {
  test('a new cluster has the levels of Kafka 4.3', async () => {
    const cluster = await Cluster.start();
    assert.deepEqual(Object.fromEntries(cluster.image.features), {
      'group.version': 1,
      'streams.version': 1,
      'transaction.version': 2,
      'eligible.leader.replicas.version': 1,
      'share.version': 1,
      'metadata.version': 30,
    });
  });

  test('levels change, a level of 0 is left out, and the cluster keeps its id', async () => {
    const cluster = await Cluster.start();
    const { clusterId } = cluster.image;
    assert.deepEqual(await update(cluster, false, ['transaction.version', 1, SAFE], ['group.version', 0, UNSAFE]), [
      'NONE',
      null,
    ]);
    assert.equal(cluster.image.features.get('transaction.version'), 1);
    assert.equal(cluster.image.features.has('group.version'), false);
    assert.equal(cluster.image.clusterId, clusterId);
    assert.deepEqual(await update(cluster, false, ['group.version', 1, UPGRADE]), ['NONE', null]);
    assert.equal(cluster.image.features.get('group.version'), 1);
  });

  test('the cluster stays in the store that it was moved to', async () => {
    const cluster = await Cluster.start();
    const store = { id: 'store-id', lineage: [{ id: 'former', revision: 9 }] };
    const value = JSON.stringify({ clusterId: cluster.image.clusterId, format: 1, features: {}, store });
    await cluster.done(cluster.store.txn({ compares: [], onSuccess: [{ type: 'put', key: 'meta', value }] }));
    assert.deepEqual(await update(cluster, false, ['group.version', 1, UPGRADE]), ['NONE', null]);
    const meta = await cluster.done(cluster.store.get('meta'));
    assert.deepEqual(JSON.parse(meta!.value).store, store);
  });

  test('one that is refused refuses all', async () => {
    const cluster = await Cluster.start();
    const before = cluster.image;
    assert.deepEqual(
      await update(cluster, false, ['transaction.version', 1, SAFE], ['zork', 1, UPGRADE]),
      failed('Invalid update version 1 for feature zork. Local controller 1 does not support this feature.'),
    );
    assert.equal(cluster.image, before);
  });

  const downgrade =
    "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.";
  const cases: [[string, number, number], unknown[]][] = [
    [
      ['group.version', 1, UPGRADE],
      ['NONE', null],
    ],
    [
      ['kraft.version', 1, UPGRADE],
      ['NONE', null],
    ],
    [
      ['metadata.version', 30, UPGRADE],
      ['NONE', null],
    ],
    [
      ['group.version', 2, UPGRADE],
      failed('Invalid update version 2 for feature group.version. Local controller 1 only supports versions 0-1'),
    ],
    [['group.version', 0, UPGRADE], failed(`Invalid update version 0 for feature group.version. ${downgrade}`)],
    [
      ['group.version', -1, UPGRADE],
      failed('Invalid update version -1 for feature group.version. A feature version cannot be less than 0.'),
    ],
    [
      ['group.version', 0, 9],
      failed(
        'Invalid update version 0 for feature group.version. The controller does not support the given upgrade type.',
      ),
    ],
    [['metadata.version', 7, UPGRADE], failed(`Invalid update version 7 for feature metadata.version. ${downgrade}`)],
    [
      ['metadata.version', 99, UPGRADE],
      failed('Invalid update version 99 for feature metadata.version. Local controller 1 only supports versions 7-30'),
    ],
    [
      ['metadata.version', 28, SAFE],
      failed(
        'Unsupported metadata.version downgrade from 30 to 28. Refusing to perform the requested downgrade because it might delete metadata information.',
      ),
    ],
    [
      ['metadata.version', 7, UNSAFE],
      failed(
        'Unsupported metadata.version downgrade from 30 to 7. Unsafe metadata downgrade is not supported in this version.',
      ),
    ],
  ];
  for (const [wish, expected] of cases) {
    test(`${wish.join(' ')} is answered as by Kafka`, async () => {
      const cluster = await Cluster.start();
      assert.deepEqual(await update(cluster, true, wish), expected);
    });
  }
});
