import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingPrint, snippetFiles, snippetName, snippetPrograms } from '../../scripts/snippets.ts';

const page = [
  '# Page',
  '```ts',
  'const before = 1;',
  '```',
  '## First part',
  'Words.',
  '```ts',
  'print(before); // → one',
  '```',
  'More words.',
  '```ts',
  '// → two',
  '```',
  '```ts other',
  'something else',
  '```',
  '### Second',
  '```java',
  'int x;',
  '```',
].join('\n');

test('blocks under one heading are one program, with the prelude of their kind', () => {
  const programs = snippetPrograms('page.md', page);
  assert.deepEqual(
    programs.map(({ heading, language, label, prelude, code, prints }) => [
      heading,
      language,
      label,
      prelude,
      code,
      prints,
    ]),
    [
      ['First part', 'ts', '', 'const before = 1;', 'print(before); // → one\n\n// → two', ['one', 'two']],
      ['First part', 'ts', 'other', '', 'something else', []],
      ['Second', 'java', '', '', 'int x;', []],
    ],
  );
  assert.equal(snippetName(programs[1]!, 1), '01-first-part-other');
});

test('a block without an end is refused', () => {
  assert.throws(() => snippetPrograms('page.md', '```ts\nx'), /page\.md: a block of ts does not end/);
});

test('what has to be printed has to come in order', () => {
  const prints = ['a', 'b'];
  assert.equal(missingPrint({ prints }, 'a\nother\nb\n'), undefined);
  assert.equal(missingPrint({ prints }, 'b\na\n'), 'b');
  assert.equal(missingPrint({ prints }, 'ab\n'), 'a');
});

test('a block whose label is the name of a file is that file', () => {
  const shown = '# T\n\n```yaml application.yml\na: 1\nb: 2\n```\n\n```ts\nx;\n```\n\n```ts kafkajs\ny;\n```\n';
  assert.deepEqual([...snippetFiles(shown)], [['application.yml', 'a: 1\nb: 2\n']]);
});
