import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { Malformed } from '../../src/base/malformed.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { decode } from '../../src/protocol/codec.ts';
import { interpretDecode } from '../../src/protocol/interpreter.ts';
import { array, int8, type Message, message, string } from '../../src/protocol/schema.ts';
import { ELEMENT_BUDGET, OBJECT_COST } from '../../src/protocol/wire-decoding.ts';
import { messageNamed, versionsOf } from './declared-messages.ts';

const isLong = process.env['POSTHORN_LONG'] === '1';
const CASES = isLong ? 1_000_000 : 20_000;
/** Every so many cases the interpreter has to come to the same end. */
const COMPARE_EVERY = isLong ? 50 : 10;
/** As JSON, what is read may be this many times its bytes: absent fields show as their defaults. */
const TEXT_PER_BYTE = 400;
const TEXT_CONSTANT = 4096;
const HEAP_GROWTH_MAX = 64 << 20;

interface Seed {
  readonly message: Message;
  readonly version: number;
  readonly bytes: Buffer;
  /** Where a number starts that says how much follows, and how it is written. */
  readonly marks: readonly Mark[];
}

interface Mark {
  readonly position: number;
  readonly kind: 'int16' | 'int32' | 'uvarint' | 'int8';
  readonly size: number;
}

/** Notes where the numbers of a message are, so that a mutation hits lengths and counts instead of any byte. */
class MarkingReader extends ByteReader {
  readonly marks: Mark[] = [];

  override int8(): number {
    return this.#marked('int8', () => super.int8());
  }
  override int16(): number {
    return this.#marked('int16', () => super.int16());
  }
  override int32(): number {
    return this.#marked('int32', () => super.int32());
  }
  override uvarint(): number {
    return this.#marked('uvarint', () => super.uvarint());
  }

  #marked(kind: Mark['kind'], read: () => number): number {
    const { position } = this;
    const value = read();
    this.marks.push({ position, kind, size: this.position - position });
    return value;
  }
}

const seeds: readonly Seed[] = readFileSync(
  new URL('../../../test/protocol/corpus/messages.jsonl', import.meta.url),
  'utf8',
)
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => {
    const sample = JSON.parse(line) as { name: string; version: number; bytes: string };
    const declared = messageNamed(sample.name)!;
    const bytes = Buffer.from(sample.bytes, 'base64');
    const reader = new MarkingReader(bytes);
    interpretDecode(declared, sample.version, reader);
    return { message: declared, version: sample.version, bytes, marks: reader.marks };
  });

const random = new SeededRandom(4_3_1);

function pick<T>(items: readonly T[]): T {
  return items[random.below(items.length)]!;
}

const numbers: Readonly<Record<Mark['kind'], (left: number) => Buffer>> = {
  int8: () => Buffer.from([random.below(256)]),
  int16: (left) => int(2, pick([-1, -2, 0, 1, left, left + 1, 0x7fff, -0x8000])),
  int32: (left) => int(4, pick([-1, -2, 0, 1, left, left + 1, 0xffff, 0x7fff_ffff, -0x8000_0000])),
  uvarint: (left) => pick([varint(0), varint(1), varint(left), varint(left + 2), varint(0x7fff_ffff), ...overlong]),
};
const overlong = ['ffffffff0f', 'ffffffff7f', 'ffffffffffffffff01', '8080808000', '80'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

function int(size: 2 | 4, value: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeIntBE(Math.max(-(2 ** (size * 8 - 1)), Math.min(2 ** (size * 8 - 1) - 1, value)), 0, size);
  return bytes;
}

function varint(value: number): Buffer {
  const writer = new ByteWriter();
  writer.uvarint(value);
  return writer.finish();
}

const mutations: readonly ((seed: Seed) => Buffer)[] = [
  // A length, count, marker or tag says something else.
  ({ bytes, marks }) => {
    const { position, kind, size } = marks.length === 0 ? { position: 0, kind: 'int8' as const, size: 1 } : pick(marks);
    const number = numbers[kind](bytes.length - position - size);
    return Buffer.concat([bytes.subarray(0, position), number, bytes.subarray(position + size)]);
  },
  // Cut off.
  ({ bytes }) => bytes.subarray(0, random.below(bytes.length + 1)),
  // Some bytes are others.
  ({ bytes }) => {
    const copy = Buffer.from(bytes);
    for (let left = 1 + random.below(4); left > 0 && copy.length > 0; left--) {
      copy[random.below(copy.length)] = random.below(256);
    }
    return copy;
  },
  // The end of another message.
  ({ bytes }) => {
    const other = pick(seeds).bytes;
    return Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
  // Noise.
  () => {
    const noise = Buffer.alloc(random.below(64));
    random.fill(noise);
    return noise;
  },
];

/** JSON has no 64-bit numbers, which a few fields are read as. */
function writable(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** What reading comes to: a value, or the one error that bytes may cause. */
function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) return Malformed;
    throw error;
  }
}

test(`of ${CASES} damaged messages each is read or refused as malformed, and the interpreter agrees`, () => {
  let refused = 0;
  for (let index = 0; index < CASES; index++) {
    const seed = pick(seeds);
    const bytes = pick(mutations)(seed);
    // A message may be read as another version of itself: what a client that lies about its version sends.
    const version = random.below(8) === 0 ? pick(versionsOf(seed.message)) : seed.version;
    const read = outcome(() => decode(seed.message, version, new ByteReader(bytes)));
    if (read === Malformed) refused++;
    if (index % COMPARE_EVERY === 0) {
      const reference = outcome(() => interpretDecode(seed.message, version, new ByteReader(bytes)));
      const what = `${seed.message.name} v${version} ${bytes.toString('hex')}`;
      assert.deepEqual(read, reference, what);
      const size = read === Malformed ? 0 : JSON.stringify(read, writable).length;
      assert.ok(size <= bytes.length * TEXT_PER_BYTE + TEXT_CONSTANT, `${size} for ${what}`);
    }
  }
  assert.ok(refused > CASES / 10 && refused < CASES, `${refused} refused`);
});

test('a message cut off anywhere is malformed, never read in part', () => {
  for (const { message: declared, version, bytes } of seeds) {
    for (let end = 0; end < bytes.length; end++) {
      assert.throws(() => decode(declared, version, new ByteReader(bytes, 0, end)), Malformed);
    }
  }
});

test('a count of two billion allocates nothing', () => {
  const before = process.memoryUsage().heapUsed;
  for (const { message: declared, version, bytes, marks } of seeds) {
    for (const { position, kind } of marks) {
      if (kind !== 'int32' && kind !== 'uvarint') continue;
      const huge = kind === 'int32' ? int(4, 0x7fff_ffff) : varint(0x7fff_ffff);
      const damaged = Buffer.concat([bytes.subarray(0, position), huge, bytes.subarray(position)]);
      outcome(() => decode(declared, version, new ByteReader(damaged)));
    }
  }
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < HEAP_GROWTH_MAX, `${grown} bytes of heap`);
});

test('a large frame of the smallest elements is refused before they are made', () => {
  const names = message({ name: 'Names', versions: '0', flexible: '0+', fields: { names: array({ name: string() }) } });
  const numbersOnly = message({ name: 'Numbers', versions: '0', flexible: 'none', fields: { numbers: array(int8()) } });
  const objectsMax = ELEMENT_BUDGET / OBJECT_COST;

  const writer = new ByteWriter();
  writer.uvarint(objectsMax + 2);
  const frame = Buffer.concat([writer.finish(), Buffer.alloc(2 * (objectsMax + 1))]);
  assert.throws(() => decode(names, 0, new ByteReader(frame)), Malformed);

  const many = Buffer.alloc(4 + ELEMENT_BUDGET + 1);
  many.writeInt32BE(ELEMENT_BUDGET + 1);
  assert.throws(() => decode(numbersOnly, 0, new ByteReader(many)), Malformed);
});
