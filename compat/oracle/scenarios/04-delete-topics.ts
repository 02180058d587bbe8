import { setTimeout as pause } from 'node:timers/promises';
import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { metadata } from '../../../src/protocol/messages/003-metadata.ts';
import { deleteTopics } from '../../../src/protocol/messages/020-delete-topics.ts';
import type { Read } from '../../../src/protocol/schema.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic } from '../topics.ts';

type Answer = Read<typeof deleteTopics.response.fields>;
const TIMEOUT_MS = 10_000;
const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAcg';

/** The order of the answers is not fixed. */
const pick = (answer: Answer): unknown => answer.responses.toSorted((a, b) => order(a).localeCompare(order(b)));

function order(response: Answer['responses'][number]): string {
  return `${response.name ?? '~'} ${response.errorCode}`;
}

/** DeleteTopics: by name and by id, unknown ones, the same one twice, and what Metadata says afterwards (behaviour 18). */
export const scenario: Scenario = {
  name: '04-delete-topics',
  async run(side: Side) {
    const peer = side.peer();
    for (const version of versionsOf(deleteTopics)) await oneVersion(side, peer, version);
    await byId(side, peer);
  },
};

function request(names: readonly (string | null)[], ids: readonly string[] = []): Parameters<typeof peerCall>[3] {
  const topics = [
    ...names.map((name) => ({ name, topicId: ZERO_UUID })),
    ...ids.map((topicId) => ({ name: null, topicId })),
  ];
  return { topics, topicNames: names.filter((name) => name !== null), timeoutMs: TIMEOUT_MS };
}

interface DeleteRequest {
  topics: { name: string | null; topicId: string }[];
  topicNames: string[];
  timeoutMs: number;
}

async function peerCall(peer: Peer, label: string, version: number, body: DeleteRequest): Promise<void> {
  const byVersion = version >= 6 ? { ...body, topicNames: [] } : { ...body, topics: [] };
  await peer.call(label, deleteTopics, version, byVersion, { pick });
}

async function oneVersion(side: Side, peer: Peer, version: number): Promise<void> {
  const [first, second] = [await createTopic(side, `a${version}`), await createTopic(side, `b${version}`)];
  await peerCall(peer, 'nothing', version, request([]));
  await peerCall(peer, 'unknown', version, request([side.name('none')]));
  await peerCall(peer, 'an empty name', version, request(['']));
  await peerCall(peer, 'a wrong name', version, request(['a/b']));
  await peerCall(peer, 'one, and an unknown one', version, request([first.name, side.name('none')]));
  await gone(peer, first.name);
  await peerCall(peer, 'again', version, request([first.name]));
  await peerCall(peer, 'one twice', version, request([second.name, second.name]));
}

async function byId(side: Side, peer: Peer): Promise<void> {
  const topics = [await createTopic(side, 'id-1'), await createTopic(side, 'id-2'), await createTopic(side, 'id-3')];
  const [first, second, third] = topics.map(({ topicId }) => topicId) as [string, string, string];
  await peerCall(peer, 'by id', 6, request([], [first]));
  await gone(peer, side.name('id-1'));
  await peerCall(peer, 'by an id that is gone', 6, request([], [first]));
  await peerCall(peer, 'by an unknown id', 6, request([], [UNKNOWN_ID]));
  await peerCall(peer, 'by the zero id', 6, request([], [ZERO_UUID]));
  await peerCall(peer, 'by id twice', 6, request([], [second, second]));
  await peerCall(peer, 'by name and by id', 6, request([side.name('id-3')], [third]));
  const both = { topics: [{ name: side.name('id-3'), topicId: third }], topicNames: [], timeoutMs: TIMEOUT_MS };
  await peerCall(peer, 'name and id in one', 6, both);
}

/** What Metadata says once the deletion is through. */
async function gone(peer: Peer, name: string): Promise<void> {
  const request12 = {
    topics: [{ name, topicId: ZERO_UUID }],
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  };
  for (let tries = 0; tries < 100; tries++) {
    const answer = await peer.quiet(metadata, 12, request12);
    if (answer?.topics[0]?.errorCode !== 0) break;
    await pause(20);
  }
  await peer.call('metadata of it', metadata, 12, request12, { pick: ({ topics }) => topics });
}
