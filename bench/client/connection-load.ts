import { connect, type Socket } from 'node:net';
import { apiVersions } from '../../src/protocol/messages/018-api-versions.ts';
import { requestFrame } from '../../src/wire/request-frame.ts';
import { openFrames } from './frames.ts';
import { outcome } from './outcome.ts';
import { errorOfOne, prepareBatch, produceRequest } from './produce-requests.ts';
import { quantiles, type Quantiles } from './quantiles.ts';

/*
 * Many connections that do nothing after they have asked for ApiVersions, and some among them that produce one small record after
 * the other. Records fall due on a schedule that waits for no answer; a record is timed from its writing to its acknowledgement. Argument: a
 * ConnectionLoad as JSON. Prints a ConnectionLoadResult as JSON.
 */

export interface ConnectionLoad {
  readonly port: number;
  readonly topic: string;
  readonly partitions: number;
  readonly idle: number;
  readonly busy: number;
  /** Records per second of all busy connections together. */
  readonly perSecond: number;
  readonly seconds: number;
  /** Seconds before that, which are not measured. */
  readonly warmUpSeconds: number;
  readonly recordBytes: number;
}

export interface ConnectionLoadResult extends Quantiles {
  /** From the first connection to the last one's answer. */
  readonly connectMs: number;
  readonly records: number;
}

/** Under way to the listener at once: its backlog is bounded, and who is refused comes back after a second. */
const OPENING_MAX = 64;
const TICK_MS = 1;
const LOSS_MS = 30_000;

async function openIdle({ port, idle }: ConnectionLoad): Promise<Socket[]> {
  const body = { clientSoftwareName: '', clientSoftwareVersion: '' };
  const hello = Buffer.concat(requestFrame({ api: apiVersions, version: 0, body }, 0, 'bench'));
  const sockets: Socket[] = [];
  const openNext = async (): Promise<void> => {
    while (sockets.length < idle) {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      sockets.push(socket);
      await new Promise<void>((done, fail) => {
        socket.once('error', fail);
        socket.once('connect', () => socket.write(hello));
        socket.once('data', () => done());
        socket.once('close', () => fail(new Error('the broker closed an idle connection')));
      });
    }
  };
  await Promise.all(Array.from({ length: OPENING_MAX }, openNext));
  return sockets;
}

/** A connection that produces; the records it has under way are answered in order. */
class BusyConnection {
  readonly #sentAt: number[] = [];
  readonly #request: Buffer;
  #socket: Socket | undefined;

  private constructor(request: Buffer) {
    this.#request = request;
  }

  /** @param answered takes the milliseconds of each record, and `performance.now()` of its writing. */
  static async open(
    port: number,
    request: Buffer,
    answered: (ms: number, sentAt: number) => void,
    fail: (error: Error) => void,
  ): Promise<BusyConnection> {
    const connection = new BusyConnection(request);
    connection.#socket = await openFrames(port, (frame) => {
      const error = errorOfOne(frame);
      if (error !== 0) fail(new Error(`a produce was answered with error ${error}`));
      const sentAt = connection.#sentAt.shift() ?? Number.NaN;
      answered(performance.now() - sentAt, sentAt);
    });
    connection.#socket.once('close', () => fail(new Error('the broker closed a busy connection')));
    return connection;
  }

  send(): void {
    this.#sentAt.push(performance.now());
    this.#socket?.write(this.#request);
  }

  close(): void {
    this.#socket?.removeAllListeners('close');
    this.#socket?.destroy();
  }
}

async function main(load: ConnectionLoad): Promise<ConnectionLoadResult> {
  const { port, topic, partitions, busy, perSecond, seconds, warmUpSeconds } = load;
  const began = performance.now();
  const idle = await openIdle(load);
  const connectMs = performance.now() - began;
  const { bytes } = prepareBatch({ batchBytes: 1, recordBytes: load.recordBytes });
  const total = perSecond * (seconds + warmUpSeconds);
  const micros: number[] = [];
  let answered = 0;
  let countedFrom = 0;
  const { settled, done, fail } = outcome();
  const take = (ms: number, sentAt: number): void => {
    if (sentAt >= countedFrom) micros.push(ms * 1000);
    if (++answered === total) done();
  };
  const connections: BusyConnection[] = [];
  for (let index = 0; index < busy; index++) {
    const request = produceRequest(topic, [index % partitions], bytes);
    connections.push(await BusyConnection.open(port, request, take, (error) => fail(error)));
  }
  const start = performance.now();
  countedFrom = start + warmUpSeconds * 1000;
  let sent = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    const due = Math.min(total, Math.floor(((now - start) / 1000) * perSecond));
    for (; sent < due; sent++) connections[sent % busy]?.send();
    if (now - countedFrom > seconds * 1000 + LOSS_MS) fail(new Error(`${total - answered} records without an answer`));
  }, TICK_MS);
  await settled;
  clearInterval(timer);
  for (const connection of connections) connection.close();
  for (const socket of idle) {
    if (socket.destroyed) throw new Error('the broker closed an idle connection');
    socket.removeAllListeners('close');
    socket.destroy();
  }
  return { connectMs, records: total, ...quantiles(Float64Array.from(micros)) };
}

console.log(JSON.stringify(await main(JSON.parse(process.argv[2] ?? '') as ConnectionLoad)));
