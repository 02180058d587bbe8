import { ByteReader } from '../../src/base/byte-reader.ts';
import { decodeExact } from '../../src/protocol/codec.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { openFrames } from './frames.ts';
import { outcome } from './outcome.ts';
import { PRODUCE_VERSION, errorOfOne, prepareBatch, produceRequest, type BatchShape } from './produce-requests.ts';
import { quantiles, type Quantiles } from './quantiles.ts';

/*
 * Prepared batches as fast as a broker takes them: connections that keep a number of requests under way each, the same
 * bytes again and again, partitions in turn. It costs little: what limits is the broker. A request is timed from its writing to its
 * answer, and every answer must be without error. Argument: a BatchLoad as JSON. Prints a BatchLoadResult as JSON.
 */

export interface BatchLoad extends BatchShape {
  readonly port: number;
  readonly topic: string;
  readonly partitions: number;
  /** Partitions to a request. */
  readonly perRequest: number;
  readonly connections: number;
  /** Requests under way on each connection. */
  readonly underWay: number;
  readonly requests: number;
}

export interface BatchLoadResult extends Quantiles {
  readonly seconds: number;
  readonly records: number;
  /** Of the batches, their headers included. */
  readonly bytes: number;
}

/** The partitions that requests are about, in turn. */
function partitionGroups({ partitions, perRequest }: BatchLoad): number[][] {
  const count = Math.ceil(partitions / perRequest);
  return Array.from({ length: count }, (_, group) => {
    const first = group * perRequest;
    return Array.from({ length: Math.min(perRequest, partitions - first) }, (_each, index) => first + index);
  });
}

/** Throws when any partition of a request refused. */
function check(frame: Buffer, isOfOne: boolean): void {
  if (isOfOne) {
    const error = errorOfOne(frame);
    if (error !== 0) throw new Error(`a produce was answered with error ${error}`);
    return;
  }
  const reader = new ByteReader(frame);
  reader.int32();
  for (const { partitionResponses } of decodeExact(produce.response, PRODUCE_VERSION, reader).responses) {
    for (const { index, errorCode } of partitionResponses) {
      if (errorCode !== 0) throw new Error(`a produce to partition ${index} was answered with error ${errorCode}`);
    }
  }
}

/** One connection's share: every so many'th request, from the first on. */
async function run(load: BatchLoad, requests: readonly Buffer[], first: number, micros: Float64Array): Promise<void> {
  const { port, underWay, connections } = load;
  const isOfOne = load.perRequest === 1;
  const total = Math.floor((load.requests - first + connections - 1) / connections);
  const sentAt = new Float64Array(underWay);
  let sent = 0;
  let answered = 0;
  let isAsked = false;
  const { settled, done, fail } = outcome();
  const fill = (): void => {
    isAsked = false;
    const now = performance.now();
    socket.cork();
    for (; sent < total && sent - answered < underWay; sent++) {
      sentAt[sent % underWay] = now;
      const request = requests[(first + sent * connections) % requests.length];
      if (request !== undefined) socket.write(request);
    }
    socket.uncork();
  };
  const socket = await openFrames(port, (frame) => {
    try {
      check(frame, isOfOne);
    } catch (error) {
      fail(error);
    }
    micros[first + answered * connections] = (performance.now() - (sentAt[answered % underWay] ?? 0)) * 1000;
    if (++answered === total) done();
    else if (!isAsked) {
      isAsked = true;
      queueMicrotask(fill);
    }
  });
  socket.once('close', () => fail(new Error('the broker closed the connection')));
  if (total === 0) done();
  fill();
  await settled;
  socket.removeAllListeners('close');
  socket.destroy();
}

async function main(load: BatchLoad): Promise<BatchLoadResult> {
  const batch = prepareBatch(load);
  const groups = partitionGroups(load);
  const requests = groups.map((partitions) => produceRequest(load.topic, partitions, batch.bytes));
  const micros = new Float64Array(load.requests);
  const began = performance.now();
  const shares = Array.from({ length: load.connections }, (_, first) => run(load, requests, first, micros));
  await Promise.all(shares);
  const seconds = (performance.now() - began) / 1000;
  let batches = 0;
  for (let request = 0; request < load.requests; request++) batches += groups[request % groups.length]?.length ?? 0;
  return { seconds, records: batches * batch.records, bytes: batches * batch.bytes.length, ...quantiles(micros) };
}

console.log(JSON.stringify(await main(JSON.parse(process.argv[2] ?? '') as BatchLoad)));
