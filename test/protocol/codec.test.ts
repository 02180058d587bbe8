import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { AssertionFailed } from '../../src/base/assert.ts';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { Malformed } from '../../src/base/malformed.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { decode, decodeExact, encode } from '../../src/protocol/codec.ts';
import { consumerGroupMemberMetadataValue } from '../../src/protocol/internal-records/consumer-group-member-metadata.ts';
import { consumerGroupMetadataValue } from '../../src/protocol/internal-records/consumer-group-metadata.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { describeTopicPartitions } from '../../src/protocol/messages/075-describe-topic-partitions.ts';
import { requestHeader } from '../../src/protocol/request-header.ts';
import {
  array,
  bool,
  bytes,
  float64,
  type Fields,
  int16,
  int32,
  int64,
  int8,
  type Message,
  message,
  records,
  string,
  struct,
  uint16,
  uint32,
  uuid,
  type Write,
} from '../../src/protocol/schema.ts';
import { UnsupportedVersion } from '../../src/protocol/unsupported-version.ts';

function written<F extends Fields>(declared: Message<F>, version: number, value: Write<F>): string {
  const writer = new ByteWriter();
  encode(declared, version, writer, value);
  return writer.finish().toString('hex');
}

/** Hexadecimal digits grouped by field for the reader. */
function hex(groups: string): string {
  return groups.replaceAll(' ', '');
}

function read<F extends Fields>(declared: Message<F>, version: number, digits: string) {
  return decodeExact(declared, version, new ByteReader(Buffer.from(digits, 'hex')));
}

test('a field outside the version: its default is read; writing drops defaults and ignorable values, refuses others', () => {
  const spec = message({
    name: 'Spec',
    versions: '0-2',
    flexible: 'none',
    fields: {
      a: int8(),
      b: int32({ versions: '1+', default: -1 }),
      c: int32({ versions: '1+', default: 0, ignorable: true }),
      d: array(int8(), { versions: '2+' }),
    },
  });
  assert.deepEqual(read(spec, 0, '05'), { a: 5, b: -1, c: 0, d: [] });
  assert.equal(written(spec, 0, { a: 5, b: -1, c: 9, d: [] }), '05');
  assert.throws(() => written(spec, 0, { a: 5, b: 3, d: [] }), UnsupportedVersion);
  assert.throws(() => written(spec, 1, { a: 5, d: [1] }), UnsupportedVersion);
  assert.equal(written(spec, 2, { a: 5, b: 3, d: [1] }), hex('050000000300000000 0000000101'));
});

test('a version that the message does not have is refused in both directions', () => {
  assert.throws(() => read(produce.request, 2, ''), UnsupportedVersion);
  assert.throws(() => written(produce.request, 14, { acks: 1, timeoutMs: 0, topicData: [] }), UnsupportedVersion);
});

test('null where the version does not allow it: malformed when read, a failed assertion when written', () => {
  const spec = message({
    name: 'Spec',
    versions: '0-3',
    flexible: '2+',
    fields: { s: string({ nullable: '1+' }), b: bytes({ nullable: '1+' }), l: array(int8(), { nullable: '1+' }) },
  });
  const nulls = { s: null, b: null, l: null };
  const old = hex('ffff ffffffff ffffffff');
  assert.equal(written(spec, 1, nulls), old);
  assert.equal(written(spec, 2, nulls), '00000000');
  assert.deepEqual(read(spec, 1, old), nulls);
  assert.deepEqual(read(spec, 3, '00000000'), nulls);
  assert.throws(() => read(spec, 0, old), Malformed);
  assert.throws(() => written(spec, 0, nulls), AssertionFailed);
});

test('a nullable struct has a marker of one byte, in flexible versions too', () => {
  const { request } = describeTopicPartitions;
  const value = { topics: [], responsePartitionLimit: 1 };
  assert.equal(written(request, 0, { ...value, cursor: null }), hex('01 00000001 ff 00'));
  const cursor = { topicName: 'a', partitionIndex: 2 };
  assert.equal(written(request, 0, { ...value, cursor }), hex('01 00000001 01 0261 00000002 00 00'));
});

test('a nullable struct under a tag has its marker inside the tag, as Kafka writes it', () => {
  const value = {
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    subscribedTopicNames: [],
    subscribedTopicRegex: null,
    serverAssignor: null,
  };
  const head = hex('00 00 01 01 01 00 ffffffff 00');
  assert.equal(written(consumerGroupMemberMetadataValue, 0, value), head + '00');
  const withNull = { ...value, classicMemberMetadata: null };
  assert.equal(written(consumerGroupMemberMetadataValue, 0, withNull), head + hex('01 00 01 00'));
  assert.equal(read(consumerGroupMemberMetadataValue, 0, head + '01000100').classicMemberMetadata, null);
  assert.deepEqual(read(consumerGroupMemberMetadataValue, 0, head + '00').classicMemberMetadata, {
    sessionTimeoutMs: 0,
    supportedProtocols: [],
  });
});

const tagged = message({
  name: 'Tagged',
  versions: '0',
  flexible: '0+',
  fields: {
    second: string({ tag: 1, tagged: '0+', default: 'none' }),
    first: int32({ tag: 0, tagged: '0+', default: -1 }),
    inner: struct({ id: int32({ default: -1 }) }, { tag: 5, tagged: '0+' }),
  },
});

test('tagged fields are written in the order of their tags, and only when they differ from their default', () => {
  assert.equal(written(tagged, 0, {}), '00');
  assert.equal(written(tagged, 0, { second: 'none', first: -1, inner: { id: -1 } }), '00');
  const all = hex('03 0004 00000007 0102 0278 0505 00000003 00');
  assert.equal(written(tagged, 0, { second: 'x', first: 7, inner: { id: 3 } }), all);
  assert.deepEqual(read(tagged, 0, all), { second: 'x', first: 7, inner: { id: 3 } });
  assert.deepEqual(read(tagged, 0, '00'), { second: 'none', first: -1, inner: { id: -1 } });
});

test('unknown tags are skipped; tags may come in any order and twice', () => {
  const digits = hex('04 0102 0278 6303 aabbcc 0004 00000001 0004 00000002');
  assert.deepEqual(read(tagged, 0, digits), { second: 'x', first: 2, inner: { id: -1 } });
  assert.throws(() => read(tagged, 0, hex('01 6304 aabbcc')), Malformed);
});

test('a tagged value longer than 127 bytes gets a longer size', () => {
  for (const length of [125, 126, 127, 128, 16_380, 16_384, 32_767]) {
    const second = 'é'.repeat(Math.floor(length / 2)) + (length % 2 === 1 ? 'x' : '');
    const digits = written(tagged, 0, { first: 1, second, inner: { id: 2 } });
    assert.deepEqual(read(tagged, 0, digits), { first: 1, second, inner: { id: 2 } }, `${length}`);
  }
});

test('the client id of a flexible request header keeps its old encoding', () => {
  const header = { requestApiKey: 18, requestApiVersion: 3, correlationId: 7, clientId: 'me' };
  assert.equal(written(requestHeader, 1, header), hex('0012 0003 00000007 00026d65'));
  assert.equal(written(requestHeader, 2, header), hex('0012 0003 00000007 00026d65 00'));
  assert.equal(read(requestHeader, 2, '0012000300000007ffff00').clientId, null);
});

test('text that is not UTF-8 reads with replacement characters', () => {
  const spec = message({ name: 'Spec', versions: '0', flexible: 'none', fields: { s: string() } });
  assert.equal(read(spec, 0, hex('0003 61ff62')).s, 'a\ufffdb');
});

test('a string is at most 32767 bytes in either encoding', () => {
  const spec = message({ name: 'Spec', versions: '0-1', flexible: '1+', fields: { s: string() } });
  const longest = 'x'.repeat(32_767);
  for (const version of [0, 1]) {
    assert.equal(read(spec, version, written(spec, version, { s: longest })).s, longest);
    assert.throws(() => written(spec, version, { s: `${longest}x` }), AssertionFailed);
  }
  const writer = new ByteWriter();
  writer.uvarint(32_769);
  assert.throws(() => read(spec, 1, `${writer.finish().toString('hex')}${'78'.repeat(32_768)}00`), Malformed);
});

test('a value that does not fit its field fails an assertion instead of wrapping', () => {
  const fields = {
    bool: bool({ default: false }),
    int8: int8({ default: 0 }),
    int16: int16({ default: 0 }),
    uint16: uint16({ default: 0 }),
    int32: int32({ default: 0 }),
    uint32: uint32({ default: 0 }),
    int64: int64({ default: 0 }),
    float64: float64({ default: 0 }),
    uuid: uuid({ default: 'AAAAAAAAAAAAAAAAAAAAAA' }),
    string: string({ default: '' }),
  };
  const spec = message({ name: 'Spec', versions: '0', flexible: 'none', fields });
  const wrong: Record<string, unknown>[] = [
    { bool: 1 },
    { int8: 128 },
    { int16: -32_769 },
    { uint16: -1 },
    { int32: 2 ** 31 },
    { int32: 1.5 },
    { uint32: -1 },
    { int64: 2 ** 53 },
    { int64: 5n },
    { float64: '1' },
    { uuid: 'short' },
    { string: 5 },
  ];
  for (const value of wrong) assert.throws(() => written(spec, 0, value as Write<typeof fields>), AssertionFailed);
});

test('a required field that is left out fails an assertion', () => {
  const spec = message({
    name: 'Spec',
    versions: '0',
    flexible: '0+',
    fields: { a: int32(), b: array({ c: string() }) },
  });
  assert.throws(() => written(spec, 0, { b: [] } as never), AssertionFailed);
  assert.throws(() => written(spec, 0, { a: 1 } as never), AssertionFailed);
  assert.throws(() => written(spec, 0, { a: 1, b: [{}] } as never), AssertionFailed);
});

test('64-bit numbers beyond 2^53 are malformed', () => {
  const spec = message({ name: 'Spec', versions: '0', flexible: 'none', fields: { n: int64() } });
  assert.equal(read(spec, 0, '001fffffffffffff').n, Number.MAX_SAFE_INTEGER);
  assert.equal(read(spec, 0, 'ffe0000000000001').n, Number.MIN_SAFE_INTEGER);
  assert.throws(() => read(spec, 0, '0020000000000000'), Malformed);
  assert.throws(() => read(spec, 0, '7fffffffffffffff'), Malformed);
});

test('a hash takes all of its 64 bits', () => {
  const value = { epoch: 1, metadataHash: -(2n ** 63n) };
  const digits = hex('00000001 01 00 08 8000000000000000');
  assert.equal(written(consumerGroupMetadataValue, 0, value), digits);
  assert.deepEqual(read(consumerGroupMetadataValue, 0, digits), value);
  assert.throws(() => written(consumerGroupMetadataValue, 0, { epoch: 1, metadataHash: 2n ** 63n }), AssertionFailed);
});

const batches = message({
  name: 'Batches',
  versions: '0-1',
  flexible: '1+',
  fields: { before: int8(), records: records({ nullable: '0+' }), after: int8() },
});

test('record batches are read as a view and written without a copy', () => {
  for (const version of [0, 1]) {
    const parts = [Buffer.from('one'), Buffer.from('two')];
    const writer = new ByteWriter();
    encode(batches, version, writer, { before: 1, records: parts, after: 2 });
    const chunks = writer.chunks();
    assert.ok(chunks.includes(parts[0]!) && chunks.includes(parts[1]!));
    const frame = writer.finish();
    const value = decode(batches, version, new ByteReader(frame));
    assert.equal(Buffer.from(value.records!).toString(), 'onetwo');
    assert.equal(value.records!.buffer, frame.buffer);
    assert.equal(value.after, 2);
    assert.equal(
      read(batches, version, written(batches, version, { before: 1, records: null, after: 2 })).records,
      null,
    );
  }
});

test('bytes after the message are left to the caller, or refused by decodeExact', () => {
  const reader = new ByteReader(Buffer.from('05ffffffff0677', 'hex'));
  assert.deepEqual(decode(batches, 0, reader), { before: 5, records: null, after: 6 });
  assert.equal(reader.remaining, 1);
  assert.throws(() => read(batches, 0, '05ffffffff0677'), Malformed);
});

test('ids and texts read right however many there are: what is kept of them never shows', () => {
  const spec = message({ name: 'Spec', versions: '0', flexible: 'none', fields: { id: uuid(), text: string() } });
  const random = new SeededRandom(7);
  const values = Array.from({ length: 20_000 }, (_, index) => {
    const id = Buffer.alloc(16);
    random.fill(id);
    return { id: id.toString('base64url'), text: `topic-${index % 3 === 0 ? random.below(1e9) : index}` };
  });
  for (const value of [...values, ...values]) assert.deepEqual(read(spec, 0, written(spec, 0, value)), value);
});

test('where code generation is forbidden the interpreter does the work', () => {
  const codec = new URL('../../src/protocol/codec.js', import.meta.url).href;
  const reader = new URL('../../src/base/byte-reader.js', import.meta.url).href;
  const writer = new URL('../../src/base/byte-writer.js', import.meta.url).href;
  const header = new URL('../../src/protocol/request-header.js', import.meta.url).href;
  const program = `
    const { decode, encode } = await import('${codec}');
    const { ByteReader } = await import('${reader}');
    const { ByteWriter } = await import('${writer}');
    const { responseHeader } = await import('${header}');
    const w = new ByteWriter();
    encode(responseHeader, 1, w, { correlationId: 77 });
    console.log(JSON.stringify(decode(responseHeader, 1, new ByteReader(w.finish()))));`;
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', program];
  assert.equal(execFileSync(process.execPath, flags, { encoding: 'utf8' }), '{"correlationId":77}\n');
});
