import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommandLine, UsageError } from '../../src/cli/options.ts';

const overrides = (...args: string[]) => {
  const command = parseCommandLine(args);
  assert(command.kind === 'serve');
  return command.options.overrides;
};

test('without arguments serves with nothing set', () => {
  assert.deepEqual(parseCommandLine([]), {
    kind: 'serve',
    options: { configFile: undefined, brokers: 1, overrides: {} },
  });
  assert.deepEqual(parseCommandLine(['start']), parseCommandLine([]));
});

test('shorthands stand for settings', () => {
  assert.deepEqual(overrides('--port', '0'), { listeners: 'PLAINTEXT://localhost:0' });
  assert.deepEqual(overrides('--host', '::', '--port', '1'), { listeners: 'PLAINTEXT://[::]:1' });
  assert.deepEqual(overrides('--data-dir', 'd', '--ephemeral', '--health-port', '8'), {
    'log.dirs': 'd',
    'posthorn.storage': 'memory',
    'posthorn.health.port': '8',
  });
});

test('overrides keep everything behind the first equals sign', () => {
  assert.deepEqual(overrides('--override', 'a=b=c', '--override', 'd='), { a: 'b=c', d: '' });
});

test('takes a server.properties file by flag or by place', () => {
  for (const args of [['s.properties'], ['start', 's.properties'], ['--config', 's.properties']]) {
    const command = parseCommandLine(args);
    assert(command.kind === 'serve');
    assert.equal(command.options.configFile, 's.properties');
  }
});

test('says what is wrong with a command line', () => {
  const wrong: [string[], RegExp][] = [
    [['--nope'], /^there is no option --nope$/],
    [['--prot', '1'], /no option --prot; did you mean --port/],
    [['--num.partitions=3'], /--override num\.partitions=VALUE/],
    [['--port'], /port/],
    [['a', 'b'], /'b'/],
    [['a', '--config', 'b'], /one configuration file/],
    [['--override', 'x'], /NAME=VALUE, not 'x'/],
    [['--port', 'x'], /--port takes a number/],
    [['--port', '1', '--override', 'listeners=PLAINTEXT://:2'], /do not go with/],
  ];
  for (const [args, message] of wrong) {
    assert.throws(
      () => parseCommandLine(args),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  }
});
