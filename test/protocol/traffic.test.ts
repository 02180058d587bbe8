import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { requestHeaderVersion, responseHeaderVersion } from '../../src/protocol/api-table.ts';
import { decode, decodeExact, encode } from '../../src/protocol/codec.ts';
import { isFlexible } from '../../src/protocol/layout.ts';
import { requestHeader, responseHeader } from '../../src/protocol/request-header.ts';
import type { Fields, Message } from '../../src/protocol/schema.ts';
import { apis, versionsOf } from './declared-messages.ts';

/** Frames that went between real clients and Apache Kafka 4.3.1 (recorded by `corpus-tool/capture.ts`). */
interface Exchange {
  readonly name: string;
  readonly version: number;
  readonly request: string;
  readonly response: string;
}

const exchanges = readFileSync(new URL('../../../test/protocol/corpus/traffic.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Exchange);

function apiNamed(name: string) {
  return apis.find((api) => api.name === name)!;
}

/** Reads a frame whole and writes it again. */
function rewritten(header: Message, headerVersion: number, body: Message, version: number, frame: Buffer): Buffer {
  const reader = new ByteReader(frame);
  const writer = new ByteWriter();
  encode<Fields>(header, headerVersion, writer, decode<Fields>(header, headerVersion, reader));
  encode<Fields>(body, version, writer, decodeExact<Fields>(body, version, reader));
  return writer.finish();
}

test('every recorded request is read to its last byte and written again as the same bytes', () => {
  for (const { name, version, request } of exchanges) {
    const api = apiNamed(name);
    const frame = Buffer.from(request, 'base64');
    const again = rewritten(requestHeader, requestHeaderVersion(api.key, version), api.request, version, frame);
    assert.equal(again.toString('hex'), frame.toString('hex'), `${name} v${version}`);
  }
});

test('every recorded response is read to its last byte and written again as the same bytes', () => {
  for (const { name, version, response } of exchanges) {
    const api = apiNamed(name);
    const frame = Buffer.from(response, 'base64');
    const again = rewritten(responseHeader, responseHeaderVersion(api.key, version), api.response, version, frame);
    assert.equal(again.toString('hex'), frame.toString('hex'), `${name} v${version}`);
  }
});

/** What the recorded brokers do not serve (telemetry without a receiver), and what none of the recorded listeners takes. */
const unrecorded = new Set(['GetTelemetrySubscriptions', 'PushTelemetry', 'Envelope']);

test('the recording has each API on both sides of its flexible boundary', () => {
  const have = new Set(
    exchanges.map(({ name, version }) => `${name} ${isFlexible(apiNamed(name).request, version) ? 'new' : 'old'}`),
  );
  const lacking = apis.flatMap((api) =>
    [...new Set(versionsOf(api.request).map((version) => (isFlexible(api.request, version) ? 'new' : 'old')))]
      .map((side) => `${api.name} ${side}`)
      .filter((side) => !have.has(side) && !unrecorded.has(api.name)),
  );
  assert.deepEqual(lacking, []);
});
