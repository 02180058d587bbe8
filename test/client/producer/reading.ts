import assert from 'node:assert/strict';
import type { Cluster } from '../../../src/client/cluster.ts';
import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { fetch } from '../../../src/protocol/messages/001-fetch.ts';
import { createTopics } from '../../../src/protocol/messages/019-create-topics.ts';
import { isControl, isTransactional, nextOffset, producerId } from '../../../src/records/batch.ts';
import { BatchCursor } from '../../../src/records/batch-cursor.ts';
import { decodeRecords, type DecodedRecord } from '../../../src/records/batch-records.ts';

const FETCH_BY_NAME = 12;

export async function createTopic(cluster: Cluster, name: string, numPartitions: number): Promise<void> {
  const connection = await cluster.anyBroker();
  const answer = await connection.request(createTopics, connection.versionFor(createTopics), {
    topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 10_000,
    validateOnly: false,
  });
  assert.ok([0, 36].includes(answer.topics[0]!.errorCode), `${answer.topics[0]!.errorMessage}`);
}

/** All records of a partition, by plain fetches; with `isCommitted` those that a read-committed reader sees. */
export async function readPartition(
  cluster: Cluster,
  topic: string,
  partition: number,
  isCommitted = false,
): Promise<DecodedRecord[]> {
  const leaderId = (await cluster.topic(topic)).partitions[partition]!.leaderId;
  const connection = await cluster.broker(leaderId);
  const records: DecodedRecord[] = [];
  for (let fetchOffset = 0; ;) {
    const answer = await connection.request(fetch, connection.versionFor(fetch, FETCH_BY_NAME), {
      replicaId: -1,
      maxWaitMs: 0,
      minBytes: 0,
      isolationLevel: isCommitted ? 1 : 0,
      topics: [{ topic, topicId: ZERO_UUID, partitions: [{ partition, fetchOffset, partitionMaxBytes: 1 << 24 }] }],
      forgottenTopicsData: [],
    });
    const found = answer.responses[0]!.partitions[0]!;
    assert.equal(found.errorCode, 0);
    const before = fetchOffset;
    const aborted = (found.abortedTransactions ?? []).toSorted((a, b) => a.firstOffset - b.firstOffset);
    const open = new Set<number>();
    const cursor = new BatchCursor(found.records ?? new Uint8Array());
    while (cursor.next()) {
      const { view, position } = cursor;
      fetchOffset = nextOffset(view, position);
      while (aborted[0] !== undefined && aborted[0].firstOffset < fetchOffset) open.add(aborted.shift()!.producerId);
      const id = producerId(view, position);
      if (isControl(view, position)) open.delete(id);
      else if (!isTransactional(view, position) || !open.has(id))
        records.push(...decodeRecords(Buffer.from(cursor.batch())));
    }
    if (fetchOffset === before) return records;
  }
}
