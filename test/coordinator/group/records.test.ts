import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Malformed } from '../../../src/base/malformed.ts';
import {
  decodeGroupRecord,
  encodeGroupRecord,
  type GroupRecord,
} from '../../../src/coordinator/group/group-records.ts';

/** Records as Kafka 4.3.1 wrote them to its `__consumer_offsets`, and what they say. */
const captured: { key: string; value: string | null; record: GroupRecord }[] = [
  {
    key: '00010009636f6f72642d7265740007636f6f72642d6100000001',
    value: '00040000000000000005ffffffff026d000001a1fced8f2c010010550fd5d50d1f479bbb7785b53ebe54dc',
    record: {
      type: 'offset',
      group: 'coord-ret',
      topic: 'coord-a',
      partition: 1,
      value: {
        offset: 5,
        leaderEpoch: -1,
        metadata: 'm',
        commitTimestamp: 1795244789548,
        expireTimestamp: -1,
        topicId: 'VQ_V1Q0fR5u7d4W1Pr5U3A',
      },
    },
  },
  {
    // An offset with an expiry of its own is written in an old version, the last that could tell it.
    key: '00010009636f6f72642d7265740007636f6f72642d6100000000',
    value: '0001000000000000000500016d000001a1fced8f21000001a1fcee7981',
    record: {
      type: 'offset',
      group: 'coord-ret',
      topic: 'coord-a',
      partition: 0,
      value: {
        offset: 5,
        leaderEpoch: -1,
        metadata: 'm',
        commitTimestamp: 1795244789537,
        expireTimestamp: 1795244849537,
        topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
      },
    },
  },
  {
    key: '00020013636f6f72642d7374617469632d373235353632',
    value:
      '00030008636f6e73756d657200000001000572616e6765002769312d66346331623938622d613564652d346365332d613039612d376264336530653163666266000001a1fcecad4a00000001002769312d66346331623938622d613564652d346365332d613039612d376264336530653163666266000269310003636c69000a2f3132372e302e302e3100000bb800002710000000170001000000010007636f6f72642d61ffffffff000000000000000101',
    record: {
      type: 'classicGroup',
      group: 'coord-static-725562',
      value: {
        protocolType: 'consumer',
        generation: 1,
        protocol: 'range',
        leader: 'i1-f4c1b98b-a5de-4ce3-a09a-7bd3e0e1cfbf',
        currentStateTimestamp: 1795244731722,
        members: [
          {
            memberId: 'i1-f4c1b98b-a5de-4ce3-a09a-7bd3e0e1cfbf',
            groupInstanceId: 'i1',
            clientId: 'cli',
            clientHost: '/127.0.0.1',
            rebalanceTimeout: 3000,
            sessionTimeout: 10000,
            subscription: Buffer.from('0001000000010007636f6f72642d61ffffffff00000000', 'hex'),
            assignment: Buffer.from([1]),
          },
        ],
      },
    },
  },
  {
    key: '00020013636f6f72642d7374617469632d373235353632',
    value: null,
    record: { type: 'classicGroup', group: 'coord-static-725562', value: null },
  },
];

test('records of Kafka are read, and written byte for byte as Kafka writes them', () => {
  for (const { key, value, record } of captured) {
    const read = decodeGroupRecord(Buffer.from(key, 'hex'), value === null ? null : Buffer.from(value, 'hex'));
    assert.deepEqual(read, record);
    const written = encodeGroupRecord(record);
    assert.equal(Buffer.from(written.key).toString('hex'), key);
    assert.equal(written.value === null ? null : Buffer.from(written.value).toString('hex'), value);
  }
});

test('an offset key of the oldest kind is read as one of today', () => {
  const key = Buffer.from('00000001670001740000000a', 'hex');
  const value = Buffer.from('0000000000000000000700000000000000000009', 'hex');
  const record = decodeGroupRecord(key, value);
  assert.deepEqual(record, {
    type: 'offset',
    group: 'g',
    topic: 't',
    partition: 10,
    value: {
      offset: 7,
      leaderEpoch: -1,
      metadata: '',
      commitTimestamp: 9,
      expireTimestamp: -1,
      topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
    },
  });
});

test('records of other groups are told from damage', () => {
  assert.equal(decodeGroupRecord(Buffer.from('000c000167', 'hex'), null), undefined);
  assert.throws(() => decodeGroupRecord(Buffer.from('00', 'hex'), null), Malformed);
  assert.throws(() => decodeGroupRecord(Buffer.from('0002000567', 'hex'), null), Malformed);
  assert.throws(() => decodeGroupRecord(Buffer.from('0002000167', 'hex'), Buffer.from('0009', 'hex')), Malformed);
});
