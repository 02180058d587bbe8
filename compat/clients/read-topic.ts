import { ZERO_UUID } from '../../src/base/uuid.ts';
import { setTimeout as pause } from 'node:timers/promises';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { listOffsets } from '../../src/protocol/messages/002-list-offsets.ts';
import { BatchCursor } from '../../src/records/batch-cursor.ts';
import { decodeRecords, type DecodedRecord } from '../../src/records/batch-records.ts';
import { nextOffset } from '../../src/records/batch.ts';
import { WirePeer } from '../oracle/wire-peer.ts';

const FETCH_MS = 20_000;
const FETCH_BYTES_MAX = 8 << 20;

/** Reads a topic from the start to its high watermarks, as the lines that the order clients print. */
export async function* readTopic(bootstrap: string, topic: string, partitions: number): AsyncGenerator<Buffer> {
  const peers = bootstrap.split(',').map((address) => new WirePeer(address, 'compat-reader'));
  for (let partition = 0; partition < partitions; partition++) {
    const peer = peers.length === 1 ? peers[0]! : await leaderOf(peers, topic, partition);
    let fetchOffset = 0;
    for (let end = 1; fetchOffset < end;) {
      const answer = await fetchFrom(peer, topic, partition, fetchOffset);
      end = answer.highWatermark;
      if (answer.records.length === 0 && fetchOffset < end)
        throw new Error(`${topic}-${partition} has nothing at ${fetchOffset} of ${end}`);
      const cursor = new BatchCursor(answer.records);
      while (cursor.next()) {
        for (const record of decodeRecords(answer.records, cursor.position)) {
          if (record.offset >= fetchOffset) yield lineOfRecord(topic, partition, record);
        }
        fetchOffset = nextOffset(cursor.view, cursor.position);
      }
    }
  }
  for (const peer of peers) peer.close();
}

/** Of several brokers the one that tells where the partition ends. */
async function leaderOf(peers: readonly WirePeer[], topic: string, partition: number): Promise<WirePeer> {
  const deadline = Date.now() + FETCH_MS;
  const topics = [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: -1 }] }];
  while (Date.now() < deadline) {
    for (const peer of peers) {
      const request = peer.request(listOffsets, 5, { replicaId: -1, isolationLevel: 0, topics, timeoutMs: 0 });
      const outcome = await peer.exchange(request, FETCH_MS).catch(() => undefined);
      if (outcome === undefined || !('frame' in outcome)) continue;
      const answer = peer.response(listOffsets, 5, outcome.frame).topics[0]?.partitions[0];
      if (answer?.errorCode === 0) return peer;
    }
    await pause(50);
  }
  throw new Error(`${topic}-${partition} has no leader`);
}

async function fetchFrom(
  peer: WirePeer,
  topic: string,
  partition: number,
  fetchOffset: number,
): Promise<{ highWatermark: number; records: Uint8Array }> {
  const request = {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: FETCH_BYTES_MAX,
    topics: [
      { topic, topicId: ZERO_UUID, partitions: [{ partition, fetchOffset, partitionMaxBytes: FETCH_BYTES_MAX }] },
    ],
    forgottenTopicsData: [],
  };
  const outcome = await peer.exchange(peer.request(fetch, 12, request), FETCH_MS);
  if (!('frame' in outcome)) throw new Error(`no answer to a fetch of ${topic}-${partition}: ${outcome.ended}`);
  const answer = peer.response(fetch, 12, outcome.frame).responses[0]?.partitions[0];
  if (answer === undefined || answer.errorCode !== 0)
    throw new Error(`fetch of ${topic}-${partition} failed: ${answer?.errorCode}`);
  return { highWatermark: answer.highWatermark, records: answer.records ?? new Uint8Array() };
}

function lineOfRecord(topic: string, partition: number, record: DecodedRecord): Buffer {
  const headers = record.headers.map(
    ({ key, value }) => `${key}=${value === null ? '<null>' : Buffer.from(value).toString()}`,
  );
  return Buffer.concat([
    Buffer.from(`${topic}\t${partition}\t${record.offset}\t`),
    record.key ?? Buffer.from('<null>'),
    Buffer.from(`\t${record.timestamp}\t${headers.join()}\t`),
    record.value ?? Buffer.from('<null>'),
  ]);
}
