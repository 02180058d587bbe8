import assert from 'node:assert/strict';
import { test } from 'node:test';
import { valuesOf } from '../../../src/client/admin/results.ts';
import { adminFor, codeOf, valueOf } from './admin-world.ts';

test('client quotas are set, described and taken away', async (context) => {
  const { admin } = await adminFor(context);
  const entity = { user: 'alice', 'client-id': null };
  valuesOf(await admin.alterClientQuotas([{ entity, quotas: { producer_byte_rate: 1000, request_percentage: 50.5 } }]));
  const filter = [
    { type: 'user', match: { name: 'alice' } },
    { type: 'client-id', match: 'default' },
  ] as const;
  const quotas = new Map([
    ['producer_byte_rate', 1000],
    ['request_percentage', 50.5],
  ]);
  assert.deepEqual(await admin.describeClientQuotas(filter, { strict: true }), [{ entity, quotas }]);
  valuesOf(await admin.alterClientQuotas([{ entity, quotas: { producer_byte_rate: null, request_percentage: null } }]));
  assert.deepEqual(await admin.describeClientQuotas(), []);
  const bad = await admin.alterClientQuotas([{ entity, quotas: { speed: 1 } }]);
  assert.equal(codeOf(bad.get('client-id=<default>,user=alice')), 'INVALID_REQUEST');
  await assert.rejects(admin.alterClientQuotas([{ entity: {}, quotas: {} }]), /for nobody/);
});

test('SCRAM credentials are set, described and deleted', async (context) => {
  const { admin } = await adminFor(context);
  const login = { user: 'alice', mechanism: 'SCRAM-SHA-256' } as const;
  valuesOf(await admin.alterScramCredentials([{ ...login, password: 'secret', iterations: 8192 }]));
  const described = await admin.describeScramCredentials(['alice', 'bob']);
  assert.deepEqual(valueOf(described.get('alice')), [{ mechanism: 'SCRAM-SHA-256', iterations: 8192 }]);
  assert.equal(codeOf(described.get('bob')), 'RESOURCE_NOT_FOUND');
  valuesOf(await admin.alterScramCredentials([{ ...login, delete: true }]));
  assert.equal((await admin.describeScramCredentials()).size, 0);
  const weak = { ...login, password: 'secret', iterations: 10 };
  await assert.rejects(admin.alterScramCredentials([weak]), /iterations of alice is 10/);
});

test('without an authorizer the broker refuses access rules, each for itself', async (context) => {
  const { admin } = await adminFor(context);
  const acl = {
    resourceType: 'topic',
    resourceName: 'a',
    principal: 'User:alice',
    operation: 'read',
    permission: 'allow',
  } as const;
  assert.deepEqual((await admin.createAcls([acl, acl])).map(codeOf), ['SECURITY_DISABLED', 'SECURITY_DISABLED']);
  assert.deepEqual((await admin.deleteAcls([{}])).map(codeOf), ['SECURITY_DISABLED']);
  await assert.rejects(admin.describeAcls(), { code: 'SECURITY_DISABLED' });
  await assert.rejects(admin.createAcls([{ ...acl, principal: 'alice' }]), /type:name is needed/);
});

test('delegation tokens that the broker does not give are refused by it', async (context) => {
  const { admin } = await adminFor(context);
  const hmac = Buffer.from('ab');
  const refused = { code: 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED' };
  await assert.rejects(admin.createDelegationToken({ owner: { type: 'User', name: 'bob' } }), refused);
  await assert.rejects(admin.describeDelegationTokens(), refused);
  await assert.rejects(admin.renewDelegationToken(hmac), refused);
  await assert.rejects(admin.expireDelegationToken(hmac, 1000), refused);
  await assert.rejects(admin.renewDelegationToken(new Uint8Array()), /hmac of a token is empty/);
});
