import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { NodeLogger } from '../../src/runtime/node-logger.ts';
import { prettyLine } from '../../src/runtime/pretty-line.ts';

const directory = mkdtempSync(join(tmpdir(), 'posthorn-log-'));
after(() => rmSync(directory, { recursive: true }));

/** The lines that `log` writes to a file. */
function written(
  options: { level?: 'debug' | 'info' | 'silent'; pretty?: boolean },
  log: (logger: NodeLogger) => void,
): string[] {
  const path = join(directory, 'log');
  const fd = openSync(path, 'w');
  log(NodeLogger.create({ level: options.level ?? 'info', fd, pretty: options.pretty ?? false }));
  closeSync(fd);
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

test('lines wait for the first error, which writes all in order, with their own time and their facts', () => {
  const before = Date.now();
  const lines = written({}, (logger) => {
    const child = logger.child({ topic: 'orders', partition: 1 });
    logger.info('starting', { port: 9092 });
    child.warn('slow');
    child.child({ partition: 2 }).debug('not at this level');
    child.error('failed', { partition: 3, error: new Error('disk on fire') });
    logger.info('pino is loaded: written at once');
  }).map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    lines.map(({ level, msg, topic, partition, port }) => ({ level, msg, topic, partition, port })),
    [
      { level: 30, msg: 'starting', topic: undefined, partition: undefined, port: 9092 },
      { level: 40, msg: 'slow', topic: 'orders', partition: 1, port: undefined },
      { level: 50, msg: 'failed', topic: 'orders', partition: 3, port: undefined },
      { level: 30, msg: 'pino is loaded: written at once', topic: undefined, partition: undefined, port: undefined },
    ],
  );
  const { error, time } = lines[2] as { error: { message: string; stack: string }; time: number };
  assert.equal(error.message, 'disk on fire');
  assert.match(error.stack, /node-logger\.test/);
  assert.ok(time >= before && time <= Date.now());
});

test('many waiting lines do not wait longer', () => {
  const lines = written({ level: 'debug' }, (logger) => {
    for (let index = 0; index < 300; index++) logger.debug(`line ${index}`);
  });
  assert.equal(lines.length, 300);
});

test('silent is silent', () => {
  assert.deepEqual(
    written({ level: 'silent' }, (logger) => logger.error('nobody hears')),
    [],
  );
});

test('lines that still wait are written when the process ends, and do not put that off', () => {
  const module = new URL('../../src/runtime/node-logger.js', import.meta.url).href;
  const script = `import { NodeLogger } from '${module}'; NodeLogger.create({ level: 'info', fd: 1, pretty: true }).info('bye', { a: 'b c' });`;
  const startMs = performance.now();
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  assert.match(stdout, /^\d\d:\d\d:\d\d\.\d{3} info {2}bye a="b c"\n$/);
  assert.ok(performance.now() - startMs < 10_000);
});

test('many loggers that wait share one exit listener', () => {
  const before = process.listenerCount('exit');
  const fd = openSync(join(directory, 'many'), 'w');
  for (let index = 0; index < 50; index++) NodeLogger.create({ level: 'info', fd, pretty: false }).info('waits');
  assert.ok(process.listenerCount('exit') <= before + 1);
});

test('a pretty line has time, level, message, facts, and the stack below', () => {
  const json = JSON.stringify({
    level: 50,
    time: 0,
    topic: 't',
    error: { stack: 'Error: x\n    at y' },
    msg: 'failed',
  });
  assert.match(prettyLine(json, false), /^\d\d:\d\d:00\.000 error failed topic=t\n {2}Error: x\n {6}at y\n$/);
  assert.ok(prettyLine(json, true).includes('\u001b[31merror\u001b[39m failed'));
});
