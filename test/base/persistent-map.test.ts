import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { PersistentMap } from '../../src/base/persistent-map.ts';

/** Three pairs of texts with equal 32-bit FNV-1a hashes, so that nodes of colliding keys are met. */
const COLLIDING = ['costarring', 'liquid', 'declinate', 'macallums', 'altarage', 'zinke'];

suite('persistent map', () => {
  test('after any history it holds what a Map holds, and every older version what it held', () => {
    const key = fc.oneof(fc.constantFrom(...COLLIDING), fc.string({ maxLength: 3 }), fc.nat(2000).map(String));
    const step = fc.record({ key, value: fc.nat(), isDelete: fc.boolean() });
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 30 }), { maxLength: 30 }), (history) => {
        const versions: [PersistentMap<number>, Map<string, number>][] = [[PersistentMap.empty(), new Map()]];
        for (const batch of history) {
          const [last, model] = versions.at(-1)!;
          const draft = last.draft();
          const expected = new Map(model);
          for (const { key: name, value, isDelete } of batch) {
            if (isDelete) draft.delete(name);
            else draft.set(name, value);
            if (isDelete) expected.delete(name);
            else expected.set(name, value);
            assert.equal(draft.get(name), expected.get(name));
          }
          versions.push([draft.finish(), expected]);
        }
        for (const [version, expected] of versions) {
          assert.equal(version.size, expected.size);
          assert.deepEqual(new Map(version.entries()), expected);
          for (const [name, value] of expected) assert.equal(version.get(name), value);
          for (const name of COLLIDING) assert.equal(version.has(name), expected.has(name));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a batch that changes nothing gives the very same map', () => {
    const map = PersistentMap.empty<number>().set('a', 1);
    assert.equal(map.delete('b'), map);
    assert.equal(map.draft().finish(), map);
    assert.notEqual(map.set('a', 2), map);
    assert.equal(map.get('a'), 1);
  });

  test('keys and values come in the same order', () => {
    let map = PersistentMap.empty<string>();
    for (let index = 0; index < 5000; index++) map = map.set(`key-${index}`, `key-${index}`);
    assert.equal(map.size, 5000);
    assert.deepEqual([...map.keys()], [...map.values()]);
  });
});
