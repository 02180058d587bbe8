import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startBroker } from '../../src/broker/index.ts';
import { apiVersions } from '../../src/protocol/messages/018-api-versions.ts';
import { NodeNetwork } from '../../src/runtime/node-network.ts';
import { silent } from '../runtime/silent-logger.ts';
import { RawClient } from './raw-client.ts';

const WARM_UP = 50;
const BROKERS = 200;
const READY_WITHIN_MS = 30;
const HEAP_GROWTH_MAX = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Starts a broker, asks it something, stops it, and tells how long the start took. */
async function runOne(): Promise<number> {
  const began = performance.now();
  const broker = await startBroker({ port: 0, storage: 'memory' });
  const tookMs = performance.now() - began;
  const client = await RawClient.connect(new NodeNetwork(silent), Number(broker.bootstrapServers.split(':')[1]));
  await client.send(apiVersions, 0, { clientSoftwareName: '', clientSoftwareVersion: '' }).response;
  await broker.close();
  client.close();
  return tookMs;
}

/** What is closed goes in later turns of the event loop: its handles are gone after those that are due now. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Handles, requests and timers; an immediate is over with the turn. */
function activeResources(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => kind !== 'Immediate')
    .toSorted();
}

function listenerCounts(): number[] {
  return process.eventNames().map((name) => process.listenerCount(name));
}

test('200 brokers started and closed in one process leave no handle, timer, listener or memory behind', async () => {
  const tookMs: number[] = [];
  for (let count = 0; count < WARM_UP; count++) tookMs.push(await runOne());
  await settled();
  collectGarbage();
  const before = {
    resources: activeResources(),
    listeners: listenerCounts(),
    heap: process.memoryUsage().heapUsed,
  };
  for (let count = WARM_UP; count < BROKERS; count++) tookMs.push(await runOne());
  await settled();
  collectGarbage();
  assert.deepEqual(activeResources(), before.resources);
  assert.deepEqual(listenerCounts(), before.listeners);
  const growth = process.memoryUsage().heapUsed - before.heap;
  assert(growth < HEAP_GROWTH_MAX, `the heap grew by ${growth} bytes`);
  const median = tookMs.toSorted((a, b) => a - b)[BROKERS / 2]!;
  assert(median <= READY_WITHIN_MS, `a warm start took ${median.toFixed(1)} ms`);
});

test('closing twice is closing once, and the port is free again', async () => {
  const broker = await startBroker({ port: 0, storage: 'memory' });
  const port = Number(broker.bootstrapServers.split(':')[1]);
  await Promise.all([broker.close(), broker.close()]);
  const next = await startBroker({ port, storage: 'memory' });
  assert.equal(next.bootstrapServers, broker.bootstrapServers);
  await next.close();
});
