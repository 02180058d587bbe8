import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assert as assertProperty, property, uint8Array } from 'fast-check';
import { SaslError } from '../../../src/wire/sasl/sasl.ts';
import { ScramClient } from '../../../src/wire/sasl/scram-client.ts';
import {
  SCRAM_HASHES,
  scramKeys,
  storedKeyOf,
  type ScramCredential,
  type ScramMechanism,
} from '../../../src/wire/sasl/scram-keys.ts';
import { parseScramOpening, ScramServer } from '../../../src/wire/sasl/scram-server.ts';

const text = (token: Uint8Array | undefined): string => Buffer.from(token ?? []).toString();
const token = (said: string): Uint8Array => Buffer.from(said);

/** RFC 7677, 3. */
const RFC = {
  login: { mechanism: 'SCRAM-SHA-256', username: 'user', password: 'pencil' },
  nonce: 'rOprNGfwEbeRWgbNEkqO',
  serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
} as const;

function credentialOf(mechanism: ScramMechanism, password: string, salt: Uint8Array): ScramCredential {
  const iterations = 4096;
  const hash = SCRAM_HASHES[mechanism];
  const { clientKey, serverKey } = scramKeys(hash, password, { salt, iterations });
  return { salt, iterations, serverKey, storedKey: storedKeyOf(hash, clientKey) };
}

function begun(): ScramClient {
  return new ScramClient(RFC.login, RFC.nonce);
}

function refusesOnly(does: () => unknown): void {
  try {
    does();
  } catch (error) {
    assert.ok(error instanceof SaslError);
  }
}

suite('SCRAM', () => {
  test('the client says what RFC 7677 says', () => {
    const client = begun();
    assert.equal(text(client.initial()), RFC.clientFirst);
    assert.equal(text(client.answer(token(RFC.serverFirst))), RFC.clientFinal);
    assert.equal(client.answer(token(RFC.serverFinal)), undefined);
  });

  test('the server says what RFC 7677 says', () => {
    const opening = parseScramOpening(token(RFC.clientFirst));
    const credential = credentialOf('SCRAM-SHA-256', 'pencil', Buffer.from(RFC.salt, 'base64'));
    const server = new ScramServer('SCRAM-SHA-256', opening, credential, RFC.serverNonce);
    assert.equal(text(server.challenge), RFC.serverFirst);
    assert.equal(text(server.finish(token(RFC.clientFinal))), RFC.serverFinal);
  });

  test('both ends agree on SHA-512, odd names and tokens', () => {
    const login = { mechanism: 'SCRAM-SHA-512', username: 'a=b,c=2C', password: 'pä,=ss', isToken: true } as const;
    const client = new ScramClient(login, 'abc');
    const opening = parseScramOpening(client.initial());
    assert.equal(opening.username, login.username);
    assert.equal(opening.isToken, true);
    const server = new ScramServer(
      login.mechanism,
      opening,
      credentialOf(login.mechanism, 'pä,=ss', token('salt')),
      'x',
    );
    assert.equal(client.answer(server.finish(client.answer(server.challenge)!)), undefined);
  });

  test('a wrong password is refused by the server', () => {
    const client = new ScramClient({ ...RFC.login, password: 'pen' }, RFC.nonce);
    const credential = credentialOf('SCRAM-SHA-256', 'pencil', token('salt'));
    const server = new ScramServer('SCRAM-SHA-256', parseScramOpening(client.initial()), credential, 'x');
    const proof = client.answer(server.challenge)!;
    assert.throws(() => server.finish(proof), { name: 'SaslError', message: /invalid credentials/ });
  });

  for (const [what, first] of [
    ['a nonce of its own', RFC.serverFirst.replace('r=rOpr', 'r=xOpr')],
    ['our nonce and nothing more', `r=${RFC.nonce},s=${RFC.salt},i=4096`],
    ['too few iterations', RFC.serverFirst.replace('4096', '4095')],
    ['iterations without end', RFC.serverFirst.replace('4096', '2147483647')],
    ['no salt', `r=${RFC.nonce}x,s=,i=4096`],
    ['an error', 'e=unknown-user'],
    ['nothing', ''],
    ['what has to be understood (m=)', `m=x,${RFC.serverFirst}`],
  ] as const) {
    test(`a broker that answers ${what} is refused`, () => {
      assert.throws(() => begun().answer(token(first)), SaslError);
    });
  }

  test('a broker that cannot prove itself is refused, and so is one that goes on', () => {
    for (const last of ['v=AAAA', 'v=', '', 'e=other-error', RFC.serverFinal.replace('6rri', '7rri')]) {
      const client = begun();
      client.answer(token(RFC.serverFirst));
      assert.throws(() => client.answer(token(last)), SaslError);
    }
    const client = begun();
    client.answer(token(RFC.serverFirst));
    client.answer(token(RFC.serverFinal));
    assert.throws(() => client.answer(token(RFC.serverFinal)), SaslError);
  });

  test('whatever comes, both ends answer or refuse', () => {
    const credential = credentialOf('SCRAM-SHA-256', 'pencil', token('salt'));
    const opening = parseScramOpening(token(RFC.clientFirst));
    assertProperty(
      property(uint8Array({ maxLength: 200 }), (bytes) => {
        refusesOnly(() => begun().answer(bytes));
        refusesOnly(() => parseScramOpening(bytes));
        assert.throws(() => new ScramServer('SCRAM-SHA-256', opening, credential, 'x').finish(bytes), SaslError);
      }),
    );
  });
});
