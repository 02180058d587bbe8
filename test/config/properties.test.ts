import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseProperties } from '../../src/config/properties.ts';

function entries(text: string): readonly (readonly [string, string])[] {
  return parseProperties(text).map(({ key, value }) => [key, value] as const);
}

describe('a properties file', () => {
  it('separates key and value by =, : or blanks', () => {
    assert.deepEqual(entries('a=1\nb:2\nc 3\nd = 4\n  e\t:\t5  \nf'), [
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
      ['d', '4'],
      ['e', '5  '],
      ['f', ''],
    ]);
  });

  it('has comments and empty lines, with any end of line', () => {
    assert.deepEqual(entries('# one\r\n  ! two\r\n\r\na=1\rb=2\n#\\\nc=3'), [
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ]);
  });

  it('goes on after a backslash at the end of a line, without the indent of the next', () => {
    assert.deepEqual(entries('a=1,\\\n   2,\\\n   3\nb=x\\\\\nc=4\\'), [
      ['a', '1,2,3'],
      ['b', 'x\\'],
      ['c', '4'],
    ]);
  });

  it('knows the escapes of Java', () => {
    assert.deepEqual(entries('a\\=b\\:c\\ d=\\t|\\n|\\u00e9|\\q'), [['a=b:c d', '\t|\n|é|q']]);
    assert.throws(() => parseProperties('a=1\nb=\\u12'), /line 2: \\u must be followed by four hexadecimal digits/);
  });

  it('keeps a second separator, and every entry of a key with its line', () => {
    assert.deepEqual(parseProperties('a==1\n\na=2'), [
      { key: 'a', value: '=1', line: 1 },
      { key: 'a', value: '2', line: 3 },
    ]);
  });
});
