import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeQuorum } from '../../../src/protocol/messages/055-describe-quorum.ts';
import { BrokerFixture } from '../broker-fixture.ts';

test('the controller leads the quorum in every version; its address is only in those that can carry it', async () => {
  const fixture = await BrokerFixture.start();
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
  for (const version of [0, 1, 2]) {
    const answer = await fixture.call(describeQuorum, version, { topics });
    assert.equal(answer.topics[0]?.partitions[0]?.leaderId, 1, `version ${version}`);
    assert.equal((answer.nodes ?? []).length, version < 2 ? 0 : 1, `version ${version}`);
  }
  await fixture.close();
});
