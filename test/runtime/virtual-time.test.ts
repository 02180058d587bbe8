import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { nodeClock, nodeTimers } from '../../src/runtime/node-clock.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';

test('timers fire at their time, in order of time and then of setting', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 60 }), fc.array(fc.nat(7), { maxLength: 10 }), (delays, steps) => {
      const time = new VirtualTime(1000);
      const fired: [number, number, number][] = [];
      for (const [index, delay] of delays.entries())
        time.set(delay, () => fired.push([delay, index, time.monotonicMs()]));
      for (const step of steps) time.advance(step);
      const now = steps.reduce((sum, step) => sum + step, 0);
      const expected = delays
        .map((delay, index) => [delay, index, delay])
        .filter(([delay]) => delay! <= now && steps.length > 0)
        .toSorted((left, right) => left[0]! - right[0]! || left[1]! - right[1]!);
      assert.deepEqual(fired, expected);
      assert.equal(time.monotonicMs(), now);
      assert.equal(time.nowMs(), 1000 + now);
      assert.equal(time.pending, delays.length - fired.length);
    }),
  );
});

test('a cancelled timer does not fire, nor one cancelled by a timer of the same instant', () => {
  const time = new VirtualTime();
  const fired: string[] = [];
  const early = time.set(5, () => fired.push('early'));
  early.cancel();
  early.cancel();
  time.set(10, () => second.cancel());
  const second = time.set(10, () => fired.push('second'));
  time.advance(20);
  assert.deepEqual(fired, []);
  assert.equal(time.nextDueMs(), undefined);
});

test('timers set by timers, and soon work, run within the same advance', () => {
  const time = new VirtualTime();
  const order: string[] = [];
  time.set(10, () => {
    order.push(`timer ${time.monotonicMs()}`);
    time.soon(() => order.push('soon'));
    time.set(0, () => order.push(`at once ${time.monotonicMs()}`));
    time.set(5, () => order.push(`later ${time.monotonicMs()}`));
  });
  time.soon(() => order.push('first'));
  time.advance(100);
  assert.deepEqual(order, ['first', 'timer 10', 'soon', 'at once 10', 'later 15']);
});

test('run lets promises settle between timers', async () => {
  const time = new VirtualTime();
  const order: string[] = [];
  const wait = (ms: number): Promise<void> => new Promise((resolve) => time.set(ms, resolve));
  const work = (async () => {
    for (let round = 0; round < 3; round++) {
      await wait(10);
      order.push(`round ${round} at ${time.monotonicMs()}`);
    }
  })();
  await time.run(25);
  assert.deepEqual(order, ['round 0 at 10', 'round 1 at 20']);
  await time.run(5);
  await work;
  assert.equal(time.monotonicMs(), 30);
});

test('the wall clock may be set, the monotonic one does not notice', () => {
  const time = new VirtualTime(1000);
  time.advance(10);
  time.setWall(500);
  time.advance(1);
  assert.deepEqual([time.nowMs(), time.monotonicMs()], [501, 11]);
});

test('the real clock and timers do what they say', async () => {
  const wall = nodeClock.nowMs();
  assert.ok(Number.isInteger(wall) && Math.abs(wall - Date.now()) < 1000);
  const before = nodeClock.monotonicMs();
  const order: string[] = [];
  nodeTimers.set(2 ** 40, () => order.push('far')).cancel();
  const far = nodeTimers.set(2 ** 40, () => order.push('a delay beyond the range of Node must not fire at once'));
  const cancelled = nodeTimers.set(0, () => order.push('cancelled'));
  cancelled.cancel();
  await new Promise<void>((resolve) => nodeTimers.set(5, resolve));
  nodeTimers.soon(() => order.push('soon'));
  await new Promise<void>((resolve) => nodeTimers.soon(resolve));
  far.cancel();
  assert.deepEqual(order, ['soon']);
  assert.ok(nodeClock.monotonicMs() - before >= 3);
});
