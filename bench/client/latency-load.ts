import { connect, type Socket } from 'node:net';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { decodeExact } from '../../src/protocol/codec.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import type { Api, Fields, Write } from '../../src/protocol/schema.ts';
import { rewriteCrc } from '../../src/records/batch.ts';
import { BatchCursor } from '../../src/records/batch-cursor.ts';
import { decodeRecords } from '../../src/records/batch-records.ts';
import { buildBatch } from '../../src/records/batch-builder.ts';
import { SIZE_BYTES } from '../../src/wire/frame.ts';
import { requestFrame } from '../../src/wire/request-frame.ts';

/*
 * A record's way from a producer through the broker to a consumer, with clients that cost as little as can be: one thread
 * that sends a prepared batch at each due time, one that waits in a fetch. Nothing is handed from thread to thread, so what is
 * measured is the broker, the sockets and two wake-ups. Each record counts from its due time to the arrival of the bytes.
 * Arguments: port, topic (one partition, empty), records per second, seconds, seconds before that without measuring, bytes per record.
 * Prints microseconds: p50 p90 p99 p99.9 max.
 */

const PRODUCE_VERSION = 7;
const FETCH_VERSION = 11;
const CORRELATION_ID_AT = 8;
const FETCH_WAIT_MS = 500;
const FETCH_BYTES_MAX = 1 << 20;
/** A value starts with the record's number and the time at which it was due. */
const DUE_AT = 4;
/** Slept until so shortly before a record is due, then spun. */
const SPIN_MICROS = 150;
const LOSS_MS = 30_000;
const MICROS_PER_SECOND = 1_000_000;

interface Job {
  readonly port: number;
  readonly topic: string;
  readonly perSecond: number;
  readonly total: number;
  readonly warmUp: number;
  readonly bytes: number;
}

/** Monotonic, and the same in every thread. */
function nowMicros(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * MICROS_PER_SECOND + nanos / 1000;
}

function frame<Req extends Fields, Res extends Fields>(api: Api<Req, Res>, version: number, body: Write<Req>): Buffer {
  return Buffer.concat(requestFrame({ api, version, body }, 0, 'bench'));
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await new Promise<void>((done, fail) => {
    socket.once('connect', done);
    socket.once('error', fail);
  });
  return socket;
}

/** Hands on each frame, without its length. */
function eachFrame(socket: Socket, take: (bytes: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= SIZE_BYTES) {
      const end = SIZE_BYTES + rest.readInt32BE(0);
      if (rest.length < end) return;
      const bytes = rest.subarray(SIZE_BYTES, end);
      rest = rest.subarray(end);
      take(bytes);
    }
  });
}

async function send({ port, topic, perSecond, total, bytes }: Job): Promise<void> {
  const socket = await open(port);
  const marker = Buffer.alloc(bytes, 0xa5);
  const records = buildBatch([{ value: marker, timestamp: Date.now() }]);
  const topicData = [{ name: topic, topicId: ZERO_UUID, partitionData: [{ index: 0, records }] }];
  const request = frame(produce, PRODUCE_VERSION, { transactionalId: null, acks: 1, timeoutMs: LOSS_MS, topicData });
  const batchAt = request.indexOf(records);
  const view = new DataView(request.buffer, request.byteOffset, request.length);
  const valueAt = request.indexOf(marker);
  let answered = 0;
  const allAnswered = new Promise<void>((done, fail) => {
    socket.once('close', () => fail(new Error('the broker closed the connection')));
    eachFrame(socket, (body) => {
      const reader = new ByteReader(body);
      reader.int32();
      const answer = decodeExact(produce.response, PRODUCE_VERSION, reader);
      const error = answer.responses[0]?.partitionResponses[0]?.errorCode;
      if (error !== 0) fail(new Error(`a produce was answered with error ${error}`));
      if (++answered === total) done();
    });
  });
  const nap = new Int32Array(new SharedArrayBuffer(4));
  const start = nowMicros();
  for (let index = 0; index < total; index++) {
    const due = start + (index * MICROS_PER_SECOND) / perSecond;
    // Acknowledgements are read between two records.
    await new Promise((turn) => setImmediate(turn));
    for (let left = due - nowMicros(); left > 0; left = due - nowMicros()) {
      if (left > SPIN_MICROS) Atomics.wait(nap, 0, 0, (left - SPIN_MICROS) / 1000);
    }
    request.writeInt32BE(index, CORRELATION_ID_AT);
    request.writeInt32BE(index, valueAt);
    request.writeDoubleBE(due, valueAt + DUE_AT);
    rewriteCrc(view, batchAt);
    // The same bytes are written again for the next record: the socket has taken them by then, or the run is void.
    if (!socket.write(request)) throw new Error('the broker does not take a record per turn');
  }
  await allAnswered;
  socket.removeAllListeners('close');
  socket.destroy();
}

async function receive({ port, topic, total }: Job, ways: Float64Array): Promise<void> {
  const socket = await open(port);
  let sessionId = 0;
  let sessionEpoch = 0;
  let next = 0;
  let deadline = Date.now() + LOSS_MS;
  const ask = (isFirst: boolean): void => {
    const partition = { partition: 0, currentLeaderEpoch: -1, fetchOffset: next, partitionMaxBytes: FETCH_BYTES_MAX };
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
  await new Promise<void>((done, fail) => {
    socket.once('close', () => fail(new Error('the broker closed the connection')));
    eachFrame(socket, (body) => {
      const now = nowMicros();
      const reader = new ByteReader(body);
      reader.int32();
      const answer = decodeExact(fetch.response, FETCH_VERSION, reader);
      if (answer.errorCode !== 0) fail(new Error(`a fetch was answered with error ${answer.errorCode}`));
      sessionId = answer.sessionId;
      sessionEpoch++;
      for (const records of answer.responses.flatMap(({ partitions }) => partitions.map((each) => each.records))) {
        if (records === null || records.length === 0) continue;
        next = arrived(records, next, now, ways);
        deadline = Date.now() + LOSS_MS;
      }
      if (next >= total) done();
      else if (Date.now() > deadline) fail(new Error(`record ${next} did not arrive`));
      else ask(false);
    });
    ask(true);
  });
  socket.removeAllListeners('close');
  socket.destroy();
}

/** Every index has to come once and in order. */
function arrived(records: Uint8Array, first: number, now: number, ways: Float64Array): number {
  let next = first;
  const batches = new BatchCursor(records);
  while (batches.next()) {
    for (const { value } of decodeRecords(records, batches.position)) {
      if (value === null) throw new Error('a record without a value');
      const view = new DataView(value.buffer, value.byteOffset, value.length);
      if (view.getInt32(0) !== next) throw new Error(`record ${view.getInt32(0)} arrived, not ${next}`);
      ways[next++] = now - view.getFloat64(DUE_AT);
    }
  }
  return next;
}

function jobOf(args: readonly string[]): Job {
  const [port, topic, perSecond, seconds, warmUpSeconds, bytes] = args;
  const rate = Number(perSecond);
  const warmUp = rate * Number(warmUpSeconds);
  const total = warmUp + rate * Number(seconds);
  return { port: Number(port), topic: topic ?? '', perSecond: rate, total, warmUp, bytes: Number(bytes) };
}

async function main(): Promise<void> {
  const job = jobOf(process.argv.slice(2));
  const ways = new Float64Array(job.total);
  const sender = new Worker(new URL(import.meta.url), { workerData: job });
  const sent = new Promise<void>((done, fail) => {
    sender.once('error', fail);
    sender.once('exit', () => done());
  });
  await Promise.all([receive(job, ways), sent]);
  const sorted = ways.subarray(job.warmUp).toSorted();
  const at = (quantile: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? 0);
  console.log([0.5, 0.9, 0.99, 0.999, 1].map(at).join(' '));
}

await (isMainThread ? main() : send(workerData as Job));
