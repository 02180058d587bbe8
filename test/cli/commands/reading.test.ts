import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addedIn } from '../../../src/cli/commands/configs/configs.ts';
import { deletionsIn } from '../../../src/cli/commands/delete-records.ts';
import { ruleIn } from '../../../src/cli/commands/get-offsets.ts';
import { toolNamed } from '../../../src/cli/tools/all-tools.ts';

test('settings are split at commas that are not within brackets', () => {
  assert.deepEqual(
    [...addedIn('retention.ms=1000,cleanup.policy=[compact,delete], a = b')],
    [
      ['retention.ms', '1000'],
      ['cleanup.policy', 'compact,delete'],
      ['a', 'b'],
    ],
  );
  for (const text of ['foo', 'a=b=c', ''])
    assert.throws(() => addedIn(text), /requirement failed: Invalid entity config/);
  assert.throws(() => addedIn('a b=1'), /Invalid character found for config key: a b/);
});

test('records to delete are read with the checks of Kafka', () => {
  const partitions = [
    { topic: 'a', partition: 0, offset: 3 },
    { topic: 'a', partition: 1, offset: -1 },
  ];
  assert.deepEqual(deletionsIn(JSON.stringify({ version: 1, partitions })), [
    { topic: 'a', partition: 0, before: 3 },
    { topic: 'a', partition: 1, before: 'latest' },
  ]);
  assert.throws(() => deletionsIn('{'), /The input string is not a valid JSON/);
  assert.throws(() => deletionsIn('{"version":2}'), /Not supported version field value 2/);
  assert.throws(() => deletionsIn('{}'), /Missing partitions field/);
  assert.throws(
    () => deletionsIn(JSON.stringify({ partitions: [partitions[0], partitions[0]] })),
    /Offset json file contains duplicate topic partitions: a-0/,
  );
});

function fitting(rule: string): string[] {
  return ['a:0', 'a:1', 'a:2', 'b:1'].filter((name) => ruleIn(rule)(name[0] ?? '', Number(name.slice(2))));
}

test('a rule names topics by a pattern and partitions one by one or as a range without its end', () => {
  assert.deepEqual(fitting('a'), ['a:0', 'a:1', 'a:2']);
  assert.deepEqual(fitting(':1'), ['a:1', 'b:1']);
  assert.deepEqual(fitting('a:1-2'), ['a:1']);
  assert.deepEqual(fitting('.*:1-'), ['a:1', 'a:2', 'b:1']);
  assert.deepEqual(fitting('a:-1'), ['a:0']);
  assert.throws(() => ruleIn('a:b'), /Invalid rule specification: a:b/);
});

test('a command goes by its name with and without what stands around it', () => {
  for (const name of ['kafka-topics.sh', 'kafka-topics', 'topics']) assert.equal(toolNamed(name)?.name, 'kafka-topics');
  assert.equal(toolNamed('start'), undefined);
});
