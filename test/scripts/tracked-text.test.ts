import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dependencyFaults } from '../../scripts/dependency-notes.ts';
import { textFaults } from '../../scripts/tracked-text.ts';

test('paths of one machine and registry addresses are faults', () => {
  assert.equal(textFaults('a.md', 'see /home/me/x and\n/Users/ann\n"resolved": "https://host/x.tgz"').length, 3);
});

test('a registry is a fault by its name alone', () => {
  for (const host of [
    ['registry', 'npmjs', 'org'],
    ['pypi', 'org'],
    ['files', 'pythonhosted', 'org'],
    ['repo', 'maven', 'apache', 'org'],
    ['repo1', 'maven', 'org'],
    ['proxy', 'golang', 'org'],
    ['sum', 'golang', 'org'],
  ]) {
    assert.equal(textFaults('a.md', `from ${host.join('.')} it comes`).length, 1, host.join('.'));
  }
});

test('a relative path with such a name is none', () => {
  assert.deepEqual(textFaults('a.md', 'src/Users/ann and ./Users/x and posthorn-data'), []);
});

test('each dependency of each manifest needs a line', () => {
  const manifests = [{ dependencies: { pino: '1' } }, { devDependencies: { pino: '1', kafkajs: '2' } }];
  assert.deepEqual(dependencyFaults(manifests, '| `pino` | logs |'), ['docs/dependencies.md has no line for kafkajs']);
});
