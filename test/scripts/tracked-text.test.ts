import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dependencyFaults } from '../../scripts/dependency-notes.ts';
import { textFaults } from '../../scripts/tracked-text.ts';

test('paths of one machine and registry addresses are faults', () => {
  assert.equal(textFaults('a.md', 'see /home/me/x and\n/Users/ann\n"resolved": "https://host/x.tgz"').length, 3);
});

test('a relative path with such a name is none', () => {
  assert.deepEqual(textFaults('a.md', 'src/Users/ann and ./Users/x and posthorn-data'), []);
});

test('each dependency of each manifest needs a line', () => {
  const manifests = [{ dependencies: { pino: '1' } }, { devDependencies: { pino: '1', kafkajs: '2' } }];
  assert.deepEqual(dependencyFaults(manifests, '| `pino` | logs |'), ['docs/dependencies.md has no line for kafkajs']);
});
