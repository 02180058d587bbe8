import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidConfiguration } from '../../src/config/invalid-configuration.ts';
import { logDirectoriesOf } from '../../src/config/log-directories.ts';
import { memberConfigs } from '../../src/config/member-settings.ts';

test('three brokers have ports, directories and racks of their own, and the first has what a single one has', () => {
  const members = memberConfigs({}, 3).map(({ config }) => config);
  assert.deepEqual(
    members.map((config) => [
      config.get('node.id'),
      config.get('listeners').join(),
      logDirectoriesOf(config).join(),
      config.get('broker.rack'),
    ]),
    [
      [1, 'PLAINTEXT://localhost:9092', './posthorn-data', 'rack-1'],
      [2, 'PLAINTEXT://localhost:9093', './posthorn-data-2', 'rack-2'],
      [3, 'PLAINTEXT://localhost:9094', './posthorn-data-3', 'rack-3'],
    ],
  );
});

test('free ports stay free ports, several directories stay several, and a rack that was named is for all', () => {
  const overrides = {
    listeners: 'PLAINTEXT://[::1]:0,OTHER://localhost:7000',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,OTHER:PLAINTEXT',
    'advertised.listeners': 'PLAINTEXT://example.org:30000,OTHER://example.org:7000',
    'log.dirs': 'a,b',
    'broker.rack': 'here',
    'posthorn.health.port': 8080,
  };
  const second = memberConfigs({ overrides }, 2)[1]!.config;
  assert.equal(second.text('listeners'), 'PLAINTEXT://[::1]:0,OTHER://localhost:7001');
  assert.equal(second.text('advertised.listeners'), 'PLAINTEXT://example.org:30001,OTHER://example.org:7001');
  assert.equal(second.text('log.dirs'), 'a-2,b-2');
  assert.equal(second.get('broker.rack'), 'here');
  assert.equal(second.get('posthorn.health.port'), 8081);
});

test('no other number of brokers than 1 to 9', () => {
  for (const count of [0, 10, 1.5]) assert.throws(() => memberConfigs({}, count), InvalidConfiguration);
});
