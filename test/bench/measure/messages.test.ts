import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messagesIn } from '../../../bench/measure/messages.ts';

test('messages between processes are those of connections with both ends in them', () => {
  const text = [
    'ESTAB 0      0      127.0.0.1:9092    127.0.0.1:4001 users:(("node",pid=11,fd=51))',
    '\t bbr wscale:1,10 segs_out:9 segs_in:9 data_segs_out:3 data_segs_in:4 minrtt:0.015',
    'ESTAB 0      0      127.0.0.1:4001    127.0.0.1:9092 users:(("node",pid=12,fd=20))',
    '\t bbr wscale:1,10 segs_out:9 segs_in:9 data_segs_out:4 data_segs_in:3',
    'ESTAB 0      0      127.0.0.1:9092    127.0.0.1:4002 users:(("node",pid=11,fd=52))',
    '\t bbr wscale:1,10 data_segs_out:1000',
    'ESTAB 0      0      127.0.0.1:4002    127.0.0.1:9092 users:(("java",pid=99,fd=7))',
    '\t bbr wscale:1,10 data_segs_out:1000',
    'ESTAB 0      0      127.0.0.1:4003    127.0.0.1:9092 users:(("node",pid=12,fd=21))',
    '\t bbr wscale:1,10',
    '',
  ].join('\n');
  assert.equal(messagesIn(text, new Set([11, 12])), 7);
  assert.equal(messagesIn(text, new Set([11])), 0);
});
