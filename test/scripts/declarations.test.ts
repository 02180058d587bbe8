import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commentText, exportsOf, membersOf } from '../../scripts/declarations.ts';

const files: Readonly<Record<string, string>> = {
  'a/index.d.ts': [
    "export type { Box } from './box.ts';",
    "export { make, type Size } from './box.ts';",
    'export declare const one: number;',
  ].join('\n'),
  'a/box.d.ts': [
    "import type { Hidden } from './hidden.ts';",
    '/**',
    ' * Holds things. See {@link make}.',
    ' * @param size how many',
    ' */',
    'export declare class Box<T> implements Hidden {',
    '    #private;',
    '    private readonly secret;',
    '    constructor(size: Size);',
    '    /** How many are in it. */',
    '    get count(): number;',
    '    put(thing: T, options?: {',
    '        readonly isSoft?: boolean;',
    '    }): Promise<void>;',
    '}',
    '/** How large. */',
    "export type Size = 'small' | {",
    '    readonly max: number;',
    '};',
    'export declare function make(size: Size, done: () => void): Box<string>;',
  ].join('\n'),
};

test('what an entry exports is found, through re-exports, with comments and whole texts', () => {
  const found = exportsOf('a/index.d.ts', (path) => files[path] ?? assert.fail(path));
  assert.deepEqual(
    found.map(({ name, kind, isTypeOnly }) => [name, kind, isTypeOnly]),
    [
      ['one', 'const', false],
      ['Box', 'class', true],
      ['make', 'function', false],
      ['Size', 'type', true],
    ],
  );
  const [, box, , size] = found;
  assert.ok(box !== undefined && size !== undefined);
  assert.equal(box.doc, 'Holds things. See {@link make}.\n`size`: how many');
  assert.equal(size.text, "type Size = 'small' | {\n    readonly max: number;\n};");
  assert.deepEqual(membersOf(box), [
    { doc: '', signature: 'constructor(size: Size)' },
    { doc: 'How many are in it.', signature: 'get count(): number' },
    { doc: '', signature: 'put(thing: T, options?: {\n    readonly isSoft?: boolean;\n}): Promise<void>' },
  ]);
});

test('a name that is nowhere is refused', () => {
  const broken: Readonly<Record<string, string>> = { 'x.d.ts': "export { gone } from './y.ts';" };
  assert.throws(() => exportsOf('x.d.ts', (path) => broken[path] ?? ''), /y\.d\.ts does not export gone/);
});

test('comments are read as words', () => {
  assert.equal(commentText('/** One line. */'), 'One line.');
  assert.equal(commentText(''), '');
});
