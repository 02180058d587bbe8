import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlain, PlainClient } from '../../../src/wire/sasl/plain.ts';
import { SaslError, TOKEN_BYTES_MAX } from '../../../src/wire/sasl/sasl.ts';

test('PLAIN: both ends agree, and the login ends with an empty answer', () => {
  const client = new PlainClient('ann', 'sécret');
  assert.deepEqual(parsePlain(client.initial()), { authorizationId: '', username: 'ann', password: 'sécret' });
  assert.equal(client.answer(new Uint8Array()), undefined);
  assert.throws(() => client.answer(Buffer.from('more')), SaslError);
});

test('PLAIN: a name or password that cannot be told apart is not sent', () => {
  assert.throws(() => new PlainClient('', 'x'), SaslError);
  assert.throws(() => new PlainClient('a', 'x\0y'), SaslError);
});

test('PLAIN: hostile tokens are refused', () => {
  for (const text of ['', 'a', '\0a', '\0\0b', '\0a\0', 'c\0a\0b', '\0a\0b\0', '\0a\0b\0c']) {
    assert.throws(() => parsePlain(Buffer.from(text)), SaslError, JSON.stringify(text));
  }
  assert.throws(() => parsePlain(Buffer.from([0, 0xff, 0, 0x61])), SaslError);
  assert.throws(() => parsePlain(new Uint8Array(TOKEN_BYTES_MAX + 1)), SaslError);
});
