import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { JoinResponse } from '../../../src/coordinator/group/classic-member.ts';
import { decodeGroupRecord } from '../../../src/coordinator/group/group-records.ts';
import { E } from '../../../src/protocol/errors.ts';
import { decodeRecords } from '../../../src/records/batch-records.ts';
import { compacted } from '../compacted-log.ts';
import { context, GroupWorld, subscription, TOPICS, type JoinWish, NO_CHANGES } from './group-world.ts';

const GROUPS = ['a', 'b'];
const SETTLE_MS = 20 * 60_000;

/** One thing that happens. `client` is who does it; what it needs to know it has from the answers it got. */
type Step =
  | { readonly does: 'join'; readonly client: number; readonly topics: string[]; readonly asStatic: boolean }
  | { readonly does: 'sync' | 'beat' | 'leave' | 'disconnect'; readonly client: number }
  | { readonly does: 'commit'; readonly client: number; readonly partition: number; readonly inTransaction: boolean }
  | {
      readonly does: 'simpleCommit' | 'deleteGroup' | 'deleteOffset';
      readonly group: number;
      readonly partition: number;
    }
  | { readonly does: 'endTransaction'; readonly client: number; readonly isCommit: boolean }
  | { readonly does: 'wait'; readonly ms: number }
  | { readonly does: 'failAppend' | 'holdCommits' | 'commitAll' | 'deleteTopic' };

const client = fc.nat({ max: 4 });
const partition = fc.nat({ max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant('join' as const),
      client,
      topics: fc.subarray(['orders', 'shipping'], { minLength: 1 }),
      asStatic: fc.boolean(),
    }),
  },
  { weight: 8, arbitrary: fc.record({ does: fc.constant('sync' as const), client }) },
  {
    weight: 6,
    arbitrary: fc.record({ does: fc.constantFrom('beat' as const, 'leave' as const, 'disconnect' as const), client }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ does: fc.constant('commit' as const), client, partition, inTransaction: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constantFrom('simpleCommit' as const, 'deleteGroup' as const, 'deleteOffset' as const),
      group: fc.nat({ max: GROUPS.length - 1 }),
      partition,
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('endTransaction' as const), client, isCommit: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 50, 300, 4_000, 11_000, 61_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constantFrom(
        'failAppend' as const,
        'holdCommits' as const,
        'commitAll' as const,
        'deleteTopic' as const,
      ),
    }),
  },
);

/** A client that does what it is told with what it knows, which may be out of date. */
interface Client {
  readonly group: string;
  readonly connectionId: number;
  memberId: string;
  generationId: number;
  instanceId: string | null;
  members: string[];
}

/** Plays a history against a coordinator and watches what must hold on the way. */
class Play {
  readonly world: GroupWorld;
  readonly #clients: Client[];
  readonly #unanswered = new Set<string>();
  /**
   * Who led which generation of which group. A generation comes again after the group was deleted, or when it was not
   * recorded yet and the coordinator had to read the log again.
   */
  readonly #leaders = new Map<string, string>();
  readonly #violations: string[] = [];
  #requests = 0;
  #deletions = 0;

  constructor(settings: ConstructorParameters<typeof GroupWorld>[0]) {
    this.world = new GroupWorld({ groupMinSessionTimeoutMs: 1_000, ...settings });
    this.#clients = Array.from({ length: 5 }, (_, index) => ({
      group: GROUPS[index % GROUPS.length]!,
      connectionId: index + 1,
      memberId: '',
      generationId: -1,
      instanceId: null,
      members: [],
    }));
  }

  /** What must not have happened. */
  get wrongs(): string[] {
    return [...this.#violations, ...[...this.#unanswered].map((request) => `${request} unanswered`)];
  }

  async take(taken: Step): Promise<void> {
    const { world } = this;
    switch (taken.does) {
      case 'join':
        this.#join(this.#clients[taken.client]!, taken);
        break;
      case 'sync':
        this.#sync(this.#clients[taken.client]!);
        break;
      case 'beat':
        this.#expect('beat', world.heartbeat(this.#membership(taken.client)));
        break;
      case 'leave':
        this.#expect('leave', world.leave(this.#clients[taken.client]!.group, this.#clients[taken.client]!.memberId));
        break;
      case 'disconnect':
        world.coordinator.connectionClosed(this.#clients[taken.client]!.connectionId);
        break;
      case 'commit':
        this.#commit(taken);
        break;
      case 'simpleCommit':
        this.#expect(
          'simple commit',
          world.commit(GROUPS[taken.group]!, this.#requests, { partition: taken.partition }),
        );
        break;
      case 'deleteGroup':
        this.#deleteGroup(GROUPS[taken.group]!);
        break;
      case 'deleteOffset':
        this.#deleteOffset(GROUPS[taken.group]!, taken.partition);
        break;
      case 'endTransaction':
        this.#expect(
          'end of transaction',
          world.coordinator.endTransaction(
            0,
            { id: taken.client, epoch: 0 },
            { type: taken.isCommit ? 1 : 0, coordinatorEpoch: 0 },
          ),
        );
        break;
      case 'wait':
        await world.time.run(taken.ms);
        break;
      case 'failAppend':
        world.log.nextAppendError = E.NOT_ENOUGH_REPLICAS;
        break;
      case 'holdCommits':
        world.log.isCommitting = false;
        break;
      case 'commitAll':
        world.log.isCommitting = true;
        world.log.commit(0);
        break;
      case 'deleteTopic':
        world.coordinator.topicsChanged({
          ...NO_CHANGES,
          deleted: [{ name: 'shipping', id: TOPICS.get('shipping')!.id }],
        });
        break;
      default:
        taken satisfies never;
    }
    await world.time.settle();
  }

  /** Within one life, no generation of a group can come again: it ends when an administrator or expiry deletes a group. */
  get #life(): string {
    const records = this.world.log.batches(0).flatMap((batch) => decodeRecords(batch));
    const ended = records.filter(({ key, value }) => {
      const record = key === null || value !== null ? undefined : decodeGroupRecord(key, value);
      return record?.type === 'classicGroup';
    });
    return `${this.#deletions} ${ended.length} ${this.world.log.failedAppends}`;
  }

  #join(who: Client, { topics, asStatic }: { topics: string[]; asStatic: boolean }): void {
    if (who.memberId === '') who.instanceId = asStatic ? `instance ${who.connectionId % 3}` : null;
    const wish: JoinWish = {
      groupInstanceId: who.instanceId,
      memberId: who.memberId,
      connectionId: who.connectionId,
      sessionTimeoutMs: 5_000,
      rebalanceTimeoutMs: 10_000,
      protocols: [{ name: 'range', metadata: subscription(...topics) }],
    };
    const life = this.#life;
    this.#expect(
      'join',
      this.world.join(who.group, wish).then((joined) => this.#joined(who, joined, life)),
    );
  }

  #joined(who: Client, joined: JoinResponse, life: string): void {
    if (joined.errorCode === E.MEMBER_ID_REQUIRED.code) who.memberId = joined.memberId;
    else if (joined.errorCode !== 0) {
      who.memberId = '';
    } else {
      who.memberId = joined.memberId;
      who.generationId = joined.generationId ?? -1;
      who.members = joined.members.map(({ memberId }) => memberId);
      if (joined.members.length > 0) {
        if (life !== this.#life) return;
        const generation = `${life} ${who.group} ${who.generationId}`;
        if (joined.leader !== joined.memberId) this.#violations.push('a follower was told the members');
        const instance = who.instanceId ?? joined.memberId;
        const known = this.#leaders.get(generation) ?? instance;
        if (instance !== known) this.#violations.push(`${instance} and ${known} lead generation ${generation}`);
        this.#leaders.set(generation, instance);
      }
    }
  }

  #sync(who: Client): void {
    const assignments = Object.fromEntries(who.members.map((id) => [id, `${who.generationId}/${id}`]));
    const { generationId } = who;
    const syncs = this.world.sync(this.#membershipOf(who), assignments).then(({ errorCode, assignment }) => {
      if (errorCode !== 0 || assignment.length === 0) return;
      const text = Buffer.from(assignment).toString();
      if (!text.startsWith(`${generationId}/`)) this.#violations.push(`${text} assigned in ${generationId}`);
    });
    this.#expect('sync', syncs);
  }

  #commit({ client: index, partition: partitionIndex, inTransaction }: Extract<Step, { does: 'commit' }>): void {
    const who = this.#clients[index]!;
    if (!inTransaction) {
      const member = this.#membershipOf(who);
      this.#expect('commit', this.world.commit(who.group, this.#requests, { member, partition: partitionIndex }));
      return;
    }
    const offset = { partitionIndex, committedOffset: this.#requests, committedLeaderEpoch: -1, committedMetadata: '' };
    const request = {
      transactionalId: 'tx',
      groupId: who.group,
      producerId: index,
      producerEpoch: 0,
      generationId: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [{ name: 'orders', partitions: [offset] }],
    };
    this.#expect('transactional commit', this.world.coordinator.txnOffsetCommit(request, context(3)));
  }

  #deleteGroup(group: string): void {
    this.#deletions++;
    this.#expect('delete group', this.world.coordinator.deleteGroups({ groupsNames: [group] }));
  }

  #deleteOffset(groupId: string, partitionIndex: number): void {
    const topics = [{ name: 'orders', partitions: [{ partitionIndex }] }];
    this.#expect('delete offset', this.world.coordinator.offsetDelete({ groupId, topics }, context(0)));
  }

  #expect(what: string, promise: Promise<unknown>): void {
    const name = `${what} ${this.#requests++}`;
    this.#unanswered.add(name);
    void promise.then(() => this.#unanswered.delete(name));
  }

  #membership(index: number) {
    return this.#membershipOf(this.#clients[index]!);
  }

  #membershipOf({ group, memberId, generationId, instanceId, connectionId }: Client) {
    return { groupId: group, memberId, generationId, groupInstanceId: instanceId, connectionId };
  }
}

/** All that can be seen of the groups' recorded state. */
async function recorded(world: GroupWorld) {
  const seen: unknown[] = [];
  for (const group of GROUPS) {
    const { groupState, protocolType, protocolData, members } = await world.describe(group);
    const isRecorded = groupState === 'Stable' || (groupState === 'Empty' && protocolType !== '');
    seen.push(isRecorded ? { groupState, protocolType, protocolData, members } : 'not settled');
    const { groups } = await world.coordinator.offsetFetch(
      {
        groupId: '',
        topics: [],
        groups: [{ groupId: group, memberId: null, memberEpoch: -1, topics: null }],
        requireStable: true,
      },
      context(9),
    );
    // Their order is that of the records, which compaction changes.
    const offsets = groups[0]!.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, ...offset }) => [`${name}-${partitionIndex}`, offset] as const),
    );
    seen.push(Object.fromEntries(offsets));
  }
  return seen;
}

async function replay(play: Play): Promise<void> {
  const { world } = play;
  world.log.isCommitting = true;
  world.log.nextAppendError = E.NONE;
  world.log.commit(0);
  await world.time.settle();
  const lived = await recorded(world);
  const whole = world.log.batches(0);
  const compactedLogs = [compacted(whole, 'kept'), compacted(whole, 'dropped')];
  for (const batches of [whole, ...compactedLogs]) {
    world.log.replace(0, batches);
    world.restart();
    await world.time.settle();
    const loaded = await recorded(world);
    for (const [index, state] of lived.entries()) if (state !== 'not settled') assert.deepEqual(loaded[index], state);
  }
}

const settings = fc.record({
  groupInitialRebalanceDelayMs: fc.constantFrom(0, 300),
  memberDisconnectGraceMs: fc.constantFrom(-1, 200),
  groupMaxSize: fc.constantFrom(2, 1_000),
  offsetsRetentionMs: fc.constantFrom(2_000, 30_000, 604_800_000),
  offsetsRetentionCheckIntervalMs: fc.constantFrom(1_000, 600_000),
});

test('whatever happens: every request is answered, and the log, compacted or not, tells the same as living through it', async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.array(step, { maxLength: 60, size: 'max' }), async (wished, history) => {
      const play = new Play(wished);
      for (const taken of history) await play.take(taken);
      await replay(play);
      await play.world.time.run(SETTLE_MS);
      await play.world.time.settle();
      assert.deepEqual(play.wrongs, []);
    }),
    { numRuns: 150 },
  );
});

test('whatever happens: left alone, the groups come to rest with nothing that keeps running but sessions', async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.array(step, { maxLength: 40, size: 'max' }), async (wished, history) => {
      const play = new Play(wished);
      for (const taken of history) await play.take(taken);
      await play.take({ does: 'commitAll' });
      await play.world.time.run(SETTLE_MS);
      for (const group of GROUPS) {
        const { groupState, members } = await play.world.describe(group);
        assert.ok(groupState === 'Empty' || groupState === 'Dead', `${group} is ${groupState} with ${members.length}`);
      }
      // The look for expired offsets is all that is left.
      assert.ok(play.world.time.pending <= 1, `${play.world.time.pending} timers left`);
      assert.deepEqual(play.wrongs, []);
    }),
    { numRuns: 100 },
  );
});
