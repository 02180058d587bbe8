import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromProperties } from '../../src/client/from-properties.ts';
import { jaasEntry } from '../../src/client/jaas.ts';
import { unsecuredToken } from '../../src/client/oauth-properties.ts';

const CERT = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
const KEY = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nBBBB\n-----END ENCRYPTED PRIVATE KEY-----';
const FILES: Readonly<Record<string, string>> = {
  '/ca.pem': `text before\n${CERT}\n`,
  '/own.pem': `${KEY}\n${CERT}\n`,
};

function readFile(path: string): Uint8Array {
  const text = FILES[path];
  if (text === undefined) throw new Error('ENOENT');
  return Buffer.from(text);
}

function read(properties: Readonly<Record<string, string>>) {
  return fromProperties({ 'bootstrap.servers': 'a:9092', ...properties }, { readFile }).kafka;
}

test('TLS comes from stores in PEM, in files or as text', () => {
  const files = read({
    'security.protocol': 'SSL',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': '/ca.pem',
    'ssl.keystore.location': '/own.pem',
    'ssl.key.password': 'x',
    'ssl.endpoint.identification.algorithm': '',
  });
  assert.deepEqual(files.tls, { ca: CERT, cert: CERT, key: KEY, passphrase: 'x', isHostNameChecked: false });
  const rdkafka = read({
    'security.protocol': 'ssl',
    'ssl.ca.pem': CERT,
    'enable.ssl.certificate.verification': 'false',
  });
  assert.deepEqual(rdkafka.tls, { ca: CERT, rejectUnauthorized: false });
  assert.equal(read({ 'ssl.ca.pem': CERT }).tls, undefined);
});

test('logins come from JAAS entries or from names and passwords', () => {
  const login = { 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN' };
  const jaas = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="ann" password="a\\"b;c";';
  const plain = { mechanism: 'PLAIN', username: 'ann', password: 'a"b;c' };
  assert.deepEqual(read({ ...login, 'sasl.jaas.config': jaas }), { bootstrapServers: 'a:9092', sasl: plain });
  assert.deepEqual(read({ ...login, 'sasl.username': 'ann', 'sasl.password': 'a"b;c' }).sasl, plain);
  const scram = {
    ...login,
    'sasl.mechanism': 'SCRAM-SHA-512',
    'sasl.jaas.config': 'M required username=a password=b tokenauth=true;',
  };
  assert.deepEqual(read(scram).sasl, { mechanism: 'SCRAM-SHA-512', username: 'a', password: 'b', isToken: true });
  const safe = read({ ...scram, 'security.protocol': 'SASL_SSL' });
  assert.deepEqual(safe.tls, {});
});

test('a bearer token comes from a file or is made without a signature', async () => {
  const oauth = { 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'OAUTHBEARER' };
  const file = read({ ...oauth, 'sasl.oauthbearer.token.endpoint.url': 'file:///ca.pem' }).sasl;
  assert.ok(file?.mechanism === 'OAUTHBEARER');
  assert.equal(await file.token(), `text before\n${CERT}`);
  const [head, body, signature] = unsecuredToken({ sub: 'ann' }, 100).split('.');
  assert.deepEqual(JSON.parse(Buffer.from(head ?? '', 'base64url').toString()), { alg: 'none' });
  assert.deepEqual(JSON.parse(Buffer.from(body ?? '', 'base64url').toString()), { sub: 'ann', iat: 100, exp: 3700 });
  assert.equal(signature, '');
});

test('what cannot be is told with the setting and the remedy, never with a secret', () => {
  const faults: [Record<string, string>, RegExp][] = [
    [{ 'security.protocol': 'TLS' }, /security\.protocol is "TLS"; there are PLAINTEXT, SSL/],
    [{ 'security.protocol': 'SASL_SSL' }, /sasl\.mechanism GSSAPI is not served/],
    [{ 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN' }, /needs a username and a password/],
    [{ 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'OAUTHBEARER' }, /token\.endpoint\.url/],
    [
      { 'security.protocol': 'SSL', 'ssl.truststore.location': '/none' },
      /ssl\.truststore\.location: \/none cannot be read/,
    ],
    [{ 'security.protocol': 'SSL', 'ssl.certificate.pem': CERT }, /without a private key/],
    [{ 'ssl.truststor.location': '/x' }, /did you mean ssl\.truststore\.location/],
    [{ 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': 'secret' }, /^(?!.*"?secret)/],
  ];
  for (const [properties, message] of faults) {
    assert.throws(() => read(properties), { code: 'INVALID_ARGUMENT', message });
  }
});

test('an entry of JAAS has options with and without quotes', () => {
  const entry = jaasEntry(`a.b.C required\n  one="1 ; 2"  two='"' three=3 ;`);
  assert.deepEqual(
    [...(entry ?? [])],
    [
      ['one', '1 ; 2'],
      ['two', '"'],
      ['three', '3'],
    ],
  );
  assert.equal(jaasEntry(undefined), undefined);
  for (const text of ['', 'a.b.C', 'a.b.C required x', 'a.b.C required x;'])
    assert.throws(() => jaasEntry(text), /cannot be read/);
});
