import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { apiTable } from '../../../src/protocol/api-table.ts';

/**
 * Records what real clients and a real Kafka say to each other, into `test/protocol/corpus/traffic.jsonl`:
 *
 *     node dist/test/protocol/corpus-tool/capture.js LISTEN_PORT BROKER_PORT
 *
 * The broker must advertise 127.0.0.1:LISTEN_PORT. Use it with any clients, then stop it with Ctrl-C. Of each API and
 * version a few exchanges of different sizes are kept; those of earlier recordings stay. What clients of today no longer
 * send, `send-every-version.ts` sends.
 */
const KEPT_PER_VERSION = 2;
const FRAME_BYTES_MAX = 3000;
const HEADER_BYTES_MIN = 8;
const WAITING_MAX = 10_000;

interface Exchange {
  readonly name: string;
  readonly version: number;
  readonly request: string;
  readonly response: string;
}

const file = fileURLToPath(new URL('../../../../test/protocol/corpus/traffic.jsonl', import.meta.url));
const kept = new Map<string, Exchange[]>();
for (const line of existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
  if (line === '') continue;
  const exchange = JSON.parse(line) as Exchange;
  const key = `${exchange.name} ${exchange.version}`;
  kept.set(key, [...(kept.get(key) ?? []), exchange]);
}
const [listenPort, brokerPort] = process.argv.slice(2).map(Number);

function keep(request: Buffer, response: Buffer): void {
  const entry = apiTable.get(request.readInt16BE(0));
  if (entry === undefined || request.length > FRAME_BYTES_MAX || response.length > FRAME_BYTES_MAX) return;
  const version = request.readInt16BE(2);
  const key = `${entry.name} ${version}`;
  const exchanges = kept.get(key) ?? [];
  const exchange = {
    name: entry.name,
    version,
    request: request.toString('base64'),
    response: response.toString('base64'),
  };
  const known = exchanges.some(({ request: other }) => other.length === exchange.request.length);
  if (known || exchanges.length >= KEPT_PER_VERSION) return;
  kept.set(key, [...exchanges, exchange]);
}

/** Cuts a stream into its frames. */
function framesOf(stream: Socket, frame: (bytes: Buffer) => void): void {
  let pending = Buffer.alloc(0);
  stream.on('data', (data: Buffer) => {
    pending = Buffer.concat([pending, data]);
    while (pending.length >= 4) {
      const size = pending.readInt32BE(0);
      if (pending.length < 4 + size) return;
      frame(pending.subarray(4, 4 + size));
      pending = pending.subarray(4 + size);
    }
  });
}

const server = createServer((client) => {
  const broker = connect(brokerPort!, '127.0.0.1');
  const waiting = new Map<number, Buffer>();
  framesOf(client, (request) => {
    // A response does not tell its API: it is found by its correlation id. Some requests never get one.
    if (request.length >= HEADER_BYTES_MIN && waiting.size < WAITING_MAX) {
      waiting.set(request.readInt32BE(4), Buffer.from(request));
    }
  });
  framesOf(broker, (response) => {
    const request = waiting.get(response.readInt32BE(0));
    waiting.delete(response.readInt32BE(0));
    if (request !== undefined) keep(request, Buffer.from(response));
  });
  client.pipe(broker).pipe(client);
  for (const side of [client, broker]) {
    side.on('error', () => {
      client.destroy();
      broker.destroy();
    });
  }
});
server.listen(listenPort, '127.0.0.1');

process.once('SIGINT', () => {
  const exchanges = [...kept.values()].flat();
  const lines = exchanges
    .toSorted((a, b) => a.name.localeCompare(b.name) || a.version - b.version)
    .map((exchange) => JSON.stringify(exchange));
  writeFileSync(file, `${lines.join('\n')}\n`);
  console.log(`${lines.length} exchanges of ${kept.size} API versions`);
  process.exit(0);
});
