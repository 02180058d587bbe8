import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { PartitionAssignor } from '../../src/coordinator/group/assignor/partition-assignor.ts';
import { rangeAssignor } from '../../src/coordinator/group/assignor/range-assignor.ts';
import { uniformAssignor } from '../../src/coordinator/group/assignor/uniform-assignor.ts';
import { compatRoot } from '../paths.ts';
import { kafkaClassPath } from '../tools/kafka-jars.ts';
import { changedGroup, newGroup, subscribesEqually, type Group, type Owned } from './random-group.ts';

/*
 * Has Kafka's own assignor classes and ours divide the same random groups, each then changed several times, and holds
 * the results against each other:
 *   node dist/compat/assignors/run.js [GROUPS] [SEED]
 * Range, and uniform with different subscriptions: exactly the same. Uniform with equal subscriptions, where Kafka's
 * result hangs on the order of a hash table: the same number of partitions for each member, and no more that move.
 */
const GROUPS = Number(process.argv[2] ?? 500);
const CHANGES = 6;
const random = new SeededRandom(Number(process.argv[3] ?? 1));

interface Case {
  readonly group: Group;
  readonly assignor: PartitionAssignor;
  readonly ours: Owned;
}

function cases(): Case[] {
  const found: Case[] = [];
  for (let count = 0; count < GROUPS; count++) {
    const assignor = count % 3 === 0 ? rangeAssignor : uniformAssignor;
    let group = newGroup(random);
    for (let change = 0; change < CHANGES; change++) {
      const ours = assign(assignor, group);
      found.push({ group, assignor, ours });
      group = changedGroup(random, group, ours);
    }
  }
  return found;
}

function assign(assignor: PartitionAssignor, group: Group): Owned {
  const members = [...group.members].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const assignments = assignor.assign(
    members.map(([memberId, { instanceId, topicIds, owned }]) => ({
      memberId,
      instanceId,
      rackId: null,
      topicIds,
      assignment: owned,
    })),
    { partitionCount: (topicId) => group.topics.get(topicId) ?? 0, racks: () => new Set() },
  );
  return new Map([...assignments].map(([memberId, assignment]) => [memberId, assignment]));
}

function question({ group, assignor }: Case): string {
  const members = [...group.members].map(([memberId, { instanceId, topicIds, owned }]) => [
    memberId,
    { instance: instanceId, topics: [...topicIds], assignment: Object.fromEntries(owned) },
  ]);
  return JSON.stringify({
    assignor: assignor.name,
    topics: Object.fromEntries(group.topics),
    members: Object.fromEntries(members) as object,
  });
}

function kafkaAnswers(questions: readonly string[]): Owned[] {
  const source = join(compatRoot, 'java', 'Assignors.java');
  const result = spawnSync('java', ['-cp', kafkaClassPath(), source], {
    input: `${questions.join('\n')}\n`,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (result.status !== 0) throw new Error(`java failed: ${result.error?.message ?? result.stderr}`);
  const lines = result.stdout.trimEnd().split('\n');
  if (lines.length !== questions.length) throw new Error(`${lines.length} answers to ${questions.length} questions`);
  return lines.map((line) => {
    const answer = JSON.parse(line) as Record<string, Record<string, number[]>>;
    return new Map(Object.entries(answer).map(([memberId, topics]) => [memberId, new Map(Object.entries(topics))]));
  });
}

/** What differs beyond what may; undefined when nothing does. */
function difference({ group, assignor, ours }: Case, theirs: Owned): string | undefined {
  const isExact = assignor === rangeAssignor || !subscribesEqually(group);
  if (isExact) return isDeepStrictEqual(plain(ours), plain(theirs)) ? undefined : 'not the same assignment';
  const ids = [...group.members.keys()];
  const other = ids.find((memberId) => countOf(ours, memberId) !== countOf(theirs, memberId));
  if (other !== undefined) {
    return `${other} has ${countOf(ours, other)} partitions, with Kafka ${countOf(theirs, other)}`;
  }
  const [ourMoves, theirMoves] = [movesOf(group, ours), movesOf(group, theirs)];
  return ourMoves > theirMoves ? `${ourMoves} partitions moved, with Kafka ${theirMoves}` : undefined;
}

/** Without members that have nothing, which some of Kafka's leave out. */
function plain(owned: Owned): object {
  const members = [...owned].filter(([, topics]) => topics.size > 0);
  return Object.fromEntries(members.map(([memberId, topics]) => [memberId, Object.fromEntries(topics)]));
}

function countOf(owned: Owned, memberId: string): number {
  return [...(owned.get(memberId)?.values() ?? [])].reduce((sum, partitions) => sum + partitions.length, 0);
}

/** Partitions that a member has and did not have before. */
function movesOf(group: Group, owned: Owned): number {
  let moves = 0;
  for (const [memberId, topics] of owned) {
    for (const [topicId, partitions] of topics) {
      const before = new Set(group.members.get(memberId)?.owned.get(topicId));
      moves += partitions.filter((partition) => !before.has(partition)).length;
    }
  }
  return moves;
}

const all = cases();
const answers = kafkaAnswers(all.map(question));
let different = 0;
for (const [index, one] of all.entries()) {
  const found = difference(one, answers[index] ?? new Map<string, never>());
  if (found === undefined) continue;
  if (different++ < 5) console.log(`${one.assignor.name}: ${found}\n  ${question(one)}`);
}
console.log(`${all.length} assignments, ${different} different from Kafka's`);
process.exitCode = different === 0 ? 0 : 1;
