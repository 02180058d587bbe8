import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  brokerList,
  checkExecutable,
  reassignmentPlan,
  reassignmentText,
  topicsToMove,
} from '../../../src/cli/commands/reassign-partitions/reassign-file.ts';
import { movesOf, throttledReplicas } from '../../../src/cli/commands/reassign-partitions/reassign-throttles.ts';

const entry = (partition: number, replicas: readonly number[]) => ({ topic: 'a', partition, replicas });

test('a plan names replicas and, where it likes, their directories', () => {
  const first = { ...entry(1, [2, 1]), log_dirs: ['any', '/data'] };
  const plan = reassignmentPlan(JSON.stringify({ version: 1, partitions: [first, entry(0, [1])] }));
  assert.deepEqual(plan.partitions, [entry(1, [2, 1]), entry(0, [1])]);
  assert.deepEqual(plan.places, [{ topic: 'a', partition: 1, brokerId: 1, directory: '/data' }]);
  assert.equal(
    reassignmentText(plan.partitions, (_, brokerId) => (brokerId === 2 ? '/two' : undefined)),
    '{"version":1,"partitions":[{"topic":"a","partition":0,"replicas":[1],"log_dirs":["any"]},{"topic":"a","partition":1,"replicas":[2,1],"log_dirs":["/two","any"]}]}',
  );
});

function check(...partitions: readonly object[]): void {
  checkExecutable(reassignmentPlan(JSON.stringify({ partitions })));
}

test('plans that cannot be are told with Kafka’s words', () => {
  assert.throws(() => check(), /reassignment list cannot be empty/);
  assert.throws(() => check(entry(0, [])), /replica list cannot be empty/);
  assert.throws(() => check(entry(0, [1]), entry(0, [2])), /duplicate topic partitions: a-0/);
  assert.throws(() => check(entry(0, [1, 1])), /duplicate entries: a-0 contains multiple entries for 1/);
  assert.throws(
    () => check({ ...entry(0, [1]), log_dirs: [] }),
    /Size of replicas list \[1\] is different .* \[\] for/,
  );
  assert.throws(() => reassignmentPlan('{"version":2}'), /Not supported version field value 2/);
  assert.throws(() => reassignmentPlan('{'), /not valid JSON/);
  assert.throws(() => topicsToMove('{'), /The input string is not a valid JSON/);
  assert.throws(() => topicsToMove('{"topics":[{"topic":"a"},{"topic":"a"}]}'), /duplicate entries: \[a\]/);
  assert.throws(() => brokerList('1,x'), /For input string: "x"/);
  assert.throws(() => brokerList('1,1'), /duplicate entries: \[1\]/);
});

test('throttles name where replicas come from and where they go', () => {
  const ongoing = new Map([['a', new Map([[0, { replicas: [1, 2, 3], adding: [3], removing: [1] }]])]]);
  const proposed = [entry(0, [2, 4]), entry(10, [3, 1])];
  const moves = movesOf(ongoing, proposed, [entry(0, [1, 2, 3]), entry(10, [1, 2])]);
  const ofTopic = moves.get('a');
  assert.ok(ofTopic !== undefined);
  assert.equal(throttledReplicas(ofTopic, 'sources'), '0:1,0:2,10:1,10:2');
  assert.equal(throttledReplicas(ofTopic, 'destinations'), '0:4,10:3');
});
