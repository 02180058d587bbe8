import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { E } from '../../../src/protocol/errors.ts';
import { offsetCommit } from '../../../src/protocol/messages/008-offset-commit.ts';
import { findCoordinator } from '../../../src/protocol/messages/010-find-coordinator.ts';
import { describeGroups } from '../../../src/protocol/messages/015-describe-groups.ts';
import { listGroups } from '../../../src/protocol/messages/016-list-groups.ts';
import { offsetDelete } from '../../../src/protocol/messages/047-offset-delete.ts';
import { BrokerFixture } from '../broker-fixture.ts';
import { requestOf } from './request-of.ts';

const NOT_ASKED = -2_147_483_648;
const GROUP_OPERATIONS = 3400;

/** A broker with a group that commits without members. */
async function withGroup(): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('t');
  await fixture.call(findCoordinator, 0, requestOf(findCoordinator, { key: 'g' }));
  const partition = { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: '' };
  const request = requestOf(offsetCommit, {
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    topics: [{ name: 't', topicId: ZERO_UUID, partitions: [partition] }],
  });
  const { topics } = await fixture.call(offsetCommit, 8, request);
  assert.equal(topics[0]!.partitions[0]!.errorCode, E.NONE.code);
  return fixture;
}

test('the first look-up of a coordinator makes its topic, the next ones find it', async () => {
  const fixture = await BrokerFixture.start();
  const find = (version: number, keyType: number) =>
    fixture.call(
      findCoordinator,
      version,
      requestOf(findCoordinator, version < 4 ? { key: 'g', keyType } : { coordinatorKeys: ['g', 'h'], keyType }),
    );
  for (const keyType of [0, 1]) {
    const first = await find(3, keyType);
    assert.deepEqual([first.errorCode, first.nodeId], [E.COORDINATOR_NOT_AVAILABLE.code, -1]);
    const second = await find(3, keyType);
    assert.deepEqual([second.errorCode, second.errorMessage], [E.NONE.code, 'NONE']);
    assert.deepEqual([second.nodeId, second.host, second.port], [1, '127.0.0.1', 9092]);
    const { coordinators } = await find(4, keyType);
    assert.deepEqual(
      coordinators.map(({ key, nodeId, errorCode, errorMessage }) => [key, nodeId, errorCode, errorMessage]),
      [
        ['g', 1, 0, ''],
        ['h', 1, 0, ''],
      ],
    );
  }
  await fixture.close();
});

test('share coordinators are found from version 6 on; no other kind is known', async () => {
  const fixture = await BrokerFixture.start();
  const error = async (version: number, keyType: number) => {
    const request = requestOf(findCoordinator, { coordinatorKeys: ['g:AAAAAAAAAAAAAAAAAAAAQQ:0'], keyType });
    const { coordinators } = await fixture.call(findCoordinator, version, request);
    return coordinators[0]!.errorCode;
  };
  assert.equal(await error(5, 2), E.INVALID_REQUEST.code);
  assert.equal(await error(6, 2), E.COORDINATOR_NOT_AVAILABLE.code);
  assert.equal(await error(6, 3), E.INVALID_REQUEST.code);
  assert.equal(await error(6, -1), E.INVALID_REQUEST.code);
  await fixture.close();
});

test('what may be done with a group is told from version 3 on, to who asks', async () => {
  const fixture = await withGroup();
  const operations = async (version: number, includeAuthorizedOperations: boolean) => {
    const request = requestOf(describeGroups, { groups: ['g'], includeAuthorizedOperations });
    const { groups } = await fixture.call(describeGroups, version, request);
    assert.deepEqual([groups[0]!.errorCode, groups[0]!.groupState], [E.NONE.code, 'Empty']);
    return groups[0]!.authorizedOperations;
  };
  assert.equal(await operations(2, false), NOT_ASKED);
  for (const version of [3, 4, 5, 6]) {
    assert.equal(await operations(version, true), GROUP_OPERATIONS, String(version));
    assert.equal(await operations(version, false), NOT_ASKED, String(version));
  }
  await fixture.close();
});

test('groups are listed by state and by type; kinds of groups that are not there give an empty list', async () => {
  const fixture = await withGroup();
  const list = async (version: number, given: { statesFilter?: string[]; typesFilter?: string[] } = {}) => {
    const { errorCode, groups } = await fixture.call(listGroups, version, requestOf(listGroups, given));
    assert.equal(errorCode, E.NONE.code);
    return groups.map(({ groupId }) => groupId);
  };
  for (let version = 0; version <= 5; version++) assert.deepEqual(await list(version), ['g']);
  assert.deepEqual(await list(4, { statesFilter: ['Empty', 'Stable'] }), ['g']);
  assert.deepEqual(await list(4, { statesFilter: ['Stable'] }), []);
  assert.deepEqual(await list(5, { typesFilter: ['classic'] }), ['g']);
  for (const type of ['consumer', 'share', 'streams', 'nonsense']) {
    assert.deepEqual(await list(5, { typesFilter: [type] }), [], type);
  }
  await fixture.close();
});

test('committed offsets are deleted; topics without partitions are not answered', async () => {
  const fixture = await withGroup();
  const remove = (topics: { name: string; partitions: { partitionIndex: number }[] }[]) =>
    fixture.call(offsetDelete, 0, requestOf(offsetDelete, { groupId: 'g', topics }));
  const none = await remove([{ name: 't', partitions: [] }]);
  assert.deepEqual([none.errorCode, none.topics], [E.NONE.code, []]);
  const { topics } = await remove([{ name: 't', partitions: [{ partitionIndex: 0 }] }]);
  assert.equal(topics[0]!.partitions[0]!.errorCode, E.NONE.code);
  await fixture.close();
});
