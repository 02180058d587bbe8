import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { ClientListeners } from '../../src/broker/requests/client-listener.ts';
import type { BrokerServices } from '../../src/broker/services.ts';
import { loadConfig } from '../../src/config/load.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { NetworkError, type Listener, type Network } from '../../src/runtime/network.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { silent } from '../runtime/silent-logger.ts';

const FREE_PORT_FIRST = 40_000;

/** A machine with two loopback addresses whose ports are taken apart from one another. */
class TwoLoopbacks implements Network {
  readonly taken: Set<string>;
  readonly #families: readonly string[];
  #nextPort = FREE_PORT_FIRST;

  constructor(taken: readonly string[] = [], families: readonly string[] = ['127.0.0.1', '::1']) {
    this.taken = new Set(taken);
    this.#families = families;
  }

  async listen({ host, port }: { host: string; port: number }): Promise<Listener> {
    if (!this.#families.includes(host)) throw new NetworkError('EADDRNOTAVAIL', host);
    const chosen = port === 0 ? this.#nextPort++ : port;
    const name = `${host} ${chosen}`;
    if (this.taken.has(name)) throw new NetworkError('EADDRINUSE', name);
    this.taken.add(name);
    return { host, port: chosen, close: async () => void this.taken.delete(name) };
  }

  connect(): Promise<never> {
    throw new Error('nobody dials here');
  }
}

function listenersOn(network: Network): ClientListeners {
  const time = new VirtualTime();
  const { config } = loadConfig({});
  const random = new SeededRandom(1);
  const disk = new MemoryDisk();
  const runtime = { clock: time, timers: time, random, disk, network, logger: silent, hostName: () => 'here' };
  return new ClientListeners(runtime, config);
}

const LOCALHOST = { name: 'PLAINTEXT', host: 'localhost' };
// Nobody connects, so nothing of the broker is needed.
const broker = {} as BrokerServices;

test('a free port is looked for until it is free at both loopback addresses', async () => {
  const network = new TwoLoopbacks(['::1 40000', '::1 40001']);
  const listeners = listenersOn(network);
  const { port } = await listeners.listen({ ...LOCALHOST, port: 0 }, broker);
  assert.equal(port, 40_002);
  assert.deepEqual([...network.taken].toSorted(), ['127.0.0.1 40002', '::1 40000', '::1 40001', '::1 40002']);
  await listeners.close();
  assert.equal(network.taken.size, 2);
});

test('a port that was asked for and is taken at one address is not taken at the other', async () => {
  const network = new TwoLoopbacks(['::1 9092']);
  const listeners = listenersOn(network);
  await assert.rejects(listeners.listen({ ...LOCALHOST, port: 9092 }, broker), { code: 'EADDRINUSE' });
  assert.deepEqual([...network.taken], ['::1 9092']);
  await listeners.close();
});

test('a machine without IPv6 is served at the other address', async () => {
  const network = new TwoLoopbacks([], ['127.0.0.1']);
  const listeners = listenersOn(network);
  assert.equal((await listeners.listen({ ...LOCALHOST, port: 9092 }, broker)).port, 9092);
  await listeners.close();
});
