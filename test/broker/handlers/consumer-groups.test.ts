import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { findCoordinator } from '../../../src/protocol/messages/010-find-coordinator.ts';
import { createPartitions } from '../../../src/protocol/messages/037-create-partitions.ts';
import { incrementalAlterConfigs } from '../../../src/protocol/messages/044-incremental-alter-configs.ts';
import { updateFeatures } from '../../../src/protocol/messages/057-update-features.ts';
import { consumerGroupHeartbeat } from '../../../src/protocol/messages/068-consumer-group-heartbeat.ts';
import { consumerGroupDescribe } from '../../../src/protocol/messages/069-consumer-group-describe.ts';
import type { Write } from '../../../src/protocol/schema.ts';
import { BrokerFixture, type FixtureOptions } from '../broker-fixture.ts';
import { requestOf } from './request-of.ts';

const GROUP_OPERATIONS = 3400;
const GROUP_RESOURCE = 32;
const SAFE_DOWNGRADE = 2;

const JOINS = { memberEpoch: 0, rebalanceTimeoutMs: 30_000, subscribedTopicNames: ['t'], topicPartitions: [] };

async function withTopic(options: FixtureOptions = {}): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start(options);
  await fixture.createTopic('t');
  await fixture.call(findCoordinator, 0, requestOf(findCoordinator, { key: 'g' }));
  return fixture;
}

function beat(fixture: BrokerFixture, wish: Partial<Write<typeof consumerGroupHeartbeat.request.fields>>) {
  const request = requestOf(consumerGroupHeartbeat, { groupId: 'g', memberId: 'm', ...wish });
  return fixture.call(consumerGroupHeartbeat, 1, request);
}

function partitionsOf({ assignment }: Awaited<ReturnType<typeof beat>>): number[] | undefined {
  return assignment?.topicPartitions.flatMap(({ partitions }) => partitions);
}

test('partitions that are added reach the members of a group', async () => {
  const fixture = await withTopic({ settings: { 'group.consumer.assignment.interval.ms': 0 } });
  const joined = await beat(fixture, JOINS);
  assert.deepEqual(partitionsOf(joined), [0]);
  const topics = [{ name: 't', count: 3, assignments: null }];
  await fixture.call(createPartitions, 3, requestOf(createPartitions, { topics, timeoutMs: 1_000 }));
  const next = await beat(fixture, { memberEpoch: joined.memberEpoch });
  assert.deepEqual(partitionsOf(next), [0, 1, 2]);
});

test('settings of a group count at once', async () => {
  const fixture = await withTopic();
  const joined = await beat(fixture, JOINS);
  const configs = [{ name: 'consumer.heartbeat.interval.ms', configOperation: 0, value: '7000' }];
  const resources = [{ resourceType: GROUP_RESOURCE, resourceName: 'g', configs }];
  await fixture.call(incrementalAlterConfigs, 1, requestOf(incrementalAlterConfigs, { resources }));
  const next = await beat(fixture, { memberEpoch: joined.memberEpoch });
  assert.equal(next.heartbeatIntervalMs, 7_000);
});

test('a description tells what may be done with the group when asked', async () => {
  const fixture = await withTopic();
  await beat(fixture, JOINS);
  const request = requestOf(consumerGroupDescribe, { groupIds: ['g', 'none', ''], includeAuthorizedOperations: true });
  const { groups } = await fixture.call(consumerGroupDescribe, 1, request);
  assert.deepEqual(
    groups.map(({ groupId, errorCode, authorizedOperations }) => [groupId, errorCode, authorizedOperations]),
    [
      ['g', E.NONE.code, GROUP_OPERATIONS],
      ['none', E.GROUP_ID_NOT_FOUND.code, -2_147_483_648],
      ['', E.INVALID_GROUP_ID.code, -2_147_483_648],
    ],
  );
});

async function notServed(fixture: BrokerFixture): Promise<void> {
  assert.equal((await beat(fixture, JOINS)).errorCode, E.UNSUPPORTED_VERSION.code);
  const request = requestOf(consumerGroupDescribe, { groupIds: ['g'] });
  const { groups } = await fixture.call(consumerGroupDescribe, 1, request);
  assert.equal(groups[0]!.errorCode, E.UNSUPPORTED_VERSION.code);
}

test('without the feature group.version the protocol is not served', async () => {
  const fixture = await withTopic();
  const featureUpdates = [
    { feature: 'group.version', maxVersionLevel: 0, allowDowngrade: false, upgradeType: SAFE_DOWNGRADE },
  ];
  await fixture.call(updateFeatures, 1, requestOf(updateFeatures, { featureUpdates, timeoutMs: 1_000 }));
  await notServed(fixture);
});

test('group.coordinator.rebalance.protocols without consumer switches the protocol off', async () => {
  await notServed(await withTopic({ settings: { 'group.coordinator.rebalance.protocols': 'classic' } }));
});
