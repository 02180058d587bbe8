import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  dateTimeMs,
  durationMs,
  partitionsOfTopic,
  resetPlan,
} from '../../../src/cli/commands/consumer-groups/consumer-groups-plan.ts';
import { parseOptions, type OptionSpec } from '../../../src/cli/tools/option-parser.ts';

test('durations are read as Java reads them', () => {
  const read: [string, number][] = [
    ['PT1H', 3_600_000],
    ['P1DT2H3M4.5S', 93_784_500],
    ['-PT1M', -60_000],
    ['PT-1M', -60_000],
    ['pt0s', 0],
  ];
  for (const [text, expected] of read) assert.equal(durationMs(text), expected, text);
  for (const text of ['', 'P', 'PT', 'P1DT', '1H', 'P1Y', 'PT1.5H', 'PT1H ']) {
    assert.throws(() => durationMs(text), /Text cannot be parsed to a Duration/, text);
  }
});

test('a date with a time needs milliseconds, and is in UTC unless it says otherwise', () => {
  assert.equal(dateTimeMs('1970-01-02T00:00:00.000'), 86_400_000);
  assert.equal(dateTimeMs('1970-01-02T00:00:00.000Z'), 86_400_000);
  assert.equal(dateTimeMs('1970-01-02T09:30:00.000+09:30'), 86_400_000);
  assert.equal(dateTimeMs('1970-01-01T23:00:00.000-01'), 86_400_000);
  assert.throws(() => dateTimeMs('tomorrow'), /does not contain a 'T'/);
  for (const text of ['2020-01-01T00:00:00', '2020-02-30T00:00:00.000', '2020-01-01T24:00:00.000', 'xTy']) {
    assert.throws(() => dateTimeMs(text), /Unparseable date/, text);
  }
});

test('partitions of a topic stand behind a colon', () => {
  assert.deepEqual(partitionsOfTopic('a:0,2'), [
    { topic: 'a', partition: 0 },
    { topic: 'a', partition: 2 },
  ]);
  for (const text of ['a:', 'a:1:2'])
    assert.throws(() => partitionsOfTopic(text), /expected topic name and partitions/);
  assert.throws(() => partitionsOfTopic('a:x'), /Invalid partition 'x' specified in topic arg 'a:x''/);
});

test('a plan is of one group or names each', () => {
  const offset = { topic: 't', partition: 1, offset: 5 };
  assert.deepEqual(resetPlan('t,1,5\n', ['g']), new Map([['g', [offset]]]));
  assert.deepEqual(
    resetPlan('g,t,1,5\nh,"t",1,5', ['g', 'h']),
    new Map([
      ['g', [offset]],
      ['h', [offset]],
    ]),
  );
  for (const text of ['t', 't,x,5', 't,1,x', 'a,b,c,d,e'])
    assert.throws(() => resetPlan(text, ['g']), /The plan has the line/);
});

test('options may be required, of a choice, or go with others only', () => {
  const specs = {
    help: { text: '' },
    server: { argument: 'x', isRequired: true, text: '' },
    kind: { argument: 'x', choices: ['ONE', 'TWO'], text: '' },
    verbose: { goesWith: ['kind'], text: '' },
  } as const satisfies Record<string, OptionSpec>;
  const read = (...args: readonly string[]) => parseOptions<keyof typeof specs>(specs, args);
  assert.equal(read('--server', 'a', '--kind', 'two', '--verbose').choice('kind'), 'TWO');
  assert.ok(read('--help').has('help'));
  assert.throws(() => read('--kind', 'one'), /Missing required option\(s\) \[server\]/);
  assert.throws(() => read('--server', 'a', '--verbose'), /Option\(s\) \[verbose\] are unavailable/);
  assert.throws(() => read('--server', 'a', '--kind', 'x').choice('kind'), /Cannot parse argument 'x' of option kind/);
});
