import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OAuthBearerClient, parseOAuthBearer } from '../../../src/wire/sasl/oauthbearer.ts';
import { SaslError } from '../../../src/wire/sasl/sasl.ts';

test('OAUTHBEARER: the opening is that of RFC 7628, with and without extensions', () => {
  const bare = new OAuthBearerClient({ value: 'a.b.c' });
  assert.equal(Buffer.from(bare.initial()).toString(), 'n,,\x01auth=Bearer a.b.c\x01\x01');
  assert.equal(bare.answer(new Uint8Array()), undefined);
  const extended = new OAuthBearerClient({ value: 'a.b.c', extensions: { tenant: 'x=1', zone: 'eu' } });
  assert.deepEqual(parseOAuthBearer(extended.initial()), {
    value: 'a.b.c',
    extensions: { tenant: 'x=1', zone: 'eu' },
    authorizationId: '',
  });
});

test('OAUTHBEARER: a challenge is the reason of a refusal, answered by one ^A, and no login', () => {
  const client = new OAuthBearerClient({ value: 'a' });
  assert.deepEqual([...(client.answer(Buffer.from('{"status":"invalid_token"}')) ?? [])], [1]);
  assert.equal(client.refusal, '{"status":"invalid_token"}');
  assert.throws(() => client.answer(new Uint8Array()), { name: 'SaslError', message: /invalid_token/ });
});

test('OAUTHBEARER: what would break out of its field is not sent', () => {
  for (const value of ['', 'a b', 'a\x01b', 'ä']) assert.throws(() => new OAuthBearerClient({ value }), SaslError);
  for (const extensions of [{ auth: 'x' }, { 'a-b': 'x' }, { a: '' }, { a: 'x\x01y' }]) {
    assert.throws(() => new OAuthBearerClient({ value: 'a', extensions: { ...extensions } }), SaslError);
  }
});

test('OAUTHBEARER: hostile openings are refused', () => {
  for (const text of [
    '',
    '\x01',
    'n,,\x01\x01',
    'y,,\x01auth=Bearer a\x01\x01',
    'n,,\x01auth=Basic a\x01\x01',
    'n,,\x01auth=Bearer a\x01',
    'n,,\x01auth=Bearer a\x01auth=Bearer b\x01\x01',
    'n,,\x01auth=Bearer a\x01=x\x01\x01',
    'n,,\x01tenant=x\x01\x01',
  ]) {
    assert.throws(() => parseOAuthBearer(Buffer.from(text)), SaslError, JSON.stringify(text));
  }
});
