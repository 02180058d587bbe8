import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { E } from '../../../src/protocol/errors.ts';
import { compacted } from '../compacted-log.ts';
import { ConsumerClient, describe } from './consumer-client.ts';
import { context, GroupWorld, NO_CHANGES, subscription, TOPICS } from './group-world.ts';

const GROUPS = ['a', 'b'];
const CONSUMERS = 4;
const CLASSICS = 3;
const SETTLE_MS = 20 * 60_000;

/** One thing that happens in a group whose members speak both protocols. */
type Step =
  | {
      readonly does: 'join';
      readonly client: number;
      readonly topics: string[];
      readonly pattern: string | null;
      readonly asStatic: boolean;
      readonly assignor: string | null;
    }
  | { readonly does: 'beat' | 'confirm' | 'holdOn' | 'leave' | 'leaveForNow' | 'commit'; readonly client: number }
  | { readonly does: 'classicJoin'; readonly client: number; readonly topics: string[]; readonly asStatic: boolean }
  | { readonly does: 'classicSync' | 'classicBeat' | 'classicLeave' | 'disconnect'; readonly client: number }
  | { readonly does: 'deleteGroup'; readonly group: number }
  | { readonly does: 'wait'; readonly ms: number }
  | { readonly does: 'grow' | 'deleteTopic' | 'createTopic' | 'failAppend' | 'restart' };

const consumer = fc.nat({ max: CONSUMERS - 1 });
const classic = fc.nat({ max: CLASSICS - 1 });
const topics = fc.subarray(['orders', 'shipping', 'later'], { minLength: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant('join' as const),
      client: consumer,
      topics,
      pattern: fc.constantFrom(null, null, '', 'ord.*', '.*'),
      asStatic: fc.boolean(),
      assignor: fc.constantFrom(null, 'range', 'uniform'),
    }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      does: fc.constantFrom(
        'beat' as const,
        'confirm' as const,
        'confirm' as const,
        'confirm' as const,
        'holdOn' as const,
        'leave' as const,
        'leaveForNow' as const,
        'commit' as const,
      ),
      client: consumer,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('classicJoin' as const),
      client: classic,
      topics,
      asStatic: fc.boolean(),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      does: fc.constantFrom(
        'classicSync' as const,
        'classicSync' as const,
        'classicBeat' as const,
        'classicLeave' as const,
        'disconnect' as const,
      ),
      client: classic,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('deleteGroup' as const), group: fc.nat({ max: GROUPS.length - 1 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(1, 300, 4_000, 11_000, 46_000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constantFrom(
        'grow' as const,
        'deleteTopic' as const,
        'createTopic' as const,
        'failAppend' as const,
        'restart' as const,
      ),
    }),
  },
);

interface ClassicClient {
  readonly groupId: string;
  readonly connectionId: number;
  memberId: string;
  generationId: number;
  groupInstanceId: string | null;
  members: string[];
}

/** Plays a history and watches what must hold on the way. */
class Play {
  readonly world: GroupWorld;
  readonly #consumers: ConsumerClient[];
  readonly #classics: ClassicClient[];
  readonly #unanswered = new Set<string>();
  #requests = 0;
  #ids = 0;

  constructor(settings: ConstructorParameters<typeof GroupWorld>[0]) {
    this.world = new GroupWorld({ groupMinSessionTimeoutMs: 1_000, ...settings });
    this.#consumers = Array.from({ length: CONSUMERS }, (_, index) => {
      const instanceId = index === 0 ? 'one' : null;
      const options = { instanceId, connectionId: 100 + index };
      return new ConsumerClient(this.world, GROUPS[index % 2]!, `consumer-${index}`, options);
    });
    this.#classics = Array.from({ length: CLASSICS }, (_, index) => ({
      groupId: GROUPS[index % 2]!,
      connectionId: index + 1,
      memberId: '',
      generationId: -1,
      groupInstanceId: null,
      members: [],
    }));
  }

  get unanswered(): string[] {
    return [...this.#unanswered];
  }

  async take(taken: Step): Promise<void> {
    if ('client' in taken) await this.#act(taken);
    else await this.#happen(taken);
    await this.world.time.settle();
    await this.#check();
  }

  async #act(taken: Extract<Step, { client: number }>): Promise<void> {
    const one = this.#consumers[taken.client]!;
    const other = this.#classics[taken.client % CLASSICS]!;
    switch (taken.does) {
      case 'join':
        if (taken.asStatic) one.memberId = `consumer-${taken.client}-${this.#ids++}`;
        this.#expect(
          'join',
          one.join(taken.pattern === null ? taken.topics : [], {
            subscribedTopicRegex: taken.pattern,
            serverAssignor: taken.assignor,
            rebalanceTimeoutMs: 10_000,
          }),
        );
        break;
      case 'beat':
        this.#expect('beat', one.beat());
        break;
      case 'confirm':
        this.#expect('confirm', one.confirm());
        break;
      case 'holdOn':
        this.#expect('hold on', one.beat({ topicPartitions: allPartitions() }));
        break;
      case 'leave':
        this.#expect('leave', one.leave());
        break;
      case 'leaveForNow':
        this.#expect('leave for now', one.leave(one.instanceId === null ? -1 : -2));
        break;
      case 'commit': {
        const { groupId, memberId, epoch: generationId } = one;
        this.#expect(
          'commit',
          this.world.commit(groupId, this.#requests, { member: { groupId, memberId, generationId } }),
        );
        break;
      }
      case 'classicJoin':
        this.#classicJoin(other, taken);
        break;
      case 'classicSync': {
        const assignments = Object.fromEntries(other.members.map((id) => [id, '']));
        this.#expect('sync', this.world.sync(other, assignments));
        break;
      }
      case 'classicBeat':
        this.#expect('heartbeat', this.world.heartbeat(other));
        break;
      case 'classicLeave':
        this.#expect('leave', this.world.leave(other.groupId, other.memberId));
        break;
      case 'disconnect':
        this.world.coordinator.connectionClosed(other.connectionId);
        break;
      default:
        taken satisfies never;
    }
  }

  async #happen(taken: Exclude<Step, { client: number }>): Promise<void> {
    const { world } = this;
    switch (taken.does) {
      case 'deleteGroup':
        this.#expect('delete', world.coordinator.deleteGroups({ groupsNames: [GROUPS[taken.group]!] }));
        break;
      case 'wait':
        await world.time.run(taken.ms);
        break;
      case 'grow':
        world.topics.set('orders', { ...TOPICS.get('orders')!, partitions: 5 });
        world.coordinator.topicsChanged({ ...NO_CHANGES, changed: ['orders'] });
        break;
      case 'deleteTopic':
        world.topics.delete('shipping');
        world.coordinator.topicsChanged({
          ...NO_CHANGES,
          deleted: [{ name: 'shipping', id: TOPICS.get('shipping')!.id }],
        });
        break;
      case 'createTopic':
        world.topics.set('later', { id: 'AAAAAAAAAAAAAAAAAAAAAw', partitions: 2 });
        world.revision++;
        world.coordinator.topicsChanged({ ...NO_CHANGES, created: ['later'] });
        break;
      case 'failAppend':
        world.log.nextAppendError = E.NOT_ENOUGH_REPLICAS;
        break;
      case 'restart':
        world.restart();
        break;
      default:
        taken satisfies never;
    }
  }

  #classicJoin(who: ClassicClient, { topics: wanted, asStatic }: Extract<Step, { does: 'classicJoin' }>): void {
    if (who.memberId === '') who.groupInstanceId = asStatic ? 'one' : null;
    const joins = this.world.join(who.groupId, {
      memberId: who.memberId,
      groupInstanceId: who.groupInstanceId,
      connectionId: who.connectionId,
      sessionTimeoutMs: 5_000,
      rebalanceTimeoutMs: 10_000,
      protocols: [{ name: 'range', metadata: subscription(...wanted) }],
    });
    this.#expect(
      'classic join',
      joins.then(({ errorCode, memberId, generationId, members }) => {
        who.memberId = errorCode === 0 || errorCode === E.MEMBER_ID_REQUIRED.code ? memberId : '';
        if (errorCode !== 0) return;
        who.generationId = generationId ?? -1;
        who.members = members.map((member) => member.memberId);
      }),
    );
  }

  /** No partition has two members that answer for it. */
  async #check(): Promise<void> {
    for (const group of GROUPS) {
      const owners = new Map<string, string>();
      const { members } = await describe(this.world, group);
      for (const { memberId, assignment } of members) {
        for (const { topicName, partitions } of assignment.topicPartitions) {
          for (const partition of partitions) {
            const key = `${topicName}-${partition}`;
            assert.equal(owners.get(key), undefined, `${key} has two owners`);
            owners.set(key, memberId);
          }
        }
      }
    }
  }

  #expect(what: string, promise: Promise<unknown>): void {
    const name = `${what} ${this.#requests++}`;
    this.#unanswered.add(name);
    void promise.then(() => this.#unanswered.delete(name));
  }
}

function allPartitions() {
  return [...TOPICS.values()].map(({ id }) => ({ topicId: id, partitions: [0, 1, 2, 3, 4] }));
}

/** All that can be seen of the groups' recorded state, in an order that does not depend on the log's. */
async function recorded(world: GroupWorld) {
  const seen: unknown[] = [];
  for (const group of GROUPS) {
    const described = await describe(world, group);
    const inOrder = ({ topicPartitions }: (typeof described)['members'][number]['assignment']) =>
      topicPartitions
        .map((topic) => ({ ...topic, partitions: topic.partitions.toSorted((a, b) => a - b) }))
        .toSorted((a, b) => (a.topicName < b.topicName ? -1 : 1));
    seen.push({
      ...described,
      errorMessage: null,
      members: described.members
        .map((member) => ({
          ...member,
          subscribedTopicNames: [...member.subscribedTopicNames].toSorted(),
          assignment: inOrder(member.assignment),
          targetAssignment: inOrder(member.targetAssignment),
        }))
        .toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1)),
    });
    const { groups } = await world.coordinator.offsetFetch(
      {
        groupId: '',
        topics: [],
        groups: [{ groupId: group, memberId: null, memberEpoch: -1, topics: null }],
        requireStable: true,
      },
      context(9),
    );
    const offsets = groups[0]!.topics.flatMap(({ name, partitions }) =>
      partitions.map((offset) => `${name} ${JSON.stringify(offset)}`),
    );
    seen.push(offsets);
    // Nobody could delete offsets of a group that is not there.
    const listed = await world.listed();
    if (offsets.length > 0)
      assert.ok(
        listed.some((line) => line.startsWith(`${group} `)),
        `${group} is not listed`,
      );
  }
  return seen;
}

const settings = fc.record({
  memberDisconnectGraceMs: fc.constantFrom(-1, 200),
  consumerGroupMaxSize: fc.constantFrom(2, 1_000),
  consumerGroupMigrationPolicy: fc.constantFrom('BIDIRECTIONAL' as const, 'UPGRADE' as const, 'DISABLED' as const),
});

const SMALL_GROUPS = {
  memberDisconnectGraceMs: -1,
  consumerGroupMaxSize: 2,
  consumerGroupMigrationPolicy: 'BIDIRECTIONAL',
} as const;
const plain = { topics: ['later'], asStatic: false };
const join = (client: number): Step => ({ does: 'join', client, pattern: null, assignor: null, ...plain });
const classicJoin: Step = { does: 'classicJoin', client: 1, ...plain };
const expire: Step = { does: 'wait', ms: 46_000 };
/** A group is of one kind, then of the other, twice: a compacted log has the ends of both behind one another. */
const offsetsOutliveBothKinds: Step[] = [
  join(1),
  { does: 'commit', client: 1 },
  expire,
  classicJoin,
  join(3),
  join(1),
  classicJoin,
  expire,
  classicJoin,
];

test('whatever happens in groups of both protocols: the log, compacted or not, tells the same as living through it', async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.array(step, { maxLength: 50, size: 'max' }), async (wished, history) => {
      const play = new Play(wished);
      for (const taken of history) await play.take(taken);
      const { world } = play;
      world.log.nextAppendError = E.NONE;
      await world.time.settle();
      const lived = await recorded(world);
      const whole = world.log.batches(0);
      for (const batches of [whole, compacted(whole, 'kept'), compacted(whole, 'dropped')]) {
        world.log.replace(0, batches);
        world.restart();
        await world.time.settle();
        assert.deepEqual(await recorded(world), lived);
      }
      await world.time.run(SETTLE_MS);
      await world.time.settle();
      assert.deepEqual(play.unanswered, []);
    }),
    { numRuns: 150, examples: [[SMALL_GROUPS, offsetsOutliveBothKinds]] },
  );
});

test('whatever happens in groups of both protocols: left alone, nothing keeps running', async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.array(step, { maxLength: 40, size: 'max' }), async (wished, history) => {
      const play = new Play(wished);
      for (const taken of history) await play.take(taken);
      play.world.log.nextAppendError = E.NONE;
      await play.world.time.run(SETTLE_MS);
      for (const listed of await play.world.listed()) assert.match(listed, / Empty$/);
      // The look for expired offsets is all that is left.
      assert.ok(play.world.time.pending <= 1, `${play.world.time.pending} timers left`);
      assert.deepEqual(play.unanswered, []);
    }),
    { numRuns: 100 },
  );
});
