import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgressBar, progressLine } from '../../../src/cli/tools/progress-bar.ts';
import { colourOf, fitted, hasColours, painted, shownSafely } from '../../../src/cli/tools/screen.ts';
import { VirtualTime } from '../../../src/runtime/virtual-time.ts';
import { fakeWorld, plainScreen, terminal } from './fake-world.ts';

test('colours are for terminals that have them, unless NO_COLOR or FORCE_COLOR says otherwise', () => {
  assert.equal(hasColours({}, true), true);
  assert.equal(hasColours({}, false), false);
  assert.equal(hasColours({ NO_COLOR: '1' }, true), false);
  assert.equal(hasColours({ NO_COLOR: '' }, true), true, 'an empty one counts as none');
  assert.equal(hasColours({ TERM: 'dumb' }, true), false);
  assert.equal(hasColours({ FORCE_COLOR: '1', NO_COLOR: '1' }, false), true);
  assert.equal(hasColours({ FORCE_COLOR: '0' }, true), false);
  assert.equal(painted(terminal(80, 24, true), 'red', 'x'), '\u001b[31mx\u001b[0m');
  assert.equal(painted(plainScreen, 'red', 'x'), 'x');
  assert.equal(colourOf('orders'), colourOf('orders'));
});

test("others' text cannot steer the terminal, and a cut is marked", () => {
  assert.equal(shownSafely('a\u001b[2Jb\n\tc\u009b'), String.raw`a\u001b[2Jb\n\tc\u009b`);
  assert.equal(shownSafely('Grüße ✓'), 'Grüße ✓');
  assert.deepEqual([fitted('abc', 3), fitted('abcd', 3), fitted('abc', 0)], ['abc', 'ab…', '']);
});

test('progress is one line that fits, and figures alone where there is no room', () => {
  assert.equal(progressLine('reading', 50, 200, 80), 'reading [#####...............]  25% 50/200');
  assert.equal(progressLine('reading', 50, 200, 20), 'reading  25%');
  assert.equal(progressLine('reading', 0, 0, 80), 'reading [####################] 100% 0/0');
  assert.equal(progressLine('reading', 1, 3, 8).length <= 7, true);
});

test('a bar is drawn for people only, not too often, and taken away', () => {
  const time = new VirtualTime();
  const drawn: string[] = [];
  const world = { runtime: { ...fakeWorld().runtime, clock: time }, draw: (text: string) => void drawn.push(text) };
  const bar = new ProgressBar(world, terminal(80, 24), 'work', 10);
  bar.at(1);
  assert.equal(drawn.length, 0, 'what is done at once needs no bar');
  time.advance(100);
  bar.at(2);
  bar.at(3);
  assert.equal(drawn.length, 1, 'no time has passed since it was drawn');
  bar.end();
  assert.equal(drawn.at(-1), '\r\u001b[K');
  const silent = new ProgressBar(world, plainScreen, 'work', 10);
  silent.at(5);
  silent.end();
  assert.equal(drawn.length, 2);
});
