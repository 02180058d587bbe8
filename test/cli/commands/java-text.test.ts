import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOrder, parseInteger } from '../../../src/cli/tools/java-text.ts';
import { optionHelp } from '../../../src/cli/tools/option-help.ts';

test('texts come in the order of a HashMap', () => {
  assert.deepEqual(
    hashOrder(['b', 'a', 'c'], (text) => text),
    ['a', 'b', 'c'],
  );
});

test('a number that is none is refused in the words of Java', () => {
  assert.equal(parseInteger('-7'), -7);
  assert.throws(() => parseInteger('x'), /For input string: "x"/);
});

test('help is a table of two columns within 80 letters', () => {
  const help = optionHelp({
    list: { text: 'Names all there are.' },
    'bootstrap-server': {
      argument: 'server to connect to',
      text: 'Any broker of the cluster, as host:port, of which there may be many.',
    },
  });
  for (const line of help.split('\n')) assert(line.length <= 80, line);
  assert.match(help, /^Option +Description\n------ +-----------\n--bootstrap-server <String: server to +Any broker/);
});
