import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InSyncProposals, type InSyncProposal } from '../../src/replication/in-sync-proposals.ts';
import { GatedStore } from '../../src/metadata/gated-store.ts';
import { StoreUnavailable, type Txn, type TxnResult } from '../../src/metadata/metadata-store.ts';
import { partitionRecord } from '../../src/metadata/records.ts';
import { storeKeys } from '../../src/metadata/store-keys.ts';
import { Gate } from '../../src/runtime/gate.ts';
import { Cluster, done } from '../controller/cluster-fixture.ts';
import type { MetadataStore } from '../../src/metadata/metadata-store.ts';

/** A store whose next transactions fail without telling whether they took effect. */
class UnsureStore extends GatedStore {
  readonly #inner: MetadataStore;
  unsure = 0;
  txns = 0;

  constructor(inner: MetadataStore) {
    super(inner, new Gate());
    this.#inner = inner;
  }

  override async txn(txn: Txn): Promise<TxnResult> {
    this.txns++;
    const result = await this.#inner.txn(txn);
    if (this.unsure === 0) return result;
    this.unsure--;
    throw new StoreUnavailable('no answer');
  }
}

/** A broker alone that leads partitions with replicas elsewhere, which it may drop from the in-sync sets. */
async function given(partitions = 1) {
  const cluster = await Cluster.start();
  const { time, view, registration } = cluster;
  const store = new UnsureStore(cluster.store);
  const ops = Array.from({ length: partitions }, (_, index) => ({
    type: 'put' as const,
    key: storeKeys.partition(TOPIC_ID, index),
    value: JSON.stringify(RECORD),
  }));
  const { revision } = await done(time, cluster.store.txn({ compares: [], onSuccess: ops }));
  await time.settle();
  assert(view.image.revision >= revision);
  const { brokerEpoch } = registration;
  const proposals = new InSyncProposals({ store, view, timers: time, brokerId: 1, brokerEpoch: () => brokerEpoch });
  const refused: number[] = [];
  const seen = (index: number) => view.image.partitions.get(TOPIC_ID)![index]!;
  const proposal = (index: number, members: readonly number[]): InSyncProposal => ({
    topicId: TOPIC_ID,
    index,
    seen: seen(index),
    members: members.map((brokerId) => ({ brokerId, brokerEpoch })),
    minInSync: 1,
    refused: () => refused.push(index),
  });
  return { cluster, time, store, proposals, refused, seen, proposal };
}

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const RECORD = {
  leader: 1,
  leaderEpoch: 0,
  partitionEpoch: 0,
  replicas: [1, 2, 3],
  isr: [1, 2, 3],
  elr: [],
  lastKnownElr: [],
  adding: [],
  removing: [],
  recovering: false,
};

test('what a leader wants of many partitions goes in few transactions', async () => {
  const { time, store, proposals, seen, proposal } = await given(128);
  for (let index = 0; index < 128; index++) proposals.propose(proposal(index, [1, 2]));
  await time.settle();
  assert.deepEqual(partitionRecord(seen(127)), { ...RECORD, isr: [1, 2], partitionEpoch: 1 });
  assert.equal(store.txns, 2);
});

test('of two proposals for one partition that wait together the newer one counts', async () => {
  const { time, proposals, refused, seen, proposal } = await given();
  proposals.propose(proposal(0, [1]));
  proposals.propose(proposal(0, [1, 3]));
  await time.settle();
  assert.deepEqual([seen(0).isr, refused], [[1, 3], []]);
});

test('a proposal for a record that changed is refused, and holds up none of the others', async () => {
  const { cluster, time, proposals, refused, seen, proposal } = await given(3);
  const late = proposal(1, [1]);
  const value = JSON.stringify({ ...RECORD, partitionEpoch: 7 });
  const change = { type: 'put' as const, key: storeKeys.partition(TOPIC_ID, 1), value };
  await done(time, cluster.store.txn({ compares: [], onSuccess: [change] }));
  proposals.propose(proposal(0, [1]));
  proposals.propose(late);
  proposals.propose(proposal(2, [1]));
  await time.settle();
  assert.deepEqual([refused, seen(0).isr, seen(1).partitionEpoch, seen(2).isr], [[1], [1], 7, [1]]);
});

test('a proposal of unknown outcome is repeated until it is known, and takes effect once', async () => {
  const { time, store, proposals, refused, seen, proposal } = await given();
  store.unsure = 2;
  proposals.propose(proposal(0, [1]));
  await time.run(5000);
  assert.deepEqual([seen(0).isr, seen(0).partitionEpoch], [[1], 1]);
  assert.deepEqual(refused, [0], 'the answer that is known came to a record that had changed already');
});

test('a leader whose registration is gone proposes in vain', async () => {
  const { cluster, time, proposals, refused, seen, proposal } = await given();
  const { lease } = (await done(time, cluster.store.get(storeKeys.broker(1))))!;
  await done(time, cluster.store.revoke(lease!));
  proposals.propose(proposal(0, [1]));
  await time.settle();
  assert.deepEqual([refused, seen(0).isr], [[0], [1, 2, 3]]);
});
