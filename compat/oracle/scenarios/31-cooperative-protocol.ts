import { ByteWriter } from '../../../src/base/byte-writer.ts';
import { offsetCommit } from '../../../src/protocol/messages/008-offset-commit.ts';
import { offsetDelete } from '../../../src/protocol/messages/047-offset-delete.ts';
import { joinGroup } from '../../../src/protocol/messages/011-join-group.ts';
import { topicOf } from '../batches.ts';
import { coordinatorReady, describeGroup, Member, untilState } from '../members.ts';
import { versionsOf, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

const PROTOCOL = { protocolName: 'cooperative-sticky' };
/** Version 0 knows topics and user data, 1 adds owned partitions, 2 the generation, 3 the rack. */
const SUBSCRIPTION_VERSIONS = [0, 1, 2, 3];

/**
 * What consumers with the cooperative assignor do in a classic group: two rebalances in a row in which members tell what they
 * own, and subscriptions of every version, from which the coordinator takes the topics.
 */
export const scenario: Scenario = {
  name: '31-cooperative-protocol',
  async run(side: Side) {
    await coordinatorReady(side);
    const [read, other] = [await createTopic(side, 'read'), await createTopic(side, 'other')];
    await twoPhases(side, read);
    for (const version of SUBSCRIPTION_VERSIONS) await subscribed(side, version, read, other);
    await upgrade(side, read);
    for (const version of versionsOf(joinGroup).filter((each) => each >= 2)) await joinVersion(side, version, read);
  },
};

interface Subscription {
  readonly version: number;
  readonly topics: readonly string[];
  readonly owned?: readonly number[];
  readonly generation?: number;
}

function metadata({ version, topics, owned = [], generation = -1 }: Subscription): Buffer {
  const writer = new ByteWriter();
  writer.int16(version);
  writer.int32(topics.length);
  for (const topic of topics) string(writer, topic);
  writer.int32(-1);
  if (version >= 1) {
    writer.int32(owned.length === 0 ? 0 : topics.length);
    for (const topic of owned.length === 0 ? [] : topics) {
      string(writer, topic);
      writer.int32(owned.length);
      for (const partition of owned) writer.int32(partition);
    }
  }
  if (version >= 2) writer.int32(generation);
  if (version >= 3) string(writer, 'rack');
  return writer.finish();
}

function string(writer: ByteWriter, text: string): void {
  writer.int16(Buffer.byteLength(text));
  writer.utf8(text);
}

function offering(subscription: Subscription, names = ['cooperative-sticky']) {
  return { protocols: names.map((name) => ({ name, metadata: metadata(subscription) })) };
}

/** The first rebalance takes partitions from their owner, the second gives them to the newcomer. */
async function twoPhases(side: Side, { name }: Topic): Promise<void> {
  const group = side.name('phases');
  const [a, b] = [new Member(side, group, 'a', PROTOCOL), new Member(side, group, 'b', PROTOCOL)];
  await a.join(offering({ version: 3, topics: [name] }));
  await a.sync({ [a.memberId]: 'all' });
  const joins = b.join(offering({ version: 3, topics: [name] }));
  await untilState(side, 'phases', 'PreparingRebalance');
  await a.heartbeat('hears of the rebalance');
  await Promise.all([a.join(offering({ version: 3, topics: [name], owned: [0, 1, 2, 3], generation: 1 })), joins]);
  const syncs = b.sync();
  await Promise.all([a.sync({ [a.memberId]: 'half', [b.memberId]: '' }), syncs]);
  await describeGroup(side, 'phases', 'after the first phase');
  const again = a.join(offering({ version: 3, topics: [name], owned: [0, 1], generation: 2 }));
  await untilState(side, 'phases', 'PreparingRebalance');
  await Promise.all([b.join(offering({ version: 3, topics: [name], generation: 2 })), again]);
  const last = b.sync();
  await Promise.all([a.sync({ [a.memberId]: 'half', [b.memberId]: 'the other half' }), last]);
  await describeGroup(side, 'phases', 'after the second phase');
  await b.join(offering({ version: 3, topics: [name], generation: 2 }));
  await b.heartbeat('was told the same again');
}

/** Offsets of a subscribed topic cannot be deleted, whatever version names it; so the broker reads them all. */
async function subscribed(side: Side, version: number, read: Topic, other: Topic): Promise<void> {
  const member = new Member(side, side.name(`reads-${version}`), 'a', PROTOCOL);
  await member.join(offering({ version, topics: [read.name], owned: [0, 1] }));
  await member.sync({ [member.memberId]: 'all' });
  for (const topic of [read, other]) {
    await member.peer.call(`commits ${topic.name === read.name ? 'read' : 'other'}`, offsetCommit, 9, {
      groupId: member.groupId,
      generationIdOrMemberEpoch: member.generationId,
      memberId: member.memberId,
      topics: [{ ...topicOf(topic), partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }],
    });
  }
  await member.peer.call('delete both', offsetDelete, 0, {
    groupId: member.groupId,
    topics: [read, other].map(({ name }) => ({ name, partitions: [{ partitionIndex: 0 }] })),
  });
}

/** A rolling change from range: one member knows both protocols, the other one only; then both know the new one. */
async function upgrade(side: Side, { name }: Topic): Promise<void> {
  const group = side.name('upgrade');
  const [old, young] = [new Member(side, group, 'old'), new Member(side, group, 'young')];
  const both = offering({ version: 1, topics: [name] }, ['cooperative-sticky', 'range']);
  await old.join(offering({ version: 0, topics: [name] }, ['range']));
  await old.sync({ [old.memberId]: 'all' });
  const joins = young.join(both);
  await untilState(side, 'upgrade', 'PreparingRebalance');
  await Promise.all([old.join(offering({ version: 0, topics: [name] }, ['range'])), joins]);
  const syncs = young.sync();
  await Promise.all([old.sync({ [old.memberId]: 'left', [young.memberId]: 'right' }), syncs]);
  await describeGroup(side, 'upgrade', 'still range');
  await new Member(side, group, 'strict', PROTOCOL).join(offering({ version: 1, topics: [name] }));
  const restarted = old.join(both);
  await untilState(side, 'upgrade', 'PreparingRebalance');
  await Promise.all([young.join(both), restarted]);
  await old.sync({ [old.memberId]: 'with the wrong name' });
  await describeGroup(side, 'upgrade', 'cooperative now');
}

async function joinVersion(side: Side, version: number, { name }: Topic): Promise<void> {
  const member = new Member(side, side.name(`join-${version}`), 'a', PROTOCOL);
  await member.join(offering({ version: 3, topics: [name], owned: [1] }), version);
  await member.sync({ [member.memberId]: 'all' }, Math.min(5, version));
  await member.join(offering({ version: 3, topics: [name], owned: [0, 1] }), version);
  await describeGroup(side, `join-${version}`, 'joined again with other metadata');
}
