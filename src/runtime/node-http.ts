import type * as Http from 'node:http';
import { lazyPackage } from './packages.ts';

/** The answer to one GET: a status and a body, JSON unless it is text already. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface HttpServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Probes ask briefly and rarely: whoever is slower, or asks for more, is dropped. */
const REQUEST_TIMEOUT_MS = 5_000;
const CONNECTIONS_MAX = 64;

const http = lazyPackage('node:http') as () => typeof Http;

/** A small HTTP server for probes. `answer` is given the path of a GET; undefined means 404. */
export function serveHttp(
  address: { host: string; port: number },
  answer: (path: string) => HttpAnswer | undefined,
): Promise<HttpServer> {
  const server = http().createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const found = request.method === 'GET' ? answer((request.url ?? '/').split('?')[0]!) : undefined;
    const { status, body } = found ?? { status: 404, body: { error: 'not found; try /health, /ready or /metrics' } };
    const isText = typeof body === 'string';
    const text = isText ? body : `${JSON.stringify(body)}\n`;
    const type = isText ? 'text/plain; version=0.0.4; charset=utf-8' : 'application/json';
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
    response.end(text);
  });
  server.maxConnections = CONNECTIONS_MAX;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.off('error', reject);
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
      resolve({
        host: address.host,
        port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}

/** Asks a server on this machine for a path and gives what it answers. Rejects when nobody answers. */
export function httpGet(
  address: { host: string; port: number },
  path: string,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http().get({ ...address, path, timeout: REQUEST_TIMEOUT_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', reject);
  });
}
