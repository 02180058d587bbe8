import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokerArguments, isMeant, settingsOf } from '../../../src/cli/commands/server-stop.ts';

test('a broker is known by its command line, a command or another program is none', () => {
  const launcher = '/opt/posthorn/bin/posthorn.js';
  assert.deepEqual(brokerArguments(['/usr/bin/node', launcher]), []);
  assert.deepEqual(brokerArguments(['node', launcher, 'start', '--port', '1']), ['--port', '1']);
  assert.deepEqual(brokerArguments(['node', '--max-old-space-size=99', launcher, 'a.properties']), ['a.properties']);
  assert.deepEqual(brokerArguments(['node', '/x/.bin/kafka-server-start.sh', 'a.properties']), ['a.properties']);
  assert.equal(brokerArguments(['node', launcher, 'topics', '--list']), undefined);
  assert.equal(brokerArguments(['node', 'server.js', 'a.properties']), undefined);
  assert.equal(brokerArguments(['grep', 'posthorn']), undefined);
});

test('brokers are chosen by the settings that they were started with', () => {
  const broker = { pid: 1, folder: '/srv', args: ['a.properties', '--override', 'process.roles=broker'] };
  const asked: string[] = [];
  const settings = settingsOf(broker, (path) => {
    asked.push(path);
    return 'node.id = 7\nprocess.roles=broker,controller\n';
  });
  assert.deepEqual(asked, ['/srv/a.properties']);
  assert.equal(isMeant(settings, '7', undefined), true);
  assert.equal(isMeant(settings, '1', 'broker'), false);
  assert.equal(isMeant(settings, undefined, 'broker'), true);
  assert.equal(isMeant(settings, undefined, 'controller'), false);
  assert.equal(isMeant(settings, undefined, undefined), true);
  assert.throws(() => settingsOf(broker, JSON.parse), /Can not find the configuration file/);
});
