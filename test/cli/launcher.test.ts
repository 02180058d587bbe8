import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { allTools } from '../../src/cli/tools/all-tools.ts';
import { launcher } from './posthorn-process.ts';

test('the launcher takes the name of every command for one, with and without what Kafka puts around it', () => {
  const [, pattern = ''] = /const COMMAND = \/(.*)\/;/.exec(readFileSync(launcher, 'utf8')) ?? [];
  const isCommand = new RegExp(pattern);
  for (const { name } of allTools) {
    for (const called of [name, `${name}.sh`, name.replace(/^kafka-/, '')]) assert.match(called, isCommand);
  }
  for (const file of ['server.properties', './start', '-v', '--port']) assert.doesNotMatch(file, isCommand);
});

test('a command with a digit in its name is run, not taken for a file of settings', () => {
  const { stderr, status } = spawnSync(process.execPath, [launcher, 'e2e-latency', 'a', 'b'], { encoding: 'utf8' });
  assert.match(stderr, /^Invalid number of arguments/);
  assert.equal(status, 1);
});
