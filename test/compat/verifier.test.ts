import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOf, orders } from '../../compat/matrix/orders.ts';
import { Verifier, type Expectation } from '../../compat/matrix/verifier.ts';

function expecting(lines: Readonly<Record<string, readonly string[]>>, fields: 'all' | 'value' = 'all'): Verifier {
  const of: [string, Buffer[]][] = Object.entries(lines).map(([key, each]) => [
    key,
    each.map((line) => Buffer.from(line)),
  ]);
  const count = of.reduce((sum, [, each]) => sum + each.length, 0);
  const expectation: Expectation = { lines: new Map(of), count, fields, headers: 'source=x' };
  return new Verifier(new Map([['t', expectation]]), 2);
}

function take(verifier: Verifier, line: string, member = 0): void {
  verifier.take(Buffer.from(line), member);
}

const written = { a: ['a\t1\th=1\tfirst', 'a\t2\th=2\tsecond'], b: ['b\t3\th=3\tthird'] };

test('all records in the order of their keys are right', () => {
  const verifier = expecting(written);
  take(verifier, 't\t0\t0\ta\t1\th=1\tfirst');
  take(verifier, 't\t1\t0\tb\t3\th=3\tthird', 1);
  assert.equal(verifier.isDone, false);
  take(verifier, 't\t0\t1\ta\t2\th=2\tsecond');
  assert.equal(verifier.isDone, true);
  assert.deepEqual(verifier.faults, []);
  assert.deepEqual(verifier.recordsOfMember, [2, 1]);
});

test('another order within a key, another byte and a strange key are faults', () => {
  for (const line of [
    'a\t2\th=2\tsecond',
    'a\t1\th=1\tfirst ',
    'a\t1\th=2\tfirst',
    'a\t9\th=1\tfirst',
    'c\t1\th=1\tfirst',
  ]) {
    const verifier = expecting(written);
    take(verifier, `t\t0\t0\t${line}`);
    assert.equal(verifier.faults.length, 1, line);
  }
});

test('a record read twice counts once, one read early waits for its turn', () => {
  const verifier = expecting(written);
  take(verifier, 't\t0\t1\ta\t2\th=2\tsecond', 1);
  take(verifier, 't\t0\t1\ta\t2\th=2\tsecond', 0);
  take(verifier, 't\t0\t0\ta\t1\th=1\tfirst', 0);
  take(verifier, 't\t0\t0\ta\t1\th=1\tfirst', 1);
  take(verifier, 't\t1\t0\tb\t3\th=3\tthird', 0);
  assert.deepEqual(verifier.faults, []);
  assert.equal(verifier.repeats, 2);
  assert.equal(verifier.isDone, true);
});

test('a gap leaves records missing', () => {
  const verifier = expecting(written);
  take(verifier, 't\t0\t1\ta\t2\th=2\tsecond');
  assert.equal(verifier.isDone, false);
  assert.deepEqual(verifier.missing(), ['t: 0 of 3 records']);
});

test('a record stored twice is a fault', () => {
  const verifier = expecting({ a: ['a\t1\th=1\tfirst'] });
  take(verifier, 't\t0\t0\ta\t1\th=1\tfirst');
  take(verifier, 't\t0\t1\ta\t1\th=1\tfirst');
  assert.ok(verifier.faults.length > 0);
});

test('where a writer sets no times, value and headers are compared', () => {
  const verifier = expecting(written, 'value');
  take(verifier, 't\t0\t0\ta\t777\tsource=x\tfirst');
  assert.deepEqual(verifier.faults, []);
  take(verifier, 't\t0\t1\ta\t777\tsource=y\tsecond');
  assert.equal(verifier.faults.length, 1);
});

test('the orders are the same for the same seed, and are JSON without tabs', () => {
  const lines = [...orders(200, 7)].map(lineOf);
  assert.deepEqual(lines, [...orders(200, 7)].map(lineOf));
  assert.notDeepEqual(lines, [...orders(200, 8)].map(lineOf));
  for (const order of orders(200, 7)) {
    assert.equal(lineOf(order).split('\t').length, 4);
    assert.equal(
      (JSON.parse(order.value) as { customer: number }).customer,
      Number(order.key.slice('customer-'.length)),
    );
  }
});
