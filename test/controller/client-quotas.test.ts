import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  describeClientQuotas,
  type QuotaAlteration,
  type QuotaEntity,
  type QuotaFilterPart,
} from '../../src/controller/client-quotas.ts';
import { answers, Cluster } from './cluster-fixture.ts';

type Names = Readonly<Record<string, string | null>>;

const entityOf = (names: Names): QuotaEntity =>
  Object.entries(names).map(([entityType, entityName]) => ({ entityType, entityName }));
const quota = (names: Names, ...ops: [string, number?][]): QuotaAlteration => ({
  entity: entityOf(names),
  ops: ops.map(([key, value]) => ({ key, value: value ?? 0, remove: value === undefined })),
});

async function alter(cluster: Cluster, ...entries: QuotaAlteration[]): Promise<(string | null)[][]> {
  return answers(await cluster.done(cluster.controller.alterClientQuotas({ entries, validateOnly: false })));
}

function find(cluster: Cluster, strict: boolean, ...components: [string, number, (string | null)?][]): unknown {
  const parts: QuotaFilterPart[] = components.map(([entityType, matchType, match = null]) => ({
    entityType,
    matchType,
    match,
  }));
  const { error, message, quotas } = describeClientQuotas(cluster.image, { components: parts, strict });
  if (error.code !== 0) return [error.name, message];
  return quotas
    .map(({ entity }) =>
      entity
        .map(({ type, name }) => `${type}=${name}`)
        .toSorted()
        .join('+'),
    )
    .toSorted();
}

const OK = ['NONE', null];

async function filled(): Promise<Cluster> {
  const cluster = await Cluster.start();
  await alter(
    cluster,
    quota({ user: 'u' }, ['producer_byte_rate', 1]),
    quota({ user: 'v' }, ['producer_byte_rate', 1]),
    quota({ user: null }, ['producer_byte_rate', 1]),
    quota({ user: 'u', 'client-id': null }, ['request_percentage', 50]),
    quota({ ip: '1.2.3.4' }, ['connection_creation_rate', 10]),
    quota({ ip: null }, ['connection_creation_rate', 5]),
  );
  return cluster;
}

const invalid = (message: string): string[] => ['INVALID_REQUEST', message];

suite('alterClientQuotas', () => {
  test('sets, changes and removes; an entity without quotas is gone', async () => {
    const cluster = await Cluster.start();
    assert.deepEqual(
      await alter(cluster, quota({ user: 'u' }, ['producer_byte_rate', 1000], ['request_percentage', 50.5])),
      [OK],
    );
    await alter(cluster, quota({ user: 'u' }, ['producer_byte_rate', 2000]));
    assert.deepEqual(
      [...cluster.image.quotas.values()],
      [{ entity: [{ type: 'user', name: 'u' }], values: { producer_byte_rate: 2000, request_percentage: 50.5 } }],
    );
    await alter(cluster, quota({ user: 'u' }, ['producer_byte_rate'], ['request_percentage'], ['never_set']));
    assert.equal(cluster.image.quotas.size, 0);
  });

  test('the order of an entity in a request does not matter', async () => {
    const cluster = await Cluster.start();
    await alter(cluster, quota({ user: 'u', 'client-id': 'c' }, ['producer_byte_rate', 1]));
    await alter(cluster, quota({ 'client-id': 'c', user: 'u' }, ['consumer_byte_rate', 2]));
    assert.equal(cluster.image.quotas.size, 1);
  });

  const refusals: [Names, [string, number?][], string][] = [
    [{ user: 'u' }, [['zork', 1]], 'Invalid configuration key zork'],
    [{ user: 'u' }, [['connection_creation_rate', 1]], 'Invalid configuration key connection_creation_rate'],
    [{ ip: '1.2.3.4' }, [['producer_byte_rate', 1]], 'Invalid configuration key producer_byte_rate'],
    [{ user: 'u' }, [['producer_byte_rate', -5]], 'Quota producer_byte_rate must be greater than 0'],
    [{ user: 'u' }, [['request_percentage', 0]], 'Quota request_percentage must be greater than 0'],
    [{ user: 'u' }, [['request_percentage', Number.NaN]], 'Quota request_percentage must be greater than 0'],
    [{ user: 'u' }, [['producer_byte_rate', 1.5]], 'producer_byte_rate cannot be a fractional value.'],
    [{ ip: '::1' }, [['connection_creation_rate', 10.5]], 'connection_creation_rate cannot be a fractional value.'],
    [
      { ip: '::1' },
      [['connection_creation_rate', 3e9]],
      'Proposed value for connection_creation_rate is too large for an INT.',
    ],
    [{ user: 'u' }, [['producer_byte_rate', 1e30]], 'Proposed value for producer_byte_rate is too large for a LONG.'],
    [{}, [['producer_byte_rate', 1]], 'Invalid empty client quota entity'],
    [{ zork: 'x' }, [['producer_byte_rate', 1]], 'Unhandled client quota entity type: zork'],
    [{ user: '' }, [['producer_byte_rate', 1]], 'Empty user not supported'],
    [{ ip: 'not an ip!' }, [['connection_creation_rate', 1]], 'not an ip! is not a valid IP or resolvable host.'],
    [
      { ip: '1.2.3.4', user: 'u' },
      [['producer_byte_rate', 1]],
      'Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId',
    ],
    [
      { user: 'u' },
      [
        ['producer_byte_rate', 1],
        ['producer_byte_rate', 2],
      ],
      'Ignoring duplicate entity ClientQuotaEntity(entries={user=u})',
    ],
  ];
  for (const [names, ops, message] of refusals) {
    test(`refused: ${message}`, async () => {
      const cluster = await Cluster.start();
      assert.deepEqual(await alter(cluster, quota(names, ...ops)), [['INVALID_REQUEST', message]]);
      assert.equal(cluster.image.quotas.size, 0);
    });
  }

  test('an entity named twice gets what its first entry asked for, and a refusal', async () => {
    const cluster = await Cluster.start();
    const results = await alter(
      cluster,
      quota({ user: 'u' }, ['producer_byte_rate', 1]),
      quota({ user: 'u' }, ['producer_byte_rate', 2]),
    );
    assert.deepEqual(results, [['INVALID_REQUEST', 'Ignoring duplicate entity ClientQuotaEntity(entries={user=u})']]);
    assert.deepEqual([...cluster.image.quotas.values()][0]?.values, { producer_byte_rate: 1 });
  });
});

suite('describeClientQuotas', () => {
  const EXACT = 0;
  const DEFAULT = 1;
  const ANY = 2;

  test('finds what meets every condition', async () => {
    const cluster = await filled();
    assert.equal((find(cluster, false) as string[]).length, 6);
    assert.deepEqual(find(cluster, true), []);
    assert.deepEqual(find(cluster, false, ['user', ANY]), ['client-id=null+user=u', 'user=null', 'user=u', 'user=v']);
    assert.deepEqual(find(cluster, true, ['user', ANY]), ['user=null', 'user=u', 'user=v']);
    assert.deepEqual(find(cluster, false, ['user', DEFAULT]), ['user=null']);
    assert.deepEqual(find(cluster, false, ['user', EXACT, 'u']), ['client-id=null+user=u', 'user=u']);
    assert.deepEqual(find(cluster, true, ['user', EXACT, 'u']), ['user=u']);
    assert.deepEqual(find(cluster, true, ['user', ANY], ['client-id', ANY]), ['client-id=null+user=u']);
    assert.deepEqual(find(cluster, false, ['ip', ANY]), ['ip=1.2.3.4', 'ip=null']);
    assert.deepEqual(find(cluster, true, ['ip', EXACT, '1.2.3.4']), ['ip=1.2.3.4']);
  });

  test('filters that cannot be are refused in the words of Kafka', async () => {
    const cluster = await filled();
    assert.deepEqual(find(cluster, false, ['zork', ANY]), ['UNSUPPORTED_VERSION', 'Unsupported entity type zork']);
    assert.deepEqual(find(cluster, false, ['', ANY]), invalid('Invalid empty entity type.'));
    assert.deepEqual(
      find(cluster, false, ['user', ANY], ['user', DEFAULT]),
      invalid('Entity type user cannot appear more than once in the filter.'),
    );
    assert.deepEqual(find(cluster, false, ['user', 7]), invalid('Unknown match type 7'));
    assert.deepEqual(
      find(cluster, false, ['user', EXACT]),
      invalid('Request specified MATCH_TYPE_EXACT, but set match string to null.'),
    );
    assert.deepEqual(
      find(cluster, false, ['user', DEFAULT, 'x']),
      invalid('Request specified MATCH_TYPE_DEFAULT, but also specified a match string.'),
    );
    assert.deepEqual(
      find(cluster, false, ['ip', ANY], ['user', ANY]),
      invalid(
        'Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.',
      ),
    );
  });
});
