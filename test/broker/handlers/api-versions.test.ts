import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiTable } from '../../../src/protocol/api-table.ts';
import { E } from '../../../src/protocol/errors.ts';
import { metadata } from '../../../src/protocol/messages/003-metadata.ts';
import { apiVersions } from '../../../src/protocol/messages/018-api-versions.ts';
import { BrokerFixture } from '../broker-fixture.ts';
import { exchangeBytes, frameOf } from './raw-frames.ts';
import { requestOf } from './request-of.ts';

const SOFTWARE = { clientSoftwareName: 'some-client', clientSoftwareVersion: '1.2.3' };
const UNSUPPORTED_VERSION = 35;

/** The body that ApiVersions has in version 0. */
function versionZero(frame: Buffer): { correlationId: number; errorCode: number; keys: number[][] } {
  const keys: number[][] = [];
  for (let at = 10; at < frame.length; at += 6) {
    keys.push([frame.readInt16BE(at), frame.readInt16BE(at + 2), frame.readInt16BE(at + 4)]);
  }
  assert.equal(keys.length, frame.readInt32BE(6));
  return { correlationId: frame.readInt32BE(0), errorCode: frame.readInt16BE(4), keys };
}

test('every version tells the served keys in order, within what the protocol has', async () => {
  const fixture = await BrokerFixture.start();
  for (let version = 0; version <= 4; version++) {
    const { errorCode, apiKeys } = await fixture.call(apiVersions, version, requestOf(apiVersions, SOFTWARE));
    assert.equal(errorCode, E.NONE.code);
    const keys = apiKeys.map(({ apiKey }) => apiKey);
    assert.deepEqual(
      keys,
      keys.toSorted((left, right) => left - right),
    );
    for (const { apiKey, minVersion, maxVersion } of apiKeys) {
      const entry = apiTable.get(apiKey)!;
      assert.deepEqual([minVersion, maxVersion], [entry.advertisedMin, entry.stableMax], entry.name);
    }
  }
  await fixture.close();
});

test('Produce is told from 0 although older versions than 3 are refused: librdkafka wants it so', async () => {
  const fixture = await BrokerFixture.start();
  const { apiKeys } = await fixture.call(apiVersions, 3, requestOf(apiVersions, SOFTWARE));
  assert.deepEqual(apiKeys[0], { apiKey: 0, minVersion: 0, maxVersion: 13 });
  const client = await fixture.connect();
  client.write(frameOf({ key: 0, version: 2, body: Buffer.alloc(10) }));
  await fixture.time.settle();
  assert.equal(client.isClosed, true);
  await fixture.close();
});

test('a version of the future is answered in version 0 with the versions known, its body unread', async () => {
  const fixture = await BrokerFixture.start();
  for (const version of [5, 99, 32767, -1]) {
    const frame = frameOf({ key: 18, version, correlationId: 77, flexible: true, body: Buffer.from('not a request') });
    const [answer] = await exchangeBytes(fixture, frame);
    assert.deepEqual(versionZero(answer!), { correlationId: 77, errorCode: UNSUPPORTED_VERSION, keys: [[18, 0, 4]] });
  }
  await fixture.close();
});

test('the connection goes on after a version of the future', async () => {
  const fixture = await BrokerFixture.start();
  const again = frameOf({ key: 18, version: 0, correlationId: 2 });
  const [first, second] = await exchangeBytes(
    fixture,
    Buffer.concat([frameOf({ key: 18, version: 99, correlationId: 1, flexible: true }), again]),
  );
  assert.equal(versionZero(first!).errorCode, UNSUPPORTED_VERSION);
  assert.equal(versionZero(second!).correlationId, 2);
  assert.equal(versionZero(second!).errorCode, E.NONE.code);
  await fixture.close();
});

test('the answer has a header without tagged fields, also where the message is flexible', async () => {
  const fixture = await BrokerFixture.start();
  // Compact strings, then no tagged fields.
  const body = Buffer.from([2, 0x61, 2, 0x31, 0]);
  const [answer] = await exchangeBytes(
    fixture,
    frameOf({ key: 18, version: 3, correlationId: 5, flexible: true, body }),
  );
  assert.equal(answer!.readInt32BE(0), 5);
  assert.equal(answer!.readInt16BE(4), E.NONE.code);
  const keys = answer!.readUInt8(6) - 1;
  const [first] = [answer!.readInt16BE(7)];
  assert.equal(first, 0);
  assert.ok(keys > 40);
  await fixture.close();
});

test('names of software are letters, digits, dots and dashes, and begin and end with a letter or digit', async () => {
  const fixture = await BrokerFixture.start();
  const client = await fixture.connect();
  const ask = async (name: string, softwareVersion: string, version = 3): Promise<number> => {
    const request = requestOf(apiVersions, { clientSoftwareName: name, clientSoftwareVersion: softwareVersion });
    return (await fixture.call(apiVersions, version, request, client)).errorCode;
  };
  for (const good of ['a', 'apache-kafka-java', 'librdkafka', '2.0', 'A.b-c.9']) {
    assert.equal(await ask(good, '1'), E.NONE.code, good);
    assert.equal(await ask('a', good), E.NONE.code, good);
  }
  for (const bad of ['', '-a', 'a-', '.', 'a b', 'a_b', 'ä', 'a/b', 'a\n']) {
    assert.equal(await ask(bad, '1'), E.INVALID_REQUEST.code, bad);
    assert.equal(await ask('a', bad), E.INVALID_REQUEST.code, bad);
    assert.equal(await ask('a', bad, 4), E.INVALID_REQUEST.code, bad);
  }
  // A refusal names no keys, and the connection goes on.
  const { apiKeys } = await fixture.call(apiVersions, 3, requestOf(apiVersions), client);
  assert.deepEqual(apiKeys, []);
  assert.equal(await ask('a', '1'), E.NONE.code);
  await fixture.close();
});

test('before version 3 nobody says a name, and none is asked for', async () => {
  const fixture = await BrokerFixture.start();
  for (const version of [0, 1, 2]) {
    assert.equal((await fixture.call(apiVersions, version, requestOf(apiVersions))).errorCode, E.NONE.code);
  }
  await fixture.close();
});

test('features whose lowest level is 0 are kept from clients before version 4', async () => {
  const fixture = await BrokerFixture.start();
  const names = async (version: number): Promise<string[]> => {
    const answer = await fixture.call(apiVersions, version, requestOf(apiVersions, SOFTWARE));
    return answer.supportedFeatures.map(({ name }) => name);
  };
  assert.deepEqual(await names(3), ['metadata.version']);
  assert.ok((await names(4)).includes('transaction.version'));
  assert.deepEqual(await names(2), []);
  const { finalizedFeatures, finalizedFeaturesEpoch } = await fixture.call(
    apiVersions,
    4,
    requestOf(apiVersions, SOFTWARE),
  );
  assert.ok(finalizedFeaturesEpoch >= 0);
  for (const { maxVersionLevel, minVersionLevel } of finalizedFeatures) {
    assert.ok(maxVersionLevel > 0);
    assert.equal(minVersionLevel, maxVersionLevel);
  }
  await fixture.close();
});

test('any other key in a version that is not served ends the connection without an answer', async () => {
  const fixture = await BrokerFixture.start();
  const unserved: [number, number][] = [
    [metadata.key, 14],
    [metadata.key, -1],
    [1, 3],
    [4, 0],
    [999, 0],
    [-1, 0],
  ];
  for (const [key, version] of unserved) {
    const client = await fixture.connect();
    client.write(frameOf({ key, version, body: Buffer.alloc(32) }));
    await fixture.time.settle();
    assert.equal(client.isClosed, true, `${key} ${version}`);
    assert.deepEqual(client.answered, []);
  }
  await fixture.close();
});
