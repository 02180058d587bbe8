import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DefaultFormatter } from '../../../src/cli/commands/console/default-formatter.ts';
import { LineReader } from '../../../src/cli/commands/console/line-reader.ts';
import { deserializerNamed } from '../../../src/cli/tools/java-deserializers.ts';
import { OutputBuffer } from '../../../src/cli/tools/output-buffer.ts';
import { textLines } from '../../../src/cli/tools/text-lines.ts';
import type { ConsumerRecord } from '../../../src/client/consumer/consumer-record.ts';

function reader(properties: Record<string, string>): LineReader {
  return new LineReader(new Map(Object.entries(properties)));
}

function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString();
}

function told(record: ReturnType<LineReader['record']>): unknown[] {
  return [text(record.key), text(record.value), record.headers.map(({ key, value }) => [key, text(value)])];
}

test('a line is a value; key and headers are split off when asked for', () => {
  assert.deepEqual(told(reader({}).record('a\tb')), [null, 'a\tb', []]);
  assert.deepEqual(told(reader({ 'parse.key': 'true', 'key.separator': ',' }).record('k,v,w')), ['k', 'v,w', []]);
  const all = reader({ 'parse.key': 'true', 'parse.headers': ' TRUE ', 'null.marker': 'N' });
  const headers = [
    ['a', '1'],
    ['b', null],
  ];
  assert.deepEqual(told(all.record('a:1,b:N\tk\tv')), ['k', 'v', headers]);
  assert.deepEqual(told(all.record('N\tN\tN')), [null, null, []]);
});

test('a line without its separator is refused with its number, or taken as it is', () => {
  const strict = reader({ 'parse.key': 'true' });
  strict.record('a\tb');
  assert.throws(() => strict.record('ab'), /No key separator found on line number 2: 'ab'/);
  const headers = reader({ 'parse.headers': 'true' });
  assert.throws(() => headers.record('hv\tb'), /No header key separator found in pair 'hv' on line number 1/);
  assert.deepEqual(told(reader({ 'parse.key': 'true', 'ignore.error': 'true' }).record('ab')), [null, 'ab', []]);
  assert.throws(() => reader({ 'null.marker': ',' }), /null.marker and headers.separator may not be equal/);
});

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of texts) yield await Promise.resolve(Buffer.from(part, 'latin1'));
}

test('lines end with LF, CR or CRLF, wherever chunks are cut', async () => {
  const lines: string[] = [];
  for await (const some of textLines(chunks('a\r', '\nb', 'c\rd\n\n', 'Ã', '¼', '\r\nlast'))) lines.push(...some);
  assert.deepEqual(lines, ['a', 'bc', 'd', '', 'ü', 'last']);
});

type AnyRecord = ConsumerRecord<Uint8Array | null, Uint8Array | null>;

function shown(properties: Record<string, string>, record: Partial<AnyRecord> = {}): string {
  const parts: string[] = [];
  const output = new OutputBuffer({
    write: (bytes) => {
      parts.push(Buffer.from(bytes).toString());
      return true;
    },
  });
  const warnings: string[] = [];
  new DefaultFormatter(new Map(Object.entries(properties)), (said) => warnings.push(said)).write(
    {
      topic: 't',
      partition: 3,
      offset: 7,
      timestamp: 1000,
      timestampType: 'create-time',
      leaderEpoch: 0,
      key: Buffer.from('k'),
      value: null,
      headers: [],
      ...record,
    },
    output,
  );
  output.flush();
  return [...parts, ...warnings].join('');
}

test('columns are shown in one order, whatever is asked for', () => {
  assert.equal(shown({}), 'null\n');
  const all = ['timestamp', 'key', 'offset', 'partition', 'headers', 'epoch', 'delivery'];
  const on = Object.fromEntries(all.map((name) => [`print.${name}`, 'true']));
  const columns = 'CreateTime:1000|Partition:3|Offset:7|Delivery:NOT_PRESENT|Epoch:NOT_PRESENT|NO_HEADERS|k|NIL;';
  assert.equal(shown({ ...on, 'null.literal': 'NIL', 'key.separator': '|', 'line.separator': ';' }), columns);
  assert.equal(shown({ 'print.value': 'false', 'print.offset': 'true' }), 'Offset:7\n');
  assert.equal(shown({ 'value.deserializer': 'x.Y' }), 'null\nUnable to instantiate a deserializer from x.Y');
});

function shownBy(name: string, hex: string): string {
  return deserializerNamed(`org.apache.kafka.common.serialization.${name}`)!(Buffer.from(hex, 'hex'));
}

test("Kafka's deserializers give the texts that Java prints", () => {
  assert.equal(shownBy('IntegerDeserializer', 'fffffffe'), '-2');
  assert.equal(shownBy('LongDeserializer', '7fffffffffffffff'), '9223372036854775807');
  assert.equal(shownBy('FloatDeserializer', '3dcccccd'), '0.1');
  assert.equal(shownBy('DoubleDeserializer', '4000000000000000'), '2.0');
  assert.equal(shownBy('BooleanDeserializer', '01'), 'true');
  assert.equal(shownBy('BytesDeserializer', '61005c'), String.raw`a\x00\x5C`);
  assert.throws(() => shownBy('ShortDeserializer', '01'), /Size of data received by ShortDeserializer is not 2/);
  assert.equal(deserializerNamed('Foo'), undefined);
});
