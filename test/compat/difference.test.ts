import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareSteps } from '../../compat/oracle/difference.ts';
import { Plainer, type Plain } from '../../compat/oracle/plain.ts';
import { ENDED_EARLY, type Step } from '../../compat/oracle/scenario.ts';

function steps(...answers: Plain[]): Step[] {
  return answers.map((answer, index) => ({ label: `step ${index}`, request: '', answer }));
}

test('equal transcripts have no differences', () => {
  assert.deepEqual(compareSteps('s', steps({ a: [1, { b: null }] }), steps({ a: [1, { b: null }] })), []);
});

test('each differing field is named by its path', () => {
  const found = compareSteps('s', steps({ a: [1, { b: 2 }], c: 3 }), steps({ a: [1, { b: 4 }, 5] }));
  assert.deepEqual(
    found.map(({ path }) => path),
    ['a.length', 'a[1].b', 'a[2]', 'c'],
  );
});

test('a scenario that broke off on both sides alike is a difference', () => {
  const broken: Step[] = [{ label: ENDED_EARLY, request: '', answer: 'out of time' }];
  assert.equal(compareSteps('s', broken, broken).length, 1);
});

test('what is each broker’s own becomes a label, the same id the same label', () => {
  const plainer = new Plainer('run7', ['127.0.0.1:1234']);
  const plain = plainer.plain({
    topics: [{ name: 'run7-orders', topicId: '4L6g3nShT-eMCtK--X86sw' }],
    again: { topicId: '4L6g3nShT-eMCtK--X86sw' },
    port: 1234,
    producerId: 4711,
    memberId: 'client-0b5a1c52-6f0c-4b3f-9b8e-0b5a1c526f0c',
    errorMessage: 'run7-orders at 127.0.0.1:1234',
    throttleTimeMs: 5,
  });
  assert.deepEqual(plain, {
    topics: [{ name: 'orders', topicId: '<id of orders>' }],
    again: { topicId: '<id of orders>' },
    port: '<port>',
    producerId: '<producer 1>',
    memberId: 'client-<uuid 1>',
    errorMessage: 'orders at <address>',
  });
});
