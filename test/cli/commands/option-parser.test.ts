import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions, type OptionSpec } from '../../../src/cli/tools/option-parser.ts';

const specs = {
  list: { text: '' },
  topic: { argument: 'topic', text: '' },
  partitions: { argument: 'n', type: 'Integer', text: '' },
  state: { argument: 'state', isArgumentOptional: true, text: '' },
  ids: { argument: 'ids', separator: ',', text: '' },
  time: { argument: 'ms', type: 'Long', fallback: '-1', text: '' },
} as const satisfies Record<string, OptionSpec>;

function parse(...args: string[]) {
  return parseOptions<keyof typeof specs>(specs, args);
}

test('an argument is the next word or what follows the equals sign, with one dash or two', () => {
  for (const args of [['--topic', 'a'], ['--topic=a'], ['-topic', 'a'], ['-topic=a'], ['--topic=', 'a']]) {
    assert.equal(parse(...args).value('topic'), 'a');
  }
});

test('an argument that is needed is the next word even if that is an option', () => {
  const options = parse('--topic', '--list');
  assert.equal(options.value('topic'), '--list');
  assert.equal(options.has('list'), false);
  assert.throws(() => parse('--topic'), /^ToolFailure: Option topic requires an argument$/);
});

test('an argument that may be left out is not the next option', () => {
  assert.equal(parse('--state', '--list').value('state'), undefined);
  assert.equal(parse('--state', '--list').has('list'), true);
  assert.equal(parse('--state', 'Empty').value('state'), 'Empty');
});

test('unknown and shortened options are refused in the words of Kafka', () => {
  assert.throws(() => parse('--foo'), /^ToolFailure: foo is not a recognized option$/);
  assert.throws(() => parse('--lis'), /^ToolFailure: lis is not a recognized option$/);
  assert.throws(() => parse('-foo'), /^ToolFailure: f is not a recognized option$/);
});

test('one value is asked of an option that was given twice', () => {
  const options = parse('--topic', 'a', '--topic', 'b');
  assert.deepEqual(options.values('topic'), ['a', 'b']);
  assert.throws(() => options.value('topic'), /Found multiple arguments for option topic, but you asked for only one/);
});

test('numbers are checked when they are read, within the range of their type', () => {
  assert.equal(parse('--partitions', '3').integer('partitions'), 3);
  for (const text of ['x', '', '1.5', '2147483648']) {
    assert.throws(() => parse('--partitions', text).integer('partitions'), /Cannot parse argument '.*' of option/);
  }
  assert.equal(parse().integer('time'), -1);
  assert.equal(parse('--time', '4102444800000').integer('time'), 4_102_444_800_000);
});

test('words that belong to no option are kept apart, and all after two dashes', () => {
  assert.deepEqual(parse('a', '--list', 'b', '--', '--topic').words, ['a', 'b', '--topic']);
});

test('several values in one argument', () => {
  assert.deepEqual(parse('--ids', '1,2,,3').values('ids'), ['1', '2', '3']);
});
