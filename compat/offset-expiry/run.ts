import { setTimeout as pause } from 'node:timers/promises';
import { offsetCommit } from '../../src/protocol/messages/008-offset-commit.ts';
import { offsetFetch } from '../../src/protocol/messages/009-offset-fetch.ts';
import { listGroups } from '../../src/protocol/messages/016-list-groups.ts';
import { addOffsetsToTxn } from '../../src/protocol/messages/025-add-offsets-to-txn.ts';
import { txnOffsetCommit } from '../../src/protocol/messages/028-txn-offset-commit.ts';
import { consumerGroupHeartbeat } from '../../src/protocol/messages/068-consumer-group-heartbeat.ts';
import { startKafka } from '../brokers/kafka.ts';
import { startPosthorn } from '../brokers/posthorn.ts';
import { topicOf } from '../oracle/batches.ts';
import { coordinatorReady, Member, subscriptionTo } from '../oracle/members.ts';
import { Side, type Peer } from '../oracle/scenario.ts';
import { createTopic, type Topic } from '../oracle/topics.ts';
import { finish, transactor } from '../oracle/transactions.ts';

/*
 * When offsets and groups go for age, on Apache Kafka and on Posthorn with a retention of one minute: groups of every kind
 * commit, stay or leave, and every second it is noted what is still there. Takes two minutes.
 *   node dist/compat/offset-expiry/run.js
 */
const SETTINGS = { 'offsets.retention.minutes': '1', 'offsets.retention.check.interval.ms': '1000' };
const WATCHED_SECONDS = 115;
const HEARTBEAT_SECONDS = 5;
/** What a check each second, a second of sampling and a busy machine may make of a moment. */
const TOLERANCE_SECONDS = 5;
const KEPT = 'kept';

type Vanished = Map<string, number | typeof KEPT>;

/** Something to do at a second of the watch. */
interface Deed {
  readonly second: number;
  run(): Promise<unknown>;
}

class Watch {
  readonly side: Side;
  readonly peer: Peer;
  readonly read: Topic;
  readonly unread: Topic;
  readonly deeds: Deed[] = [];
  readonly beats: (() => Promise<unknown>)[] = [];
  readonly groups: string[] = [];

  constructor(side: Side, [read, unread]: readonly [Topic, Topic]) {
    this.side = side;
    this.peer = side.peer();
    this.read = read;
    this.unread = unread;
  }

  group(name: string): string {
    this.groups.push(name);
    return this.side.name(name);
  }

  at(second: number, run: () => Promise<unknown>): void {
    this.deeds.push({ second, run });
  }

  /** Commits for both topics: as a member, or for a group without. */
  async commit(groupId: string, who: { memberId?: string; generation?: number } = {}, retentionTimeMs?: number) {
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
    const answer = await this.peer.quiet(offsetCommit, retentionTimeMs === undefined ? 9 : 4, {
      groupId,
      generationIdOrMemberEpoch: who.generation ?? -1,
      memberId: who.memberId ?? '',
      ...(retentionTimeMs === undefined ? {} : { retentionTimeMs }),
      topics: [this.read, this.unread].map((topic) => ({ ...topicOf(topic), partitions })),
    });
    const errors = answer?.topics.flatMap(({ partitions: all }) => all.map(({ errorCode }) => errorCode)) ?? [-1];
    if (errors.some((error) => error !== 0)) throw new Error(`commit to ${groupId}: ${errors.join()}`);
  }

  async member(name: string, options: ConstructorParameters<typeof Member>[3] = {}): Promise<Member> {
    const member = new Member(this.side, this.group(name), name, options);
    await member.join({
      protocols: [{ name: options.protocolName ?? 'range', metadata: subscriptionTo(this.read.name) }],
    });
    await member.sync({ [member.memberId]: 'all' });
    await this.commit(member.groupId, { memberId: member.memberId, generation: member.generationId });
    return member;
  }

  /** What there is: offsets as `group topic`, and the groups themselves. */
  async present(): Promise<Set<string>> {
    const found = new Set<string>();
    for (const name of this.groups) {
      const groups = [{ groupId: this.side.name(name), topics: null }];
      const answer = await this.peer.quiet(offsetFetch, 9, { groupId: '', topics: [], groups });
      for (const topic of answer?.groups[0]?.topics ?? []) {
        found.add(`${name}: ${topic.name === this.read.name ? 'topic that is read' : 'other topic'}`);
      }
    }
    const listed = await this.peer.quiet(listGroups, 5, { statesFilter: [], typesFilter: [] });
    for (const name of this.groups) {
      if (listed?.groups.some(({ groupId }) => groupId === this.side.name(name)) === true)
        found.add(`${name}: the group`);
    }
    return found;
  }
}

/** The groups under watch, as they are at second 0, and what happens to them later. */
async function prepare(watch: Watch): Promise<void> {
  const simple = watch.group('never had members');
  await watch.commit(simple);
  const again = watch.group('commits again');
  await watch.commit(again);
  watch.at(30, () => watch.commit(again));
  await watch.commit(watch.group('retention of its own'), {}, 20_000);
  const live = await watch.member('reads on');
  watch.beats.push(() => live.heartbeat());
  const worker = await watch.member('of another type', { protocolType: 'connect', protocolName: 'sessioned' });
  watch.beats.push(() => worker.heartbeat());
  const left = await watch.member('leaves after 30 s');
  let hasLeft = false;
  watch.beats.push(async () => (hasLeft ? undefined : left.heartbeat()));
  watch.at(30, () => {
    hasLeft = true;
    return left.leave();
  });
  await transactional(watch);
  await consumerGroup(watch, 'newer protocol, reads on');
  await consumerGroup(watch, 'newer protocol, leaves after 30 s', 30);
}

/** An open transaction holds offset and group until it ends. */
async function transactional(watch: Watch): Promise<void> {
  const groupId = watch.group('open transaction');
  await watch.commit(groupId);
  const who = await transactor(watch.side, watch.peer, 'holds');
  const partitions = [{ partitionIndex: 0, committedOffset: 2, committedMetadata: '' }];
  const topics = [{ name: watch.read.name, partitions }];
  // Late enough to be open for long after the minute, and to end before its own timeout.
  watch.at(30, () => watch.peer.quiet(addOffsetsToTxn, 3, { ...who, groupId }));
  watch.at(31, () => watch.peer.quiet(txnOffsetCommit, 3, { ...who, groupId, topics }));
  watch.at(80, () => finish(watch.peer, who, false, { version: 3 }));
}

async function consumerGroup(watch: Watch, name: string, leavesAt?: number): Promise<void> {
  const groupId = watch.group(name);
  const memberId = `member-of-${watch.groups.length}`;
  let memberEpoch = 0;
  const beat = async (wish: object = {}): Promise<void> => {
    const request = { groupId, memberId, memberEpoch, ...wish };
    const answer = await watch.peer.quiet(consumerGroupHeartbeat, 1, request);
    if (answer?.errorCode !== 0) throw new Error(`${name}: ${answer?.errorCode} ${answer?.errorMessage}`);
    memberEpoch = answer.memberEpoch;
  };
  await beat({ rebalanceTimeoutMs: 60_000, subscribedTopicNames: [watch.read.name], topicPartitions: [] });
  await watch.commit(groupId, { memberId, generation: memberEpoch });
  let hasLeft = false;
  watch.beats.push(async () => (hasLeft ? undefined : beat()));
  if (leavesAt === undefined) return;
  watch.at(leavesAt, () => {
    hasLeft = true;
    return beat({ memberEpoch: -1 });
  });
}

/** Runs the watch on one broker; tells the second at which each thing had gone. */
async function vanished(bootstrap: string, mark: string): Promise<Vanished> {
  const side = new Side(bootstrap, mark);
  await coordinatorReady(side);
  const watch = new Watch(side, [await createTopic(side, 'read'), await createTopic(side, 'unread')]);
  await prepare(watch);
  const gone: Vanished = new Map();
  const began = performance.now();
  for (let second = 0; second < WATCHED_SECONDS; second++) {
    await pause(Math.max(0, began + second * 1000 - performance.now()));
    for (const deed of watch.deeds) if (deed.second === second) await deed.run();
    if (second % HEARTBEAT_SECONDS === 0) for (const beat of watch.beats) await beat();
    const present = await watch.present();
    for (const each of present) gone.set(each, KEPT);
    for (const [each, when] of gone) if (when === KEPT && !present.has(each)) gone.set(each, second);
  }
  side.close();
  return gone;
}

const [kafka, posthorn] = await Promise.all([startKafka(SETTINGS), startPosthorn({ settings: SETTINGS })]);
let different = 0;
try {
  const [theirs, ours] = await Promise.all([
    vanished(kafka.bootstrap, 'expiry-a'),
    vanished(posthorn.bootstrap, 'expiry-b'),
  ]);
  for (const each of new Set([...theirs.keys(), ...ours.keys()])) {
    const [a, b] = [theirs.get(each) ?? 'never there', ours.get(each) ?? 'never there'];
    const isAlike = a === b || Math.abs(Number(a) - Number(b)) <= TOLERANCE_SECONDS;
    if (!isAlike) different++;
    console.log(`${isAlike ? 'pass' : 'FAIL'} ${each}: Kafka ${a}, Posthorn ${b}`);
  }
  console.log(`${theirs.size} compared, ${different} different`);
} finally {
  await Promise.all([kafka.stop(), posthorn.stop()]);
}
process.exit(different === 0 ? 0 : 1);
