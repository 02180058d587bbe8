import { ByteReader } from '../../src/base/byte-reader.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { decodeExact } from '../../src/protocol/codec.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { baseOffset, nextOffset } from '../../src/records/batch.ts';
import { BatchCursor } from '../../src/records/batch-cursor.ts';
import { requestFrame } from '../../src/wire/request-frame.ts';
import { openFrames } from './frames.ts';
import { outcome } from './outcome.ts';

/*
 * Reads a topic from its start as fast as a broker gives it, as consumers ask for it, and looks only at the headers of batches: they
 * must follow one another. It costs little: what limits is the broker. Argument: a BatchRead as JSON. Prints a BatchReadResult
 * as JSON.
 */

export interface BatchRead {
  readonly port: number;
  readonly topic: string;
  readonly partitions: number;
  /** Partitions are shared out among them. */
  readonly connections: number;
  /** Ends when each partition was read so far. */
  readonly offsets: readonly number[];
  /** Given: starts over at the end, for so many seconds. */
  readonly seconds?: number;
}

export interface BatchReadResult {
  readonly seconds: number;
  readonly records: number;
  readonly bytes: number;
}

const FETCH_VERSION = 11;
/** The defaults of Kafka's consumer. */
const WAIT_MS = 500;
const BYTES_MAX = 50 << 20;
const PARTITION_BYTES_MAX = 1 << 20;

interface Reading {
  records: number;
  bytes: number;
}

function fetchRequest(topic: string, offsets: ReadonlyMap<number, number>): Buffer {
  const partitions = [...offsets].map(([partition, fetchOffset]) => ({
    partition,
    fetchOffset,
    partitionMaxBytes: PARTITION_BYTES_MAX,
  }));
  const body = {
    maxWaitMs: WAIT_MS,
    minBytes: 1,
    maxBytes: BYTES_MAX,
    topics: [{ topic, topicId: ZERO_UUID, partitions }],
    forgottenTopicsData: [],
  };
  return Buffer.concat(requestFrame({ api: fetch, version: FETCH_VERSION, body }, 0, 'bench'));
}

/** Where reading goes on. Throws when a batch does not begin where the one before ended. */
function follow(records: Uint8Array, from: number, reading: Reading): number {
  let next = from;
  const batches = new BatchCursor(records);
  while (batches.next()) {
    const first = baseOffset(batches.view, batches.position);
    if (first !== next) throw new Error(`a batch begins at ${first}, not at ${next}`);
    next = nextOffset(batches.view, batches.position);
    reading.bytes += batches.size;
  }
  reading.records += next - from;
  return next;
}

async function run(read: BatchRead, mine: readonly number[], deadline: number): Promise<Reading> {
  const { topic, offsets: ends } = read;
  const reading: Reading = { records: 0, bytes: 0 };
  const startOver = (): Map<number, number> => new Map(mine.map((partition) => [partition, 0]));
  let offsets = startOver();
  const { settled, done, fail } = outcome();
  const take = (frame: Buffer): void => {
    const reader = new ByteReader(frame);
    reader.int32();
    const answer = decodeExact(fetch.response, FETCH_VERSION, reader);
    if (answer.errorCode !== 0) throw new Error(`a fetch was answered with error ${answer.errorCode}`);
    for (const { partitionIndex, errorCode, records } of answer.responses.flatMap(({ partitions }) => partitions)) {
      if (errorCode !== 0) throw new Error(`reading partition ${partitionIndex}: error ${errorCode}`);
      const from = offsets.get(partitionIndex);
      if (from === undefined || records === null) continue;
      const next = follow(records, from, reading);
      // Those that were served go to the end of the next request, as in Kafka's consumer.
      if (next > from) offsets.delete(partitionIndex);
      if (next < (ends[partitionIndex] ?? 0)) offsets.set(partitionIndex, next);
    }
    const isOver = read.seconds !== undefined && performance.now() >= deadline;
    if (offsets.size === 0 && read.seconds !== undefined) offsets = startOver();
    if (offsets.size === 0 || isOver) done();
    else socket.write(fetchRequest(topic, offsets));
  };
  const socket = await openFrames(read.port, (frame) => {
    try {
      take(frame);
    } catch (error) {
      fail(error);
    }
  });
  socket.once('close', () => fail(new Error('the broker closed the connection')));
  socket.write(fetchRequest(topic, offsets));
  await settled;
  socket.removeAllListeners('close');
  socket.destroy();
  return reading;
}

async function main(read: BatchRead): Promise<BatchReadResult> {
  const began = performance.now();
  const deadline = began + (read.seconds ?? 0) * 1000;
  const shares = Array.from({ length: Math.min(read.connections, read.partitions) }, (_, connection) =>
    Array.from({ length: read.partitions }, (_each, partition) => partition).filter(
      (partition) => partition % read.connections === connection,
    ),
  );
  const readings = await Promise.all(shares.map((mine) => run(read, mine, deadline)));
  return {
    seconds: (performance.now() - began) / 1000,
    records: readings.reduce((sum, { records }) => sum + records, 0),
    bytes: readings.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

console.log(JSON.stringify(await main(JSON.parse(process.argv[2] ?? '') as BatchRead)));
