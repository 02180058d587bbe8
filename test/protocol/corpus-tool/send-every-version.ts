import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { ByteReader } from '../../../src/base/byte-reader.ts';
import { ByteWriter } from '../../../src/base/byte-writer.ts';
import { requestHeaderVersion } from '../../../src/protocol/api-table.ts';
import { decode, encode } from '../../../src/protocol/codec.ts';
import { apiVersions } from '../../../src/protocol/messages/018-api-versions.ts';
import { requestHeader, responseHeader } from '../../../src/protocol/request-header.ts';
import type { Fields, Message, Read } from '../../../src/protocol/schema.ts';
import { apis } from '../declared-messages.ts';

/**
 * Sends a broker one request of each API in each version it has, taken from the corpus that Kafka's classes wrote:
 *
 *     node dist/test/protocol/corpus-tool/send-every-version.js PORT
 *
 * Run it through `capture.ts` on a broker of its own: the requests are nonsense, and some of them delete things.
 */
const ANSWER_TIMEOUT_MS = 2500;
const port = Number(process.argv[2]);
const corpus = new URL('../../../../test/protocol/corpus/messages.jsonl', import.meta.url);

interface Sample {
  readonly name: string;
  readonly version: number;
  readonly bytes: string;
  readonly unknownTag: boolean;
}

/** The answer's frame, or undefined when the broker hangs up or takes too long. */
function exchange(frame: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = Buffer.alloc(0);
    const end = (result?: Buffer) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(ANSWER_TIMEOUT_MS, end);
    socket.on('error', () => end()).on('close', () => end());
    socket.on('data', (data: Buffer) => {
      answer = Buffer.concat([answer, data]);
      if (answer.length >= 4 && answer.length >= 4 + answer.readInt32BE(0)) end(answer.subarray(4));
    });
    socket.write(frame);
  });
}

function framed(apiKey: number, version: number, body: Buffer): Buffer {
  const writer = new ByteWriter();
  writer.int32(0);
  encode(requestHeader, requestHeaderVersion(apiKey, version), writer, {
    requestApiKey: apiKey,
    requestApiVersion: version,
    correlationId: 1,
    clientId: 'every-version',
  });
  writer.raw(body);
  writer.view.setInt32(0, writer.size - 4);
  return writer.finish();
}

const told = await exchange(framed(apiVersions.key, 0, Buffer.alloc(0)));
const reader = new ByteReader(told!);
decode(responseHeader, 0, reader);
const served = new Map(decode(apiVersions.response, 0, reader).apiKeys.map((range) => [range.apiKey, range]));

/** Random numbers are no access rules, and the broker hangs up on those. */
const aclValues: Record<string, unknown> = {
  resourcePatternType: 3,
  patternTypeFilter: 3,
  resourceType: 2,
  resourceTypeFilter: 2,
  operation: 3,
  permissionType: 3,
  principal: 'User:a',
};

function withValidAcls(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => withValidAcls(item));
  if (typeof value !== 'object' || value === null) return aclValues[key] ?? value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withValidAcls(inner, name)]));
}

function bodyOf(message: Message, version: number, bytes: Buffer): Buffer {
  if (!message.name.includes('Acls')) return bytes;
  const writer = new ByteWriter();
  const read = decode<Fields>(message, version, new ByteReader(bytes));
  encode<Fields>(message, version, writer, withValidAcls(read) as Read<Fields>);
  return writer.finish();
}

let answered = 0;
for (const line of readFileSync(corpus, 'utf8').split('\n')) {
  if (line === '') continue;
  const { name, version, bytes, unknownTag } = JSON.parse(line) as Sample;
  const api = apis.find(({ request }) => request.name === name);
  const range = api && served.get(api.key);
  if (api === undefined || range === undefined || version > range.maxVersion || unknownTag) continue;
  const answer = await exchange(framed(api.key, version, bodyOf(api.request, version, Buffer.from(bytes, 'base64'))));
  if (answer === undefined) console.log(`no answer to ${name} v${version}`);
  else answered++;
}
console.log(`${answered} answers`);
