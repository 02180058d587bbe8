import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sizeFaults } from '../../scripts/sizes.ts';

test('a file over 400 lines needs a reason, over 600 nothing helps', () => {
  const lines = new Map([
    ['src/log/a.ts', 400],
    ['src/log/b.ts', 401],
    ['src/log/c.ts', 450],
    ['src/log/d.ts', 601],
  ]);
  const faults = sizeFaults(lines, { 'src/log/c.ts': 'one state machine', 'src/log/d.ts': 'none helps' });
  assert.deepEqual(
    faults.map((fault) => fault.split(':')[0]),
    ['src/log/b.ts', 'src/log/d.ts'],
  );
});

test('tables are exempt and tests may be longer', () => {
  const lines = new Map([
    ['src/protocol/messages/000-produce.ts', 900],
    ['test/log/a.test.ts', 800],
    ['test/log/b.test.ts', 801],
  ]);
  assert.deepEqual(sizeFaults(lines, {}), ['test/log/b.test.ts: 801 lines, at most 800']);
});

test('a reason that is no longer needed is a fault', () => {
  assert.equal(sizeFaults(new Map([['src/log/a.ts', 100]]), { 'src/log/a.ts': 'was long' }).length, 1);
});
