import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkHistory } from '../../src/testing/check-history.ts';
import { parseEvent, type HistoryEvent } from '../../src/testing/history-event.ts';
import { planters } from './planted-faults.ts';
import { randomHistory } from './random-history.ts';

const HISTORIES = 150;

test('nothing is found in histories of a cluster without faults', () => {
  for (let seed = 1; seed <= HISTORIES; seed++) {
    const { events, options } = randomHistory(seed);
    assert.deepEqual(checkHistory(events, options).findings, [], `seed ${seed}`);
  }
});

for (const { name, kind, plant } of planters) {
  test(`${kind}: ${name}`, () => {
    let planted = 0;
    for (let seed = 1; seed <= HISTORIES / 3; seed++) {
      const { events, options } = randomHistory(seed);
      const faulty = plant(events);
      if (faulty === undefined) continue;
      planted++;
      const { findings } = checkHistory(faulty, options);
      const found = findings.filter((finding) => finding.kind === kind);
      assert.ok(found.length > 0, `seed ${seed}: ${JSON.stringify(findings)}`);
      for (const finding of found) {
        assert.ok(finding.events.length > 0, finding.what);
        assert.ok(finding.events.every((event) => event < faulty.length));
      }
    }
    assert.ok(planted > 0, 'no history had a place for the fault');
  });
}

test('of each kind 50 findings are kept and all are counted', () => {
  const events = Array.from({ length: 80 }, (_, offset): HistoryEvent => ({
    type: 'poll',
    atMs: 0,
    client: 'a',
    group: null,
    topic: 't',
    partition: 0,
    offset,
    value: `v${offset}`,
    isolation: 'read_committed',
  }));
  const { findings, counts } = checkHistory(events);
  assert.equal(findings.length, 50);
  assert.equal(counts.get('unsent'), 80);
});

test('a history beyond its limit of records is refused', () => {
  const send: HistoryEvent = { type: 'send', atMs: 0, client: 'a', topic: 't', key: null, value: 'a' };
  assert.throws(() => checkHistory([send, { ...send, value: 'b' }], { recordsMax: 1 }), RangeError);
});

test('a reset may take committed offsets back', () => {
  const at = { topic: 't', partition: 0 };
  const commit = (name: string, offset: number): HistoryEvent[] => [
    { type: 'offsetsAsked', atMs: 0, client: 'a', group: 'g', commit: name, offsets: [{ ...at, offset }] },
    { type: 'offsetsDone', atMs: 0, client: 'a', commit: name },
  ];
  const reset: HistoryEvent = { type: 'offsetsReset', atMs: 0, client: 'b', group: 'g', ...at };
  assert.deepEqual(checkHistory([...commit('1', 9), reset, ...commit('2', 3)]).findings, []);
  assert.equal(checkHistory([...commit('1', 9), ...commit('2', 3)]).findings[0]?.kind, 'offset-regression');
});

test('lines that are no events are refused', () => {
  for (const line of [
    '{"type":"send","atMs":1',
    '{"type":"hello","atMs":1,"client":"a"}',
    '{"type":"send","atMs":1}',
    'null',
  ])
    assert.throws(() => parseEvent(line), SyntaxError);
  assert.equal(parseEvent('{"type":"killed","atMs":1,"client":"a"}').type, 'killed');
});
