import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteReader } from '../../../src/base/byte-reader.ts';
import { ByteWriter } from '../../../src/base/byte-writer.ts';
import { errorResponse } from '../../../src/broker/requests/error-response.ts';
import { isServed, loadHandler, servedApis } from '../../../src/broker/handlers/all.ts';
import { apiTable } from '../../../src/protocol/api-table.ts';
import { decodeExact, encode } from '../../../src/protocol/codec.ts';
import { E } from '../../../src/protocol/errors.ts';
import { inVersions } from '../../../src/protocol/version-range.ts';
import { BrokerFixture } from '../broker-fixture.ts';
import { requestOf } from './request-of.ts';

const PRODUCE = 0;

async function* servedVersions() {
  for (const { key, max } of servedApis()) {
    const { api } = await loadHandler(key);
    for (let version = apiTable.get(key)!.min; version <= max; version++) yield { api, version };
  }
}

test('every version of every served key answers an empty request with a response that can be read', async () => {
  const fixture = await BrokerFixture.start();
  for await (const { api, version } of servedVersions()) {
    const request = requestOf(api, api.key === PRODUCE ? { acks: 1 } : {});
    const answer = await fixture.call(api, version, request);
    assert.equal(typeof answer, 'object', `${api.name} ${version}`);
  }
  const failures = fixture.logger.lines.filter(({ level }) => level === 'error');
  assert.deepEqual(failures, []);
  await fixture.close();
});

test('an unexpected failure can be told in every version of every served key', async () => {
  for await (const { api, version } of servedVersions()) {
    const writer = new ByteWriter();
    encode(api.response, version, writer, errorResponse(api.response.fields, version, E.UNKNOWN_SERVER_ERROR));
    const answer = decodeExact(api.response, version, new ByteReader(writer.finish()));
    const field = api.response.fields['errorCode'];
    if (field === undefined || !inVersions(field.options.versions, version, true)) continue;
    assert.equal(Reflect.get(answer, 'errorCode'), E.UNKNOWN_SERVER_ERROR.code, `${api.name} ${version}`);
  }
});

test('versions below and above the served ones, and keys that are not served, are known as such', () => {
  for (const { key, max } of servedApis()) {
    assert.equal(isServed(key, max), true);
    assert.equal(isServed(key, max + 1), false);
    assert.equal(isServed(key, apiTable.get(key)!.min - 1), false);
  }
  assert.equal(isServed(4, 0), false);
  assert.equal(isServed(-1, 0), false);
});
