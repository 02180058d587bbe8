import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { AssertionFailed } from '../../src/base/assert.ts';
import type { Connection } from '../../src/runtime/network.ts';
import { ResponseQueue } from '../../src/wire/response-queue.ts';

interface Writes {
  readonly connection: Connection;
  readonly writes: string[];
  /** Number of chunks in each write. */
  readonly chunkCounts: number[];
  readonly sents: ((() => void) | undefined)[];
  pendingBytes: number;
}

function recording(): Writes {
  const recorded: Omit<Writes, 'connection'> = { writes: [], chunkCounts: [], sents: [], pendingBytes: 0 };
  const connection = {
    get pendingBytes() {
      return recorded.pendingBytes;
    },
    write(chunks: readonly Uint8Array[], sent?: () => void) {
      recorded.writes.push(Buffer.concat(chunks).toString('latin1'));
      recorded.chunkCounts.push(chunks.length);
      recorded.sents.push(sent);
    },
  } as Connection;
  return Object.assign(recorded, { connection });
}

const bytes = (text: string): Buffer[] => [Buffer.from(text, 'latin1')];

test('answers leave in the order of the requests, whatever the order they are ready in', () => {
  const order = fc.uniqueArray(fc.nat(19), { minLength: 20, maxLength: 20 });
  fc.assert(
    fc.property(order, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (ready, flushes) => {
      const { connection, writes } = recording();
      const queue = new ResponseQueue(connection);
      const slots = ready.map(() => queue.reserve());
      for (const [step, index] of ready.entries()) {
        queue.fill(slots[index]!, bytes(`${index};`));
        if (flushes[step]) queue.flush();
      }
      queue.flush();
      assert.equal(writes.join(''), slots.map((_, index) => `${index};`).join(''));
      assert.equal(queue.openCount, 0);
      assert.equal(queue.pendingBytes, 0);
    }),
  );
});

test('all that is ready in a turn is one write, small chunks together, large ones as they are', () => {
  const { connection, writes, chunkCounts } = recording();
  const queue = new ResponseQueue(connection);
  const large = Buffer.alloc(5000, 'L');
  const answers = [...Array.from({ length: 50 }, () => bytes('small')), [Buffer.from('head'), large], bytes('tail')];
  const slots = answers.map(() => queue.reserve());
  for (const [index, slot] of slots.entries()) queue.fill(slot, answers[index]!);
  queue.flush();
  assert.deepEqual(chunkCounts, [3]);
  assert.equal(writes[0], `${'small'.repeat(50)}head${'L'.repeat(5000)}tail`);
  queue.flush();
  assert.equal(writes.length, 1, 'nothing more to send');
});

test('nothing is sent while the first answer is missing, and it is counted', () => {
  const written = recording();
  const queue = new ResponseQueue(written.connection);
  const first = queue.reserve();
  const second = queue.reserve();
  queue.fill(second, bytes('12345'));
  queue.flush();
  assert.deepEqual([written.writes.length, queue.pendingBytes, queue.openCount], [0, 5, 2]);
  written.pendingBytes = 1000;
  assert.equal(queue.pendingBytes, 1005, 'and what the connection could not send');
  queue.fill(first, bytes('0'));
  queue.flush();
  assert.deepEqual([written.writes, queue.pendingBytes], [['012345'], 1000]);
});

test('a request without an answer takes its turn and sends nothing', () => {
  const { connection, writes, sents } = recording();
  const queue = new ResponseQueue(connection);
  const slots = [queue.reserve(), queue.reserve(), queue.reserve()];
  let sent = 0;
  queue.fill(slots[0]!, [], () => sent++);
  queue.flush();
  assert.deepEqual([writes, sent], [[], 1], 'nothing to send is sent at once');
  queue.fill(slots[2]!, bytes('c'), () => sent++);
  queue.fill(slots[1]!, [], () => sent++);
  queue.flush();
  assert.deepEqual([writes, sent], [['c'], 1]);
  sents[0]!();
  assert.equal(sent, 3);
});

test('sent is passed on only where asked for', () => {
  const { connection, sents } = recording();
  const queue = new ResponseQueue(connection);
  queue.fill(queue.reserve(), bytes('a'));
  queue.flush();
  assert.deepEqual(sents, [undefined]);
});

test('a slot is filled once, and only one that was reserved', () => {
  const queue = new ResponseQueue(recording().connection);
  assert.throws(() => queue.fill(0, bytes('x')), AssertionFailed);
  const slot = queue.reserve();
  queue.fill(slot, bytes('x'));
  assert.throws(() => queue.fill(slot, bytes('x')), AssertionFailed);
  queue.flush();
  assert.throws(() => queue.fill(slot, bytes('x')), AssertionFailed);
});
