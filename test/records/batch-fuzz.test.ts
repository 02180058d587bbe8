import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Malformed } from '../../src/base/malformed.ts';
import * as b from '../../src/records/batch.ts';
import { BatchCursor } from '../../src/records/batch-cursor.ts';
import { decodeRecords, recordRegion, scanBatch } from '../../src/records/batch-records.ts';
import { readEndTxnMarker } from '../../src/records/control-records.ts';
import { checkProducedFormat } from '../../src/records/refused-formats.ts';
import { BatchFuzzer } from './batch-fuzzer.ts';

const CASES = process.env['POSTHORN_LONG'] === '1' ? 1_000_000 : 20_000;
const CASES_PER_TURN = 500;
const SEED = 20_260_728;
const UNPACKED_BYTES_MAX = 1 << 20;

interface Tally {
  decoded: number;
  malformed: number;
}

/** Runs `read`; anything but an answer or {@link Malformed} fails the test. */
function attempt<T>(read: () => T, tally: Tally): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    tally.malformed++;
    return undefined;
  }
}

/** Reads whatever `bytes` claim to be, in all the ways that the broker and the client read batches. */
function readAll(bytes: Buffer, tally: Tally): void {
  const cursor = new BatchCursor(bytes);
  const format = checkProducedFormat(cursor.view, 0, bytes.length, 8);
  assert.ok(format.size >= 0 && format.size <= bytes.length);
  while (attempt(() => cursor.next(), tally) === true) {
    const { view, position } = cursor;
    assert.ok(position + cursor.size <= bytes.length);
    b.checkCrc(view, position);
    const scan = attempt(() => scanBatch(bytes, view, position, UNPACKED_BYTES_MAX), tally);
    const records = attempt(() => decodeRecords(bytes, position, UNPACKED_BYTES_MAX), tally);
    assert.equal(records?.length, scan?.recordCount);
    if (records === undefined) continue;
    tally.decoded++;
    const region = recordRegion(bytes, view, position, UNPACKED_BYTES_MAX);
    assert.ok(b.codecId(view, position) === b.Codec.none || region.bytes.length <= UNPACKED_BYTES_MAX);
    for (const record of records) attempt(() => readEndTxnMarker(record.key, record.value), tally);
  }
}

test(`${CASES} damaged batches: read, or refused as malformed, and nothing else`, async () => {
  const fuzzer = new BatchFuzzer(SEED);
  const tally: Tally = { decoded: 0, malformed: 0 };
  for (let index = 0; index < CASES; index++) {
    const bytes = fuzzer.next();
    // node:zlib lets go of a stream that failed only when the turn ends.
    if (index % CASES_PER_TURN === 0) await setImmediate();
    try {
      readAll(bytes, tally);
    } catch (error) {
      throw new Error(`case ${index}: ${bytes.toString('hex')}`, { cause: error });
    }
  }
  // The faults must reach the inside: neither all through nor all stopped at the door.
  assert.ok(tally.decoded > CASES / 10, `${tally.decoded} decoded`);
  assert.ok(tally.malformed > CASES / 4, `${tally.malformed} malformed`);
});
