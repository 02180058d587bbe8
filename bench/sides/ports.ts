import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections: a broker that is started again finds its own still free. */
const FIRST = 24_000;
const LAST = 30_000;

let next = FIRST + (process.pid % 97) * 8;

/** The first of so many ports in a row that nothing listens on, and that nothing gets by chance later on. */
export async function lastingPorts(count: number): Promise<number> {
  for (;;) {
    const first = next;
    next += count;
    if (next > LAST) throw new Error(`no ${count} free ports in a row from ${FIRST} to ${LAST}`);
    const isFree = await Promise.all(Array.from({ length: count }, (_, index) => isFreePort(first + index)));
    if (isFree.every(Boolean)) return first;
  }
}

async function isFreePort(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}
