import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOrder, javaDouble, parseInteger, partitionHash, stringHash } from '../../../src/cli/tools/java-text.ts';
import { optionHelp } from '../../../src/cli/tools/option-help.ts';

test('texts come in the order of a HashMap', () => {
  assert.deepEqual(hashOrder(['b', 'a', 'c'], stringHash), ['a', 'b', 'c']);
});

test('hashes are those of Java', () => {
  assert.equal(stringHash('orders'), -1_008_770_331);
  assert.equal(partitionHash({ topic: 'a', partition: 0 }), 31 * 31 + 97);
});

test('numbers with a fraction are printed as Java does', () => {
  assert.deepEqual([0, 5, 1.5, 1000, 12_345_678, 10_000_000, 0.0001].map(javaDouble), [
    '0.0',
    '5.0',
    '1.5',
    '1000.0',
    '1.2345678E7',
    '1.0E7',
    '1.0E-4',
  ]);
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
