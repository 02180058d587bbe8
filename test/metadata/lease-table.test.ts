import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LeaseTable, LEASES_MAX } from '../../src/metadata/lease-table.ts';
import type { Timer } from '../../src/runtime/clock.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';

suite('leases of a process', () => {
  test('one that stood still longer than a lease keeps it, if the owner renews at once', () => {
    // Timers that fire late, all at the same instant, the end of the lease first.
    let nowMs = 0;
    const due: (() => void)[] = [];
    const soon: (() => void)[] = [];
    const timers = {
      set: (_: number, callback: () => void): Timer => {
        due.push(callback);
        return { cancel: () => {} };
      },
      soon: (callback: () => void): void => void soon.push(callback),
    };
    const expired: string[] = [];
    const table = new LeaseTable({ nowMs: () => nowMs, monotonicMs: () => nowMs }, timers, (id) => expired.push(id));
    const renewed = table.grant(6000);
    const forsaken = table.grant(6000);
    nowMs = 60_000;
    for (const callback of due.splice(0)) callback();
    assert.equal(table.renew(renewed), true);
    for (const callback of soon.splice(0)) callback();
    assert.deepEqual(expired, [forsaken]);
    assert.equal(table.renew(forsaken), false);
    assert.equal(table.has(renewed), true);
    assert.equal(due.length, 1, 'the renewed one has its timer set anew');
  });

  test('their number is bounded', () => {
    const time = new VirtualTime();
    const table = new LeaseTable(time, time, () => {});
    for (let count = 0; count < LEASES_MAX; count++) table.grant(1000);
    assert.throws(() => table.grant(1000), RangeError);
    table.clear();
    assert.equal(time.pending, 0);
    table.grant(1000);
  });
});
