import { connect } from 'node:net';
import type { BrokerProcess } from '../sides/side.ts';
import { sleep } from '../measure/wait.ts';

const POLL_MS = 1;
const START_MS = 120_000;
const ANSWER_MS = 10_000;
const CORRELATION_ID = 7;

/** ApiVersions 0 with no client id: size, key, version, correlation id, null string. */
const REQUEST = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, CORRELATION_ID, 255, 255]);

/**
 * Asks a starting broker every millisecond until it answers ApiVersions; gives `performance.now()` of the answer. Throws
 * with the broker's output when it ends or the time is up first.
 */
export async function firstAnswer(broker: BrokerProcess): Promise<number> {
  const deadline = performance.now() + START_MS;
  while (broker.isAlive() && performance.now() < deadline) {
    const answeredAt = await ask(broker.port);
    if (answeredAt !== undefined) return answeredAt;
    await sleep(POLL_MS);
  }
  throw new Error(`the broker did not start:\n${broker.output()}`);
}

async function ask(port: number): Promise<number | undefined> {
  return new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    let received = Buffer.alloc(0);
    const end = (answer?: number): void => {
      socket.destroy();
      done(answer);
    };
    socket.setTimeout(ANSWER_MS, () => end());
    socket.once('error', () => end());
    socket.once('close', () => end());
    socket.once('connect', () => socket.write(REQUEST));
    socket.on('data', (chunk: Buffer) => {
      const at = performance.now();
      received = Buffer.concat([received, chunk]);
      if (received.length < 10 || received.length < 4 + received.readInt32BE(0)) return;
      if (received.readInt32BE(4) !== CORRELATION_ID || received.readInt16BE(8) !== 0) end();
      else end(at);
    });
  });
}
