import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layerFaults } from '../../scripts/layers.ts';

function faults(files: Record<string, string>): string[] {
  return layerFaults(new Map(Object.entries(files)));
}

test('an import within the folder or downwards is fine', () => {
  assert.deepEqual(
    faults({
      'src/log/segment.ts': "import { a } from './index-file.ts';\nimport type { B } from '../base/byte-reader.ts';",
      'src/log/index-file.ts': 'export const a = 1;',
      'src/base/byte-reader.ts': 'export type B = number;',
    }),
    [],
  );
});

test('an import upwards or sideways is a fault, types too', () => {
  const found = faults({
    'src/wire/frame.ts': "import type { Log } from '../log/log.ts';",
    'src/log/log.ts': "export { x } from '../broker/x.ts';",
    'src/broker/x.ts': 'export const x = 1;',
  });
  assert.deepEqual(found, [
    'src/wire/frame.ts:1: floor 3 (wire) imports floor 3 (log)',
    'src/log/log.ts:1: floor 3 (log) imports floor 6 (broker)',
  ]);
});

test('broker and client never import each other', () => {
  const found = faults({ 'src/broker/a.ts': "import '../client/b.ts';", 'src/client/b.ts': 'export const b = 1;' });
  assert.equal(found.length, 1);
});

test('a circle is a fault, through a type import and import() too', () => {
  const found = faults({
    'src/log/a.ts': "import type { B } from './b.ts';",
    'src/log/b.ts': "import { C } from './c.ts'; export type B = C;",
    'src/log/c.ts': "export const c = () => import('./a.ts');",
  });
  assert.deepEqual(found, ['circle: src/log/a.ts -> src/log/b.ts -> src/log/c.ts -> src/log/a.ts']);
});

test('only the listed packages of a folder may be used', () => {
  const found = faults({
    'src/records/snappy.ts': "import snappy from 'snappy';\nimport { gzipSync } from 'node:zlib';",
    'src/log/disk.ts': "import { openSync } from 'node:fs';\nimport snappy from 'snappy';",
    'src/runtime/node-disk.ts': "import { openSync } from 'node:fs';",
  });
  assert.deepEqual(found, [
    'src/log/disk.ts:1: src/log may not use node:fs',
    'src/log/disk.ts:2: src/log may not use snappy',
  ]);
});

test('clock, timers, randomness and environment are for the runtime alone', () => {
  const source =
    'const t = Date.now();\nsetTimeout(f, 1);\nMath.random();\nprocess.env.HOME;\nnew Date();\nnew Date(t);';
  assert.deepEqual(
    faults({ 'src/log/clock.ts': source, 'src/runtime/clock.ts': source, 'test/log/clock.test.ts': source }),
    [
      'src/log/clock.ts:5: new Date() without a time outside src/runtime',
      'src/log/clock.ts:1: Date.now outside src/runtime',
      'src/log/clock.ts:4: process.env outside src/runtime',
      'src/log/clock.ts:3: Math.random outside src/runtime',
      'src/log/clock.ts:2: setTimeout outside src/runtime',
    ].toSorted((a, b) => order(a) - order(b)),
  );
});

function order(fault: string): number {
  return ['Date.now', 'new Date()', 'process.env', 'Math.random', 'setTimeout'].findIndex((what) =>
    fault.includes(`: ${what}`),
  );
}

test('words in comments, strings and patterns are not uses', () => {
  const source = [
    '// Date.now() is the clock',
    "const a = 'setTimeout(' + `Math.random ${'x'} process.env`;",
    '/* import { x } from "../broker/x.ts" */',
    'const pattern = /Date.now|"/;',
    'const inner = `${ { a: `Math.random` }.a } Date.now`;',
  ].join('\n');
  assert.deepEqual(faults({ 'src/log/words.ts': source }), []);
});

test('a use inside a template expression counts', () => {
  assert.equal(faults({ 'src/log/t.ts': 'const a = `${Date.now()}`;' }).length, 1);
});

test('an import of a file that is not there is a fault', () => {
  assert.deepEqual(faults({ 'src/log/a.ts': "import './gone.ts';" }), ['src/log/a.ts:1: no file src/log/gone.ts']);
});
