import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListenerError, planListeners } from '../../src/broker/requests/listener-addresses.ts';
import { loadConfig } from '../../src/config/load.ts';

function plan(overrides: Readonly<Record<string, string>>) {
  return planListeners(loadConfig({ overrides: { profile: 'production', ...overrides } }).config, 'here.example');
}

test('an empty or unspecified host is advertised by the name of the machine', () => {
  for (const host of ['', '0.0.0.0', '[::]']) {
    const { bind, advertised } = plan({ listeners: `PLAINTEXT://${host}:9092` });
    assert.deepEqual(bind, [{ name: 'PLAINTEXT', host: host.replaceAll(/[[\]]/g, ''), port: 9092 }]);
    assert.deepEqual(advertised.get('PLAINTEXT'), { name: 'PLAINTEXT', host: 'here.example', port: 9092 });
  }
});

test('a named host is advertised as it is, and advertised.listeners stands before it', () => {
  const listeners = 'INSIDE://10.0.0.1:9092,OUTSIDE://10.0.0.1:9093';
  const protocols = { 'listener.security.protocol.map': 'INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT' };
  assert.equal(plan({ listeners, ...protocols }).advertised.get('INSIDE')?.host, '10.0.0.1');
  const told = { 'advertised.listeners': 'OUTSIDE://shop.example:443,INSIDE://:9092' };
  const { advertised } = plan({ listeners, ...protocols, ...told });
  assert.deepEqual(advertised.get('OUTSIDE'), { name: 'OUTSIDE', host: 'shop.example', port: 443 });
  assert.equal(advertised.get('INSIDE')?.host, 'here.example');
});

test('the development profile advertises nothing: clients are told what they dialled', () => {
  assert.equal(plan({ profile: 'development', listeners: 'PLAINTEXT://0.0.0.0:9092' }).advertised.size, 0);
});

test('listeners of the controller are not for clients', () => {
  const { bind } = plan({
    listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    'controller.listener.names': 'CONTROLLER',
  });
  assert.deepEqual(
    bind.map(({ name }) => name),
    ['PLAINTEXT'],
  );
});

test('an IPv4 and an IPv6 address may share a port', () => {
  const listeners = 'PLAINTEXT://127.0.0.1:9092,SIX://[::1]:9092';
  const { bind } = plan({ listeners, 'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SIX:PLAINTEXT' });
  assert.equal(bind.length, 2);
});

const wrong: readonly [string, Readonly<Record<string, string>>, RegExp][] = [
  [
    'the same name twice',
    { listeners: 'PLAINTEXT://:9092,PLAINTEXT://:9093' },
    /the listener name PLAINTEXT is used twice/,
  ],
  [
    'the same port twice',
    { listeners: 'PLAINTEXT://:9092,B://:9092', 'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,B:PLAINTEXT' },
    /PLAINTEXT and B have the same port 9092/,
  ],
  ['a listener without a protocol', { listeners: 'ODD://:9092' }, /ODD has no security protocol; add it/],
  ['encryption', { listeners: 'SSL://:9092' }, /SSL uses SSL; this version speaks PLAINTEXT only/],
  [
    'nothing for clients',
    { listeners: 'CONTROLLER://:9093', 'controller.listener.names': 'CONTROLLER' },
    /at least one listener for clients/,
  ],
  [
    'an advertised listener that does not exist',
    { listeners: 'PLAINTEXT://:9092', 'advertised.listeners': 'OTHER://shop.example:9092' },
    /there is no listener OTHER; add it to listeners/,
  ],
  ['a port beyond the last', { listeners: 'PLAINTEXT://:65536' }, /is not an address like/],
];

for (const [what, settings, message] of wrong) {
  test(`refused in one sentence: ${what}`, () => {
    assert.throws(
      () => plan(settings),
      (error: Error) => {
        assert.ok(error instanceof ListenerError);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      },
    );
  });
}
