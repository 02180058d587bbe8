import assert from 'node:assert/strict';
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { suite, test } from 'node:test';
import { describeScram, type ScramDeletion, type ScramUpsertion } from '../../src/controller/scram-credentials.ts';
import { Cluster } from './cluster-fixture.ts';

const SHA_256 = 1;
const SHA_512 = 2;
const salt = Buffer.from('salt of eight');

const upsert = (name: string, mechanism = SHA_256, iterations = 4096): ScramUpsertion => ({
  name,
  mechanism,
  iterations,
  salt,
  saltedPassword: pbkdf2Sync('secret', salt, 4096, 32, 'sha256'),
});
const remove = (name: string, mechanism = SHA_256): ScramDeletion => ({ name, mechanism });

async function alter(
  cluster: Cluster,
  deletions: ScramDeletion[],
  upsertions: ScramUpsertion[],
): Promise<(string | null)[][]> {
  const results = await cluster.done(cluster.controller.alterUserScramCredentials({ deletions, upsertions }));
  return results.map(({ user, error, message }) => [user, error.name, message]);
}

suite('alterUserScramCredentials', () => {
  test('the keys of the password are kept, never the password', async () => {
    const cluster = await Cluster.start();
    assert.deepEqual(await alter(cluster, [], [upsert('ann/of/hill')]), [['ann/of/hill', 'NONE', null]]);
    const record = cluster.image.scram.get('SCRAM-SHA-256/ann/of/hill')!;
    const salted = pbkdf2Sync('secret', salt, 4096, 32, 'sha256');
    const clientKey = createHmac('sha256', salted).update('Client Key').digest();
    assert.equal(record.storedKey, createHash('sha256').update(clientKey).digest('base64'));
    assert.equal(record.serverKey, createHmac('sha256', salted).update('Server Key').digest('base64'));
    assert.equal(record.salt, salt.toString('base64'));
    assert.equal(JSON.stringify(record).includes(salted.toString('base64')), false);
  });

  test('refusals are those of Kafka, each user by itself', async () => {
    const cluster = await Cluster.start();
    const answers = await alter(
      cluster,
      [remove('none'), remove('', SHA_256), remove('q', 9)],
      [upsert('x', 7), upsert('few', SHA_256, 10), upsert('many', SHA_256, 20_000), upsert('fine')],
    );
    assert.deepEqual(answers, [
      ['none', 'RESOURCE_NOT_FOUND', 'Attempt to delete a user credential that does not exist'],
      ['', 'UNACCEPTABLE_CREDENTIAL', 'Username must not be empty'],
      ['q', 'UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism'],
      ['x', 'UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism'],
      ['few', 'UNACCEPTABLE_CREDENTIAL', 'Too few iterations'],
      ['many', 'UNACCEPTABLE_CREDENTIAL', 'Too many iterations'],
      ['fine', 'NONE', null],
    ]);
    assert.deepEqual([...cluster.image.scram.keys()], ['SCRAM-SHA-256/fine']);
  });

  test('a user may be changed once in a request', async () => {
    const cluster = await Cluster.start();
    await alter(cluster, [], [upsert('u')]);
    const twice = [['u', 'DUPLICATE_RESOURCE', 'A user credential cannot be altered twice in the same request']];
    assert.deepEqual(await alter(cluster, [remove('u')], [upsert('u', SHA_512)]), twice);
    assert.deepEqual(await alter(cluster, [remove('u'), remove('u')], []), twice);
    assert.deepEqual(await alter(cluster, [], [upsert('u'), upsert('u', SHA_512)]), twice);
    assert.deepEqual([...cluster.image.scram.keys()], ['SCRAM-SHA-256/u'], 'none of it was done');
    assert.deepEqual(await alter(cluster, [remove('u')], []), [['u', 'NONE', null]]);
    assert.equal(cluster.image.scram.size, 0);
  });
});

suite('describeScram', () => {
  test('tells the mechanisms of all users, or of those named', async () => {
    const cluster = await Cluster.start();
    await alter(cluster, [], [upsert('b'), upsert('a', SHA_512, 8192)]);
    await alter(cluster, [], [upsert('b', SHA_512)]);
    const all = describeScram(cluster.image, null).map(({ user, credentials }) => [
      user,
      credentials.map(({ mechanism, iterations }) => `${mechanism}:${iterations}`).toSorted(),
    ]);
    assert.deepEqual(all, [
      ['a', ['2:8192']],
      ['b', ['1:4096', '2:4096']],
    ]);
    assert.deepEqual(describeScram(cluster.image, []).length, 2);
    assert.deepEqual(
      describeScram(cluster.image, ['a', 'none', 'a']).map(({ user, error, message }) => [user, error.name, message]),
      [
        ['a', 'DUPLICATE_RESOURCE', 'Cannot describe SCRAM credentials for the same user twice in a single request: a'],
        ['none', 'RESOURCE_NOT_FOUND', 'Attempt to describe a user credential that does not exist: none'],
      ],
    );
  });
});
