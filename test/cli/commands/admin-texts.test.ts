import assert from 'node:assert/strict';
import { test } from 'node:test';
import { versionsText } from '../../../src/cli/commands/broker-api-versions.ts';
import { featureLevel } from '../../../src/cli/commands/features.ts';
import { electionFile } from '../../../src/cli/commands/leader-election.ts';
import { dependencyText, levelsFor, levelText, metadataLevel } from '../../../src/cli/commands/metadata-versions.ts';
import { tableText } from '../../../src/cli/tools/table-text.ts';

test('metadata versions go by their exact names and by those of releases', () => {
  assert.deepEqual([metadataLevel('3.3-IV3'), metadataLevel('4.0'), metadataLevel('4.0-IV1')], [7, 25, 23]);
  for (const name of ['4.4', '3.2', '', '4']) assert.throws(() => metadataLevel(name), /Unknown metadata\.version/);
  assert.equal(levelText('metadata.version', 30), '4.3-IV0');
  assert.equal(levelText('group.version', 1), '1');
});

test('a release sets the levels of all features', () => {
  const { levels } = levelsFor('4.0-IV2');
  assert.deepEqual([...levels.values()], [24, 1, 2, 1, 0, 0, 0]);
  assert.equal(levelsFor().levels.get('streams.version'), 1);
});

test('features are told with what they need', () => {
  assert.equal(dependencyText('share.version', 1), 'share.version=1 has no dependencies.');
  assert.match(
    dependencyText('eligible.leader.replicas.version', 1),
    /requires:\n {4}metadata\.version=23 \(4\.0-IV1\)/,
  );
  assert.throws(() => dependencyText('share.version', 2), /No feature:share\.version with feature level 2/);
});

test('a feature and its level stand on both sides of an equals sign', () => {
  assert.deepEqual(featureLevel(' a.b = 7'), ['a.b', 7]);
  for (const text of ['a=x', 'a=', 'a=40000', 'a=1.5']) assert.throws(() => featureLevel(text), /as a short/);
  assert.throws(() => featureLevel('a'), /equals sign not found/);
});

test('versions tell what both sides speak', () => {
  const text = versionsText(
    new Map([
      [0, { min: 0, max: 99 }],
      [46, { min: 0, max: 0 }],
      [1, { min: 77, max: 78 }],
      [999, { min: 1, max: 2 }],
    ]),
  );
  for (const line of [
    'Produce(0): 0 to 99 [usable: 13],',
    'ListPartitionReassignments(46): 0 [usable: 0],',
    'Fetch(1): 77 to 78 [unusable: node too new],',
    'Metadata(3): UNSUPPORTED,',
    'UNKNOWN(999): 1 to 2\n)',
  ])
    assert.ok(text.includes(`\t${line}`), line);
});

test('a file of partitions is read with the checks of Kafka', () => {
  const partition = { topic: 'a', partition: 1 };
  assert.deepEqual(electionFile(JSON.stringify({ partitions: [partition] })), [partition]);
  assert.throws(() => electionFile('['), /data is empty/);
  assert.throws(() => electionFile('{}'), /missing "partitions" field/);
  assert.throws(() => electionFile('{"partitions":[{"topic":"a"}]}'), /No such field exists: `partition`/);
  assert.throws(
    () => electionFile(JSON.stringify({ partitions: [partition, partition] })),
    /duplicate partitions: \[a-1\]/,
  );
});

test('columns are as wide as their widest text', () => {
  assert.equal(tableText(['A', 'Name'], [['100', 'b']], '\t'), 'A  \tName\t\n100\tb   \t');
});
