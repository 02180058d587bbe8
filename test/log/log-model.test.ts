import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { E } from '../../src/protocol/errors.ts';
import { batchSizeWithin } from '../../src/records/batch-cursor.ts';
import { baseOffset, nextOffset } from '../../src/records/batch.ts';
import { LogFixture, NOW_MS, batchOf, readAll, valuesOf } from './log-fixture.ts';

/** A log as anyone would think of it: the records in order, and where it starts. */
interface Model {
  values: string[];
  batchStarts: number[];
  start: number;
}

type Step =
  | { readonly kind: 'append'; readonly records: number; readonly bytes: number }
  | { readonly kind: 'stage'; readonly records: number; readonly bytes: number }
  | { readonly kind: 'read'; readonly at: number; readonly bytesMax: number; readonly upper: number }
  | { readonly kind: 'delete' | 'truncate'; readonly at: number }
  | { readonly kind: 'roll' | 'flush' | 'kill' | 'reopen' | 'retention' };

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const payload = { records: fc.integer({ min: 1, max: 6 }), bytes: fc.constantFrom(0, 10, 300, 5000) };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('append' as const), ...payload }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('stage' as const), ...payload }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      at: fraction,
      bytesMax: fc.constantFrom(0, 1, 100, 1000, 20_000),
      upper: fraction,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('delete' as const, 'truncate' as const), at: fraction }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('roll', 'flush', 'kill', 'reopen', 'retention') as fc.Arbitrary<'roll'>,
    }),
  },
);

const CONFIG = { segmentBytes: 40_000, indexIntervalBytes: 256, retentionBytes: 60_000 };

function addRecords(model: Model, { records, bytes }: { records: number; bytes: number }): Buffer {
  const values = Array.from({ length: records }, (_, index) => `${model.values.length + index}:${'x'.repeat(bytes)}`);
  model.batchStarts.push(model.values.length);
  model.values.push(...values);
  return batchOf(values);
}

function batchStartOf(model: Model, offset: number): number {
  return model.batchStarts.findLast((start) => start <= offset) ?? 0;
}

/** Holds one read against what any reader may rely on. */
function checkRead(
  fixture: LogFixture,
  model: Model,
  request: { offset: number; bytesMax: number; upper: number },
): void {
  const { offset, bytesMax, upper } = request;
  const { log } = fixture;
  for (const minOneBatch of [true, false]) {
    const slice = log.read({ offset, bytesMax, upperOffset: upper, minOneBatch });
    if (offset < model.start || offset > model.values.length) {
      assert.equal(slice.error, E.OFFSET_OUT_OF_RANGE);
      continue;
    }
    assert.equal(slice.error, E.NONE);
    const bytes = Buffer.concat(slice.chunks);
    assert.equal(bytes.length, slice.bytes);
    slice.release();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let next = -1;
    let whole = 0;
    for (let at = 0; ; at += whole) {
      whole = batchSizeWithin(view, at, bytes.length);
      if (whole === 0) break;
      if (next < 0)
        assert.equal(baseOffset(view, at), batchStartOf(model, offset), 'starts with the batch of the offset');
      else assert.equal(baseOffset(view, at), next, 'no gaps');
      assert.ok(baseOffset(view, at) < upper, 'nothing from the upper offset on');
      next = nextOffset(view, at);
    }
    const isReadable = offset < upper && offset < model.values.length;
    if (!isReadable) assert.equal(slice.bytes, 0);
    else if (minOneBatch) assert.ok(next > offset, 'at least one whole batch');
    if (!minOneBatch) assert.ok(slice.bytes <= bytesMax, 'not more than asked for');
    if (next > 0) assert.ok(slice.upperBound >= Math.min(next, upper), 'the bound covers what was read');
  }
}

async function apply(fixture: LogFixture, model: Model, action: Step): Promise<void> {
  const { log } = fixture;
  const end = model.values.length;
  switch (action.kind) {
    case 'append':
      fixture.append(addRecords(model, action));
      break;
    case 'stage':
      log.appendAsLeader(addRecords(model, action), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS });
      break;
    case 'read':
      checkRead(fixture, model, {
        offset: Math.round(action.at * (end + 2)) - 1,
        bytesMax: action.bytesMax,
        upper: Math.round(action.upper * end),
      });
      break;
    case 'delete': {
      log.writeStaged();
      log.setHighWatermark(log.logEndOffset);
      const offset = Math.round(action.at * end);
      assert.equal(log.deleteRecordsBefore(offset), E.NONE);
      model.start = Math.max(model.start, offset);
      break;
    }
    case 'truncate': {
      const offset = Math.round(action.at * end);
      if (offset <= model.start || offset >= end) break;
      const cut = batchStartOf(model, offset);
      if (cut <= log.firstSegmentOffset || cut < model.start) break;
      log.truncateTo(offset);
      model.values.length = cut;
      model.batchStarts = model.batchStarts.filter((start) => start < cut);
      break;
    }
    case 'roll':
      log.roll(NOW_MS);
      break;
    case 'flush':
      await fixture.flush();
      break;
    case 'retention':
      log.writeStaged();
      log.setHighWatermark(log.logEndOffset);
      log.retention(NOW_MS);
      model.start = log.logStartOffset;
      break;
    case 'kill':
      log.writeStaged();
      fixture.killAndReopen({ logStartOffset: model.start, highWatermark: end });
      break;
    case 'reopen':
      await log.close();
      fixture.open({ isClean: true, recoveryPoint: end, logStartOffset: model.start, highWatermark: end });
      fixture.checkpointed = end;
      break;
    default:
      action satisfies never;
  }
}

test('a log does what a list of records does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const fixture = new LogFixture({
        config: CONFIG,
        limits: { openFilesMax: 3, loadedIndexesMax: 1 },
      });
      const model: Model = { values: [], batchStarts: [], start: 0 };
      for (const action of steps) {
        await apply(fixture, model, action);
        assert.equal(fixture.log.offlineReason, undefined);
        assert.equal(fixture.log.logEndOffset, model.values.length);
        assert.equal(fixture.log.logStartOffset, model.start);
      }
      assert.deepEqual(valuesOf(readAll(fixture.log)), model.values.slice(model.start));
      await fixture.log.close();
    }),
    { numRuns: 150 },
  );
});
