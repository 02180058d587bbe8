import { ZERO_UUID } from '../../src/base/uuid.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { BatchCursor } from '../../src/records/batch-cursor.ts';
import { decodeRecords, type DecodedRecord } from '../../src/records/batch-records.ts';
import { nextOffset } from '../../src/records/batch.ts';
import { WirePeer } from '../oracle/wire-peer.ts';

const FETCH_MS = 20_000;
const FETCH_BYTES_MAX = 8 << 20;

/** Reads a topic from the start to its high watermarks, as the lines that the order clients print. */
export async function* readTopic(bootstrap: string, topic: string, partitions: number): AsyncGenerator<Buffer> {
  const peer = new WirePeer(bootstrap, 'compat-reader');
  for (let partition = 0; partition < partitions; partition++) {
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
  peer.close();
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
