import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lz4Frame, unframeLz4 } from '../../../src/records/compression/lz4.ts';
import { xxhash32 } from '../../../src/records/compression/xxhash32.ts';

const words = 'the same words again and again; '.repeat(160);
/** Made with liblz4: 4 MiB blocks, content size, block and content checksums. */
const ALL_OPTIONS =
  '04224d187c400014000000000000353b000000f2097468652073616d6520776f72647320616761696e20616e640a002f3b2020' +
  '00ffffffffffffffffffffffffffffffffffffffdb5061696e3b20e9c56dd100000000025adaa5';
/** Made with liblz4: 256 KiB blocks and nothing else. */
const PLAIN =
  '04224d186040823b000000f2097468652073616d6520776f72647320616761696e20616e640a002f3b202000ffffffffffffff' +
  'ffffffffffffffffffffffffdb5061696e3b2000000000';

function changed(hex: string, change: (frame: Buffer) => void): Buffer {
  const frame = Buffer.from(hex, 'hex');
  change(frame);
  return frame;
}

/** Changes the frame's flags or block size and makes the header checksum fit. */
function redescribed(at: 4 | 5, value: number): Buffer {
  return changed(PLAIN, (frame) => {
    frame[at] = value;
    frame[6] = (xxhash32(frame, 4, 6) >>> 8) & 0xff;
  });
}

function refused(frame: Buffer, message: string): void {
  assert.throws(() => unframeLz4(frame, 10_000), { name: 'Malformed', message: `lz4: ${message}` });
}

function spoilt(at: number): Buffer {
  return changed(ALL_OPTIONS, (frame) => (frame[at < 0 ? frame.length + at : at]! ^= 1));
}

test('frames of liblz4 with and without options are read', () => {
  for (const hex of [ALL_OPTIONS, PLAIN]) {
    assert.equal(Buffer.from(unframeLz4(Buffer.from(hex, 'hex'), 10_000)).toString(), words);
  }
});

test('a wrong checksum of header, block or content is found', () => {
  refused(spoilt(14), 'header checksum does not match');
  refused(spoilt(25), 'block checksum does not match');
  refused(spoilt(-1), 'content checksum does not match');
});

test("what Kafka's reader refuses is refused", () => {
  refused(redescribed(4, 0x40), 'dependent blocks');
  refused(redescribed(4, 0x61), 'reserved flags or a dictionary');
  refused(redescribed(4, 0xa0), 'unknown frame version');
  refused(redescribed(5, 0x30), 'unknown block size');
  refused(redescribed(5, 0x41), 'unknown block size');
  refused(Buffer.concat([Buffer.from(PLAIN, 'hex'), Buffer.from(PLAIN, 'hex')]), '74 bytes after the frame');
  refused(
    changed(PLAIN, (frame) => frame.writeUInt32LE(65_537, 7)),
    'block of 65537 bytes',
  );
});

test('a block that does not shrink is stored', () => {
  const noise = Buffer.from(Array.from({ length: 100 }, (_, index) => (index * 167 + 13) & 0xff));
  const frame = lz4Frame(noise);
  assert.equal(frame.length, 7 + 4 + noise.length + 4);
  assert.deepEqual(Buffer.from(unframeLz4(frame, 100)), noise);
});

test('xxHash32 gives the known sums', () => {
  assert.equal(xxhash32(new Uint8Array(0)), 0x02cc_5d05);
  assert.equal(xxhash32(Buffer.from('abc')), 0x32d1_53ff);
  assert.equal(xxhash32(Buffer.from('Nobody inspects the spammish repetition')), 0xe229_3b2f);
});
