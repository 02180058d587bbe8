import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preferredReplica, type SelectedFrom } from '../../src/broker/replicas/replica-selector.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { BrokerImage } from '../../src/metadata/cluster-image.ts';

const { config } = loadConfig({
  overrides: { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' },
});

function broker(id: number, rack: string, fenced = false): [number, BrokerImage] {
  return [
    id,
    {
      id,
      rack,
      fenced,
      epoch: 1,
      isPresent: true,
      liveRevision: 1,
      lease: undefined,
      state: undefined,
      incarnation: `${id}`,
      endpoints: [],
      logDirs: [],
      machine: '',
      ready: true,
      shuttingDown: false,
      cleanEpoch: -1,
    },
  ];
}

/** Led by broker 1; 2 and 3 share a rack, 4 is fenced in another. */
const cluster = {
  brokerId: 1,
  config,
  image: () => ({ brokers: new Map([broker(1, 'a'), broker(2, 'b'), broker(3, 'b'), broker(4, 'c', true)]) }),
};

function chosen(partition: Partial<SelectedFrom>, rackId = 'b', offset = 5): number | undefined {
  const followerEndOffsets = new Map([
    [2, 10],
    [3, 12],
    [4, 12],
  ]);
  const leadership = { isr: [1, 2, 3, 4] };
  return preferredReplica(
    { isLeader: true, leadership, followerEndOffsets, log: { logStartOffset: 0 }, ...partition },
    { rackId, offset },
    cluster,
  );
}

test('the furthest of the replicas in sync and in the reader’s rack is preferred', () => {
  assert.equal(chosen({}), 3);
  assert.equal(chosen({ leadership: { isr: [1, 2] } }), 2, 'one that lags is never named');
  assert.equal(chosen({ leadership: { isr: [1] } }), undefined);
  assert.equal(chosen({}, 'c'), undefined, 'a fenced one neither');
  assert.equal(chosen({}, 'b', 13), undefined, 'nobody there has it yet');
});

test('the leader serves who is in its rack or in none, and refuses offsets before the log itself', () => {
  assert.equal(chosen({}, 'a'), undefined);
  assert.equal(chosen({}, ''), undefined);
  assert.equal(chosen({}, 'nowhere'), undefined);
  assert.equal(chosen({}, 'b', -1), undefined);
  assert.equal(chosen({ log: { logStartOffset: 6 } }), undefined);
  assert.equal(chosen({ isLeader: false }), undefined, 'only the leader chooses');
});
