import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArgumentFailure, parseArguments } from '../../../src/cli/tools/argument-parser.ts';
import type { ArgumentGrammar } from '../../../src/cli/tools/argument-spec.ts';
import { justified } from '../../../src/cli/tools/justified-text.ts';
import { similarWords } from '../../../src/cli/tools/similar-words.ts';

const grammar: ArgumentGrammar = {
  program: 'tool',
  about: 'Does things.',
  options: [{ flags: ['-v', '--version'], action: 'version', text: '' }],
  subcommands: [
    {
      name: 'make',
      text: 'Makes.',
      options: [
        { flags: ['--server', '-s'], isExclusive: true, text: '' },
        { flags: ['--controller'], isExclusive: true, text: '' },
        { flags: ['--id', '-i'], type: 'Integer', isRequired: true, text: 'Which.' },
        { flags: ['--tag'], action: 'append', text: '' },
        { flags: ['--dry-run'], action: 'switch', text: '' },
        { flags: ['--wait'], type: 'Long', fallback: '15', text: '' },
      ],
      isExclusiveRequired: true,
    },
    { name: 'list', text: 'Lists.', options: [] },
  ],
};

function call(...args: readonly string[]) {
  const parsed = parseArguments(grammar, args);
  assert.ok(parsed.kind === 'call');
  return parsed.call;
}

function complaint(...args: readonly string[]): string {
  try {
    parseArguments(grammar, args);
  } catch (error) {
    assert.ok(error instanceof ArgumentFailure);
    return error.complaint;
  }
  return 'none';
}

test('options are given apart, attached, shortened, repeated and left out', () => {
  const made = call('make', '-s', 'a', '-i7', '--tag', 'x', '--tag=y', '--dry');
  assert.equal(made.subcommand, 'make');
  assert.deepEqual([made.value('server'), made.number('id'), made.values('tag')], ['a', 7, ['x', 'y']]);
  assert.deepEqual([made.has('dry-run'), made.number('wait')], [true, 15]);
  assert.equal(call('make', '--id=-7', '--controller=a').number('id'), -7);
  assert.equal(call('make', '--id', '-7', '--controller=a').number('id'), -7);
});

test('what is wrong is told with the words of argparse4j', () => {
  assert.equal(complaint(), 'too few arguments');
  assert.equal(complaint('mke'), "invalid choice: 'mke' (choose from 'make', 'list')");
  assert.equal(complaint('make', '-s', 'a'), 'argument --id/-i is required');
  assert.equal(complaint('make', '--id', '1'), 'one of the arguments --server/-s --controller is required');
  assert.equal(
    complaint('make', '-s', 'a', '--controller', 'b'),
    'argument --controller: not allowed with argument --server/-s',
  );
  assert.equal(complaint('make', '--id'), 'argument --id/-i: expected one argument');
  assert.equal(
    complaint('make', '--id', 'x'),
    `argument --id/-i: could not convert 'x' to Integer (For input string: "x")`,
  );
  assert.equal(complaint('make', '--foo'), "unrecognized arguments: '--foo'");
  assert.equal(complaint('list', 'a', 'b'), "unrecognized arguments: 'a b'");
  assert.equal(complaint('list', '--help=1'), "argument -h/--help: ignore implicit argument '1'");
  assert.equal(
    complaint('make', '--'),
    'ambiguous option: -- could match --controller, --dry-run, --help, --id, --server, --tag, --wait',
  );
});

test('an error comes with the usage, the help with everything', () => {
  assert.throws(
    () => parseArguments(grammar, ['make', '--serfer', 'a']),
    /^ArgumentFailure: usage: tool make \[-h\] --id ID \[--tag TAG\] \[--dry-run\] \[--wait WAIT\]\n +\(--server SERVER \| --controller CONTROLLER\)\ntool: error: unrecognized arguments: '--serfer'\n\nDid you mean:\n\t--server$/,
  );
  const parsed = parseArguments(grammar, ['make', '--help', '--foo']);
  assert.ok(parsed.kind === 'help');
  assert.match(parsed.text, /^ {2}--id ID, -i ID {9}Which\.$/m);
  assert.equal(parseArguments(grammar, ['-v']).kind, 'version');
});

test('lines are drawn out to their width, but the last', () => {
  assert.equal(justified('one two three four five', 15), 'one  two  three\nfour five');
  assert.equal(justified('aa bb-cc dd', 7, '  '), 'aa\n  bb-\n  cc dd');
});

test('near words are suggested, far ones are not', () => {
  assert.deepEqual(similarWords('--topics', ['--topic', '--group']), ['--topic']);
  assert.deepEqual(similarWords('li', ['list', 'make', 'lint']), ['lint', 'list']);
  assert.deepEqual(similarWords('xxxxxxxx', ['list']), []);
});
