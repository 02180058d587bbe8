import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probeBroker } from '../../src/broker/probe-broker.ts';
import { MemoryNetwork } from '../../src/runtime/memory-network.ts';
import type { ConnectionHandler } from '../../src/runtime/network.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';

const QUIET: ConnectionHandler = { landing: () => new Uint8Array(1), received() {}, drained() {}, closed() {} };

test('a broker that listens answers, one that does not is refused; no connection and no timer is left', async () => {
  const time = new VirtualTime();
  const network = new MemoryNetwork(time);
  const listener = await network.listen({ host: 'a', port: 9092 }, () => QUIET);
  for (const [port, expected] of [
    [9092, 'answered'],
    [9093, 'refused'],
  ] as const) {
    const probing = probeBroker(network, time, { host: 'a', port });
    await time.settle();
    assert.equal(await probing, expected);
  }
  await time.settle();
  assert.deepEqual([network.openCount, time.pending], [0, 0]);
  await listener.close();
});
