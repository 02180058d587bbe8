import { ZERO_UUID } from '../../src/base/uuid.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { BatchCursor } from '../../src/records/batch-cursor.ts';
import { decodeRecords } from '../../src/records/batch-records.ts';
import { RawClient } from './raw-client.ts';
import { partitionsByPort } from './topics.ts';

const FETCH_VERSION = 11;
const BYTES_MAX = 50_000_000;
const PARTITION_BYTES_MAX = 1_000_000;

/** What was written to one partition: all numbers below `next` but those that nobody was told of. */
export interface Written {
  readonly next: number;
  readonly unsure: ReadonlySet<number>;
}

/** Reads a topic to its end; throws unless every acknowledged number is there exactly once, and no other one twice. */
export async function verifyNumbers(
  ports: readonly number[],
  topic: string,
  written: readonly Written[],
): Promise<void> {
  const found = await readNumbers(await anyPort(ports), topic, written.length);
  let lost = 0;
  let repeated = 0;
  for (const [index, { next, unsure }] of written.entries()) {
    const times = new Uint32Array(next);
    for (const number of found[index]!) times[number]!++;
    for (let number = 0; number < next; number++) {
      if (times[number]! > 1) repeated++;
      if (times[number] === 0 && !unsure.has(number)) lost++;
    }
  }
  if (lost + repeated > 0) throw new Error(`${lost} acknowledged records lost and ${repeated} repeated in ${topic}`);
}

async function anyPort(ports: readonly number[]): Promise<number> {
  for (const port of ports) {
    try {
      (await RawClient.open(port)).close();
      return port;
    } catch {
      // Another one may run.
    }
  }
  throw new Error('no broker answers');
}

async function readNumbers(port: number, topic: string, partitions: number): Promise<number[][]> {
  const found = Array.from({ length: partitions }, (): number[] => []);
  for (const [leaderPort, indexes] of await partitionsByPort(port, topic)) {
    const client = await RawClient.open(leaderPort);
    try {
      await readFrom(client, topic, new Map(indexes.map((index) => [index, 0])), found);
    } finally {
      client.close();
    }
  }
  return found;
}

/** `offsets`: where to go on, by partition; those read to their end leave. */
async function readFrom(
  client: RawClient,
  topic: string,
  offsets: Map<number, number>,
  found: readonly number[][],
): Promise<void> {
  while (offsets.size > 0) {
    const partitions = [...offsets].map(([partition, fetchOffset]) => ({
      partition,
      fetchOffset,
      partitionMaxBytes: PARTITION_BYTES_MAX,
    }));
    const answer = await client.request(fetch, FETCH_VERSION, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: BYTES_MAX,
      topics: [{ topic, topicId: ZERO_UUID, partitions }],
      forgottenTopicsData: [],
    });
    for (const { partitionIndex, errorCode, highWatermark, records } of answer.responses[0]?.partitions ?? []) {
      if (errorCode !== 0) throw new Error(`reading ${topic}-${partitionIndex}: error ${errorCode}`);
      const next = take(records ?? new Uint8Array(0), found[partitionIndex]!) ?? offsets.get(partitionIndex)!;
      if (next >= highWatermark) offsets.delete(partitionIndex);
      else offsets.set(partitionIndex, next);
    }
  }
}

/** Where the next batch begins; undefined when there was none. */
function take(records: Uint8Array, numbers: number[]): number | undefined {
  let next: number | undefined;
  const cursor = new BatchCursor(records);
  while (cursor.next()) {
    for (const { value, offset } of decodeRecords(records, cursor.position)) {
      numbers.push(Buffer.from(value!).readInt32BE(4));
      next = offset + 1;
    }
  }
  return next;
}
