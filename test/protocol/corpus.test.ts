import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { decodeExact, encode } from '../../src/protocol/codec.ts';
import { E, errorName, errorOf, isRetriable } from '../../src/protocol/errors.ts';
import { interpretDecode, interpretEncode } from '../../src/protocol/interpreter.ts';
import { messageNamed, messages, versionsOf } from './declared-messages.ts';
import { plainValues, valuesOf } from './plain-values.ts';

/** Bytes that Kafka 4.3.1's generated classes wrote, with the values they wrote (made by `corpus-tool/`). */
interface Sample {
  readonly name: string;
  readonly version: number;
  /** The bytes hold a tagged field that nobody knows, which reading drops. */
  readonly unknownTag: boolean;
  readonly bytes: string;
  readonly values: Record<string, unknown>;
}

const corpus = new URL('../../../test/protocol/corpus/', import.meta.url);
const samples = lines<Sample>('messages.jsonl');

test('the corpus has every declared message in every version', () => {
  const have = new Set(samples.map(({ name, version }) => `${name} ${version}`));
  const lacking = messages.flatMap((message) =>
    versionsOf(message)
      .map((version) => `${message.name} ${version}`)
      .filter((key) => !have.has(key)),
  );
  assert.deepEqual(lacking, []);
});

test("what Kafka wrote reads as the values that Kafka's objects held", () => {
  for (const sample of samples) {
    const message = messageNamed(sample.name)!;
    const expected = plainValues(message.fields, valuesOf(message.fields, sample.values));
    const bytes = Buffer.from(sample.bytes, 'base64');
    const what = `${sample.name} v${sample.version}`;
    const read = decodeExact(message, sample.version, new ByteReader(bytes));
    assert.deepEqual(plainValues(message.fields, read), expected, what);
    const interpreted = interpretDecode(message, sample.version, new ByteReader(bytes)) as Record<string, unknown>;
    assert.deepEqual(plainValues(message.fields, interpreted), expected, `${what}, interpreted`);
  }
});

test('the same values are written as the bytes that Kafka writes', () => {
  for (const sample of samples.filter(({ unknownTag }) => !unknownTag)) {
    const message = messageNamed(sample.name)!;
    const values = valuesOf(message.fields, sample.values);
    const what = `${sample.name} v${sample.version}`;
    const writer = new ByteWriter();
    encode(message, sample.version, writer, values);
    assert.equal(writer.finish().toString('base64'), sample.bytes, what);
    const interpreted = new ByteWriter();
    interpretEncode(message, sample.version, interpreted, values);
    assert.equal(interpreted.finish().toString('base64'), sample.bytes, `${what}, interpreted`);
  }
});

test('the error table is that of Kafka: codes, names, texts, which are retriable', () => {
  const theirs = lines<{ code: number; name: string; retriable: boolean; text: string }>('errors.jsonl');
  const ours = Object.values(E).map((error) => ({
    code: error.code,
    name: error.name,
    retriable: isRetriable(error),
    text: error.text,
  }));
  assert.deepEqual(ours, theirs);
  assert.equal(errorOf(E.NOT_COORDINATOR.code), E.NOT_COORDINATOR);
  assert.equal(errorOf(12345), E.UNKNOWN_SERVER_ERROR);
  assert.equal(errorName(16), 'NOT_COORDINATOR');
});

function lines<T>(file: string): T[] {
  const text = readFileSync(new URL(file, corpus), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
