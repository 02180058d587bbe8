import { ByteWriter } from '../../../src/base/byte-writer.ts';
import { apiVersions } from '../../../src/protocol/messages/018-api-versions.ts';
import { versionsOf, type Scenario, type Side } from '../scenario.ts';

type Answer = { errorCode: number; apiKeys: { apiKey: number; minVersion: number; maxVersion: number }[] };

const client = { clientSoftwareName: 'oracle', clientSoftwareVersion: '1.0' };

/** Keys under their numbers: a key that only one side has is then one difference. */
function byKey(answer: Answer): unknown {
  const keys = answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [
    `key ${apiKey}`,
    `${minVersion}-${maxVersion}`,
  ]);
  return { ...answer, apiKeys: Object.fromEntries(keys) as unknown };
}

/** Negotiation: every version, one too high, software names, and what closes a connection (behaviours 1-9). */
export const scenario: Scenario = {
  name: '01-api-versions',
  async run(side: Side) {
    const peer = side.peer();
    for (const version of versionsOf(apiVersions))
      await peer.call('ask', apiVersions, version, client, { pick: byKey });
    for (const version of [5, 99, 32767]) await unknownVersion(side, version);
    await softwareNames(side);
    await peer.call('null client id', apiVersions, 0, client, { pick: (answer) => answer.errorCode });
    await side.peer(null).call('null client id', apiVersions, 3, client, { pick: (answer) => answer.errorCode });
    await closing(side);
  },
};

/** The body of a version that nobody knows must not be read; the answer is in version 0. */
async function unknownVersion(side: Side, version: number): Promise<void> {
  await side
    .peer()
    .frame(`unknown version ${version}`, { key: 18, version, flexible: true, body: Buffer.from('not a body') });
}

async function softwareNames(side: Side): Promise<void> {
  const names = ['', ' ', 'a', 'A-b.c', '-a', 'a-', 'a b', 'ä', '.', 'a..b', 'a'.repeat(300)];
  for (const name of names) {
    const label = `software ${JSON.stringify(name.slice(0, 10))}`;
    const pick = (answer: Answer): unknown => ({ errorCode: answer.errorCode, keys: answer.apiKeys.length > 0 });
    await side
      .peer()
      .call(`${label} as name`, apiVersions, 3, { clientSoftwareName: name, clientSoftwareVersion: '1' }, { pick });
    await side
      .peer()
      .call(`${label} as version`, apiVersions, 4, { clientSoftwareName: 'x', clientSoftwareVersion: name }, { pick });
  }
}

async function closing(side: Side): Promise<void> {
  for (const key of [4, 52, 200, -1]) await side.peer().frame(`key ${key} is no client's`, { key, version: 0 });
  for (const [key, version] of [
    [3, 14],
    [3, -1],
    [0, 2],
    [1, 3],
    [1, 19],
    [2, 0],
    [19, 1],
    [22, 6],
    [24, 6],
  ] as const) {
    await side.peer().frame(`version ${version} of key ${key}`, { key, version, body: new Uint8Array(8) });
  }
  const peer = side.peer();
  await peer.frame('a body cut short', { key: 3, version: 1, body: Uint8Array.of(0, 0, 0, 9), showBytes: false });
  await peer.frame('bytes after the body', {
    key: 3,
    version: 1,
    body: Uint8Array.of(0, 0, 0, 0, 1, 2, 3),
    showBytes: false,
  });
  await side
    .peer()
    .frame('an array of 2^31-1', { key: 3, version: 1, body: Uint8Array.of(127, 255, 255, 255), showBytes: false });
  await side.peer().bytes('a negative size', Uint8Array.of(255, 255, 255, 255));
  await side.peer().bytes('a size over the limit', Uint8Array.of(127, 255, 255, 255));
  await side.peer().bytes('a size of zero', Uint8Array.of(0, 0, 0, 0));
  await side.peer().bytes('not Kafka', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
  await unknownTags(side);
}

/** Tagged fields that nobody knows, in header and body, are skipped. */
async function unknownTags(side: Side): Promise<void> {
  const body = new ByteWriter();
  for (const text of ['oracle', '1.0']) {
    body.uvarint(text.length + 1);
    body.utf8(text);
  }
  body.raw(Uint8Array.of(1, 77, 3, 1, 2, 3));
  const bytes = await side
    .peer()
    .frame('an unknown tagged field', { key: 18, version: 3, flexible: true, body: body.finish(), showBytes: false });
  side.note('answered', bytes !== undefined && bytes.readInt16BE(0) === 0);
}
