import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { edited } from './planted-bug.ts';
import { plantedBugs } from './planted-bugs.ts';
import { startHunt } from './start-hunt.ts';

/** Bugs that most seeds find. */
const QUICK = ['acknowledged-at-append', 'same-leader-epoch', 'producers-forgotten-by-followers'];
const SEEDS = { first: 1, count: 20 };

suite('planted bugs', () => {
  for (const { name, edits } of plantedBugs) {
    test(`${name} still has its place in the product`, () => {
      const sources = new Map<string, string>();
      for (const edit of edits) {
        const { file } = edit;
        const source = sources.get(file) ?? readFileSync(new URL(`../../../src/${file}`, import.meta.url), 'utf8');
        const changed = edited(source, edit);
        assert.notEqual(changed, source);
        sources.set(file, changed);
      }
    });
  }

  test('an edit whose place is gone, or there twice, is an error in words', () => {
    const edit = { file: 'a.js', find: 'x = 1', replace: 'x = 2' };
    assert.equal(edited('let x = 1;', edit), 'let x = 2;');
    assert.throws(() => edited('let y = 1;', edit), /a\.js says 0 times, where it should once: "x = 1"/);
    assert.throws(() => edited('x = 1; x = 1;', edit), /a\.js says 2 times/);
  });

  for (const name of QUICK) {
    test(`the simulator finds ${name}`, async () => {
      const bug = plantedBugs.find((each) => each.name === name);
      const { violation } = await startHunt(SEEDS, bug);
      assert.notEqual(violation, null);
    });
  }
});
