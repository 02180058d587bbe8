import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { decodeExact } from '../../src/protocol/codec.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import type { Api, Fields, Write } from '../../src/protocol/schema.ts';
import { rewriteCrc } from '../../src/records/batch.ts';
import { BatchCursor } from '../../src/records/batch-cursor.ts';
import { openRecords } from '../../src/records/batch-records.ts';
import { buildBatch } from '../../src/records/batch-builder.ts';
import { requestFrame } from '../../src/wire/request-frame.ts';
import { openFrames } from './frames.ts';
import { outcome } from './outcome.ts';
import { PRODUCE_VERSION, errorOfOne } from './produce-requests.ts';
import { quantiles } from './quantiles.ts';

/*
 * A record's way from a producer through the broker to a consumer, with clients that cost as little as can be: one thread
 * that sends a prepared batch at each due time, one that waits in a fetch. Nothing is handed from thread to thread, so what is
 * measured is the broker, the sockets and two wake-ups. Each batch counts from its due time to the arrival of the bytes.
 * Argument: a LatencyLoad as JSON. Prints Quantiles as JSON.
 */

export interface LatencyLoad {
  readonly port: number;
  /** Of one partition, empty. */
  readonly topic: string;
  /** Batches that fall due in a second. */
  readonly perSecond: number;
  readonly seconds: number;
  /** Seconds before that, which are not measured. */
  readonly warmUpSeconds: number;
  readonly recordsPerBatch: number;
  readonly recordBytes: number;
}

const FETCH_VERSION = 11;
const CORRELATION_ID_AT = 8;
const FETCH_WAIT_MS = 500;
const FETCH_BYTES_MAX = 1 << 20;
/** The first value of a batch starts with the batch's number and the time at which it was due. */
const DUE_AT = 4;
/** Slept until so shortly before a batch is due, then spun; */
const SPIN_MICROS = 150;
/** but where that would be most of the time, slept until it is due: spinning takes a core from the broker. */
const SPINS_IN_INTERVAL_MIN = 5;
const LOSS_MS = 30_000;
/** So much waits to be taken by a broker that is too slow for the schedule. */
const BEHIND_BYTES_MAX = 256 << 20;
const MICROS_PER_SECOND = 1_000_000;

interface Job extends LatencyLoad {
  /** Batches in all, and those that are not measured. */
  readonly total: number;
  readonly warmUp: number;
}

/** Monotonic, and the same in every thread. */
function nowMicros(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * MICROS_PER_SECOND + nanos / 1000;
}

function frame<Req extends Fields, Res extends Fields>(api: Api<Req, Res>, version: number, body: Write<Req>): Buffer {
  return Buffer.concat(requestFrame({ api, version, body }, 0, 'bench'));
}

async function send({ port, topic, perSecond, total, recordsPerBatch, recordBytes }: Job): Promise<void> {
  const marker = Buffer.alloc(recordBytes, 0xa5);
  const timestamp = Date.now();
  const records = buildBatch(Array.from({ length: recordsPerBatch }, () => ({ value: marker, timestamp })));
  const topicData = [{ name: topic, topicId: ZERO_UUID, partitionData: [{ index: 0, records }] }];
  const request = frame(produce, PRODUCE_VERSION, { transactionalId: null, acks: 1, timeoutMs: LOSS_MS, topicData });
  const batchAt = request.indexOf(records);
  const view = new DataView(request.buffer, request.byteOffset, request.length);
  const valueAt = request.indexOf(marker);
  let answered = 0;
  const { settled, done, fail } = outcome();
  // Looked at only after the last batch.
  settled.catch(() => {});
  const socket = await openFrames(port, (answer) => {
    const error = errorOfOne(answer);
    if (error !== 0) fail(new Error(`a produce was answered with error ${error}`));
    if (++answered === total) done();
  });
  socket.once('close', () => fail(new Error('the broker closed the connection')));
  const spinMicros = MICROS_PER_SECOND / perSecond < SPINS_IN_INTERVAL_MIN * SPIN_MICROS ? 0 : SPIN_MICROS;
  const nap = new Int32Array(new SharedArrayBuffer(4));
  const start = nowMicros();
  for (let index = 0; index < total; index++) {
    const due = start + (index * MICROS_PER_SECOND) / perSecond;
    // Acknowledgements are read between two records.
    await new Promise((turn) => setImmediate(turn));
    for (let left = due - nowMicros(); left > 0; left = due - nowMicros()) {
      if (left > spinMicros) Atomics.wait(nap, 0, 0, (left - spinMicros) / 1000);
    }
    request.writeInt32BE(index, CORRELATION_ID_AT);
    request.writeInt32BE(index, valueAt);
    request.writeDoubleBE(due, valueAt + DUE_AT);
    rewriteCrc(view, batchAt);
    socket.write(Buffer.from(request));
    if (socket.writableLength > BEHIND_BYTES_MAX) throw new Error('the broker does not keep up with the schedule');
  }
  await settled;
  socket.removeAllListeners('close');
  socket.destroy();
}

async function receive(job: Job, ways: Float64Array): Promise<void> {
  const { port, topic, total } = job;
  let sessionId = 0;
  let sessionEpoch = 0;
  let next = 0;
  let deadline = Date.now() + LOSS_MS;
  const ask = (isFirst: boolean): void => {
    const fetchOffset = next * job.recordsPerBatch;
    const partition = { partition: 0, currentLeaderEpoch: -1, fetchOffset, partitionMaxBytes: FETCH_BYTES_MAX };
    const topics = [{ topic, topicId: ZERO_UUID, partitions: [{ ...partition, logStartOffset: -1 }] }];
    socket.write(
      frame(fetch, FETCH_VERSION, {
        replicaId: -1,
        maxWaitMs: FETCH_WAIT_MS,
        minBytes: 1,
        maxBytes: FETCH_BYTES_MAX,
        isolationLevel: 0,
        sessionId: isFirst ? 0 : sessionId,
        sessionEpoch: isFirst ? 0 : sessionEpoch,
        topics,
        forgottenTopicsData: [],
        rackId: '',
      }),
    );
  };
  const { settled, done, fail } = outcome();
  const take = (bytes: Buffer): void => {
    const now = nowMicros();
    const reader = new ByteReader(bytes);
    reader.int32();
    const answer = decodeExact(fetch.response, FETCH_VERSION, reader);
    if (answer.errorCode !== 0) throw new Error(`a fetch was answered with error ${answer.errorCode}`);
    sessionId = answer.sessionId;
    sessionEpoch++;
    for (const records of answer.responses.flatMap(({ partitions }) => partitions.map((each) => each.records))) {
      if (records === null || records.length === 0) continue;
      next = arrived(records, next, now, ways);
      deadline = Date.now() + LOSS_MS;
    }
    if (next >= total) done();
    else if (Date.now() > deadline) throw new Error(`batch ${next} did not arrive`);
    else ask(false);
  };
  const socket = await openFrames(port, (bytes) => {
    try {
      take(bytes);
    } catch (error) {
      fail(error);
    }
  });
  socket.once('close', () => fail(new Error('the broker closed the connection')));
  ask(true);
  await settled;
  socket.removeAllListeners('close');
  socket.destroy();
}

/** Every batch has to come once and in order. */
function arrived(records: Uint8Array, first: number, now: number, ways: Float64Array): number {
  let next = first;
  const batches = new BatchCursor(records);
  while (batches.next()) {
    const cursor = openRecords(records, batches.view, batches.position);
    if (!cursor.next() || cursor.valueLength < 0) throw new Error('a batch without a value');
    const number = batches.view.getInt32(cursor.valueStart);
    if (number !== next) throw new Error(`batch ${number} arrived, not ${next}`);
    ways[next++] = now - batches.view.getFloat64(cursor.valueStart + DUE_AT);
  }
  return next;
}

async function main(load: LatencyLoad): Promise<void> {
  const warmUp = load.perSecond * load.warmUpSeconds;
  const job: Job = { ...load, warmUp, total: warmUp + load.perSecond * load.seconds };
  const ways = new Float64Array(job.total);
  const sender = new Worker(new URL(import.meta.url), { workerData: job });
  const sent = new Promise<void>((done, fail) => {
    sender.once('error', fail);
    sender.once('exit', () => done());
  });
  await Promise.all([receive(job, ways), sent]);
  console.log(JSON.stringify(quantiles(ways.subarray(job.warmUp))));
}

await (isMainThread ? main(JSON.parse(process.argv[2] ?? '') as LatencyLoad) : send(workerData as Job));
