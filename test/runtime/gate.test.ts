import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate } from '../../src/runtime/gate.ts';
import { gatedRuntime } from '../../src/runtime/gated-runtime.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { MemoryNetwork } from '../../src/runtime/memory-network.ts';
import type { Connection, ConnectionHandler } from '../../src/runtime/network.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { NotingLogger } from '../log/log-fixture.ts';

/** Notes what a connection brings. */
class Noting implements ConnectionHandler {
  readonly #landing = Buffer.alloc(4);
  text = '';
  isClosed = false;

  landing(): Uint8Array {
    return this.#landing;
  }

  received(count: number): void {
    this.text += this.#landing.toString('latin1', 0, count);
  }

  drained(): void {
    // Nothing waits.
  }

  closed(): void {
    this.isClosed = true;
  }
}

/** A program behind a gate that listens at port 1, and a client outside that is connected to it. */
async function given() {
  const time = new VirtualTime();
  const network = new MemoryNetwork(time);
  const disk = new MemoryDisk();
  const gate = new Gate();
  const outer = {
    clock: time,
    timers: time,
    random: new SeededRandom(1),
    disk,
    network,
    logger: new NotingLogger(),
    hostName: () => 'here',
  };
  const inside = gatedRuntime(outer, gate);
  const served: Noting[] = [];
  const listening = inside.network.listen({ host: 'h', port: 1 }, () => {
    const handler = new Noting();
    served.push(handler);
    return handler;
  });
  await time.settle();
  await listening;
  const dial = async (handler = new Noting()): Promise<{ connection: Connection; handler: Noting }> => {
    const dialled = network.connect({ host: 'h', port: 1 }, () => handler);
    await time.settle();
    return { connection: await dialled, handler };
  };
  return { time, network, disk, gate, inside, served, dial, client: await dial() };
}

test('what reaches a paused program waits, and comes in its order when it goes on', async () => {
  const { time, gate, inside, served, client } = await given();
  const told: string[] = [];
  inside.timers.set(10, () => told.push('timer'));
  const cancelled = inside.timers.set(10, () => told.push('cancelled'));
  gate.pause();
  client.connection.write([Buffer.from('hello world')]);
  await time.run(20);
  assert.deepEqual([served[0]!.text, told], ['', []]);
  cancelled.cancel();
  gate.resume();
  await time.settle();
  assert.deepEqual([served[0]!.text, told], ['hello world', ['timer']]);
});

test('who dials a paused program is connected, and heard later', async () => {
  const { time, gate, served, dial } = await given();
  gate.pause();
  const { connection } = await dial();
  connection.write([Buffer.from('late')]);
  await time.settle();
  assert.equal(served.length, 1);
  gate.resume();
  await time.settle();
  assert.equal(served[1]!.text, 'late');
});

test('a killed program hears nothing, its sockets break, nobody listens, and its files are as they were', async () => {
  const { time, network, disk, gate, inside, served, client } = await given();
  const file = inside.disk.open('/kept', 'create');
  file.write(Buffer.from('kept'), 0);
  inside.disk.makeDirectory('/locked');
  assert(inside.disk.lock('/locked/.lock') !== undefined);
  let isCalled = false;
  inside.timers.set(1, () => (isCalled = true));
  gate.kill();
  await time.settle();
  assert.equal(time.pending, 0, 'timers are left');
  await time.run(10);
  assert.deepEqual([isCalled, client.handler.isClosed, served[0]!.isClosed], [false, true, false]);
  assert.throws(() => file.write(Buffer.from('more'), 4), /dead/);
  assert.throws(() => inside.disk.exists('/kept'), /dead/);
  assert.equal(disk.readFile('/kept', 10).toString(), 'kept');
  assert(disk.lock('/locked/.lock') !== undefined, 'the lock is free');
  const refused = assert.rejects(
    network.connect({ host: 'h', port: 1 }, () => new Noting()),
    /nobody listens/,
  );
  await time.settle();
  await refused;
});
