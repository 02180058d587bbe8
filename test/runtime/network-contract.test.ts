import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { MemoryNetwork } from '../../src/runtime/memory-network.ts';
import type { Connection, ConnectionHandler, Listener, Network } from '../../src/runtime/network.ts';
import { nodeTimers } from '../../src/runtime/node-clock.ts';
import { NodeNetwork } from '../../src/runtime/node-network.ts';
import { Authority } from './certificates.ts';
import { silent } from './silent-logger.ts';

const host = '127.0.0.1';

/** One end of a connection, which keeps what it was told. */
class End implements ConnectionHandler {
  readonly connection: Connection;
  readonly #landing: Uint8Array;
  landed: Buffer[] = [];
  drains = 0;
  isClosed = false;
  error: Error | undefined;
  #waiting: { until: (end: End) => boolean; resolve: () => void }[] = [];

  constructor(connection: Connection, landingBytes: number) {
    this.connection = connection;
    this.#landing = new Uint8Array(landingBytes);
  }

  landing(): Uint8Array {
    return this.#landing;
  }

  received(count: number): void {
    assert.ok(count > 0 && count <= this.#landing.length);
    assert.ok(!this.isClosed, 'nothing comes after the end');
    this.landed.push(Buffer.from(this.#landing.subarray(0, count)));
    this.#look();
  }

  drained(): void {
    this.drains++;
    this.#look();
  }

  closed(error?: Error): void {
    assert.ok(!this.isClosed, 'closed once');
    this.isClosed = true;
    this.error = error;
    this.#look();
  }

  get text(): string {
    return Buffer.concat(this.landed).toString();
  }

  get bytes(): number {
    return this.landed.reduce((sum, { length }) => sum + length, 0);
  }

  /** Resolves when `until` holds; the test's own time limit is the bound. */
  until(until: (end: End) => boolean): Promise<void> {
    if (until(this)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ until, resolve }));
  }

  #look(): void {
    this.#waiting = this.#waiting.filter(({ until, resolve }) => {
      const isDone = until(this);
      if (isDone) resolve();
      return !isDone;
    });
  }
}

interface Pair {
  readonly listener: Listener;
  readonly near: End;
  readonly far: End;
}

async function pairOver(network: Network, landingBytes = 4096): Promise<Pair> {
  let accepted: End | undefined;
  const listener = await network.listen({ host, port: 0 }, (connection) => {
    accepted = new End(connection, landingBytes);
    return accepted;
  });
  let near: End | undefined;
  await network.connect({ host, port: listener.port }, (connection) => (near = new End(connection, landingBytes)));
  await new Promise<void>((resolve) => {
    const look = (): void => (accepted === undefined ? nodeTimers.soon(look) : resolve());
    look();
  });
  after(async () => {
    near?.connection.destroy();
    await listener.close();
  });
  return { listener, near: near!, far: accepted! };
}

/** Every connection encrypted, and both ends shown to each other. */
function overTls(network: Network): Network {
  const authority = new Authority('contract');
  const ca = authority.cert;
  const server = authority.issue({ name: 'server', addresses: [host] });
  const client = authority.issue({ name: 'client' });
  return {
    listen: (address, accept) => network.listen(address, accept, { ...server, ca, clientCertificate: 'required' }),
    connect: (address, handler) => network.connect(address, handler, { ...client, ca }),
  };
}

/** @param atOnce connections opened together, ten times. */
function contract(name: string, network: Network, atOnce = 100): void {
  suite(name, { timeout: 20_000 }, () => {
    test('bytes arrive in order, both ways, and each end knows the other', async () => {
      const { near, far, listener } = await pairOver(network);
      assert.equal(near.connection.remotePort, listener.port);
      assert.equal(far.connection.localPort, listener.port);
      assert.equal(far.connection.remotePort, near.connection.localPort);
      assert.equal(far.connection.localAddress, host);
      assert.equal(near.connection.remoteAddress, host);
      near.connection.write([Buffer.from('one '), Buffer.from(''), Buffer.from('two ')]);
      near.connection.write([Buffer.from('three')]);
      await far.until((end) => end.text === 'one two three');
      far.connection.write([Buffer.from('back')]);
      await near.until((end) => end.text === 'back');
    });

    test('bytes never overrun a small landing place', async () => {
      const { near, far } = await pairOver(network, 7);
      const message = Array.from({ length: 500 }, (_, index) => index).join();
      near.connection.write([Buffer.from(message)]);
      await far.until((end) => end.text.length === message.length);
      assert.equal(far.text, message);
    });

    test('sent is called once the chunks may change, in order', async () => {
      const { near, far } = await pairOver(network);
      const order: string[] = [];
      near.connection.write([Buffer.from('a')], () => order.push('a'));
      near.connection.write([Buffer.from('b'), Buffer.from('c')], () => order.push('bc'));
      assert.deepEqual(order, [], 'never from inside the write');
      await new Promise<void>((resolve) => near.connection.write([], resolve));
      await far.until((end) => end.text === 'abc');
      assert.deepEqual(order, ['a', 'bc']);
    });

    test('a paused reader holds the writer back; resumed it gets everything', async () => {
      const { near, far } = await pairOver(network, 65_536);
      far.connection.pause();
      const chunk = Buffer.alloc(1024 * 1024, 1);
      const sent: number[] = [];
      for (let index = 0; index < 32; index++) near.connection.write([chunk, chunk], () => sent.push(index));
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      assert.ok(near.connection.pendingBytes > 0, 'not all of 64 MiB fits in between');
      assert.equal(near.drains, 0);
      far.connection.resume();
      await far.until((end) => end.bytes === 64 * chunk.length);
      await near.until((end) => end.drains > 0);
      assert.equal(near.connection.pendingBytes, 0);
      assert.deepEqual(
        sent,
        Array.from({ length: 32 }, (_, index) => index),
      );
    });

    test('nothing is received between pause and resume', async () => {
      const { near, far } = await pairOver(network, 10);
      near.connection.write([Buffer.from('first')]);
      await far.until((end) => end.text === 'first');
      far.connection.pause();
      await new Promise<void>((resolve) => {
        near.connection.write([Buffer.from(' second')]);
        setImmediate(() => setImmediate(resolve));
      });
      assert.equal(far.text, 'first');
      far.connection.resume();
      await far.until((end) => end.text === 'first second');
    });

    test('end sends what was written, and both ends close without an error', async () => {
      const { near, far } = await pairOver(network, 65_536);
      const chunk = Buffer.alloc(3_000_000, 1);
      near.connection.write([chunk]);
      near.connection.end();
      near.connection.write([Buffer.from('too late')]);
      await far.until((end) => end.isClosed);
      await near.until((end) => end.isClosed);
      assert.equal(far.bytes, chunk.length);
      assert.deepEqual([near.error, far.error], [undefined, undefined]);
    });

    test('a destroyed connection closes both ends; what is done to it afterwards does nothing', async () => {
      const { near, far } = await pairOver(network);
      far.connection.destroy();
      far.connection.destroy();
      assert.ok(!far.isClosed, 'never from inside the call');
      await near.until((end) => end.isClosed);
      await far.until((end) => end.isClosed);
      for (const { connection } of [near, far]) {
        connection.write([Buffer.from('x')]);
        connection.pause();
        connection.resume();
        connection.end();
        connection.destroy();
        assert.equal(connection.pendingBytes, 0);
      }
    });

    test('a refused connection closes', async () => {
      const listener = await network.listen({ host, port: 0 }, () => undefined);
      let near: End | undefined;
      await network.connect({ host, port: listener.port }, (connection) => (near = new End(connection, 10)));
      await near!.until((end) => end.isClosed);
      await listener.close();
    });

    test('a port in use is EADDRINUSE, and free again after close; a port with no listener is ECONNREFUSED', async () => {
      const listener = await network.listen({ host, port: 0 }, () => undefined);
      const { port } = listener;
      await assert.rejects(
        network.listen({ host, port }, () => undefined),
        { name: 'NetworkError', code: 'EADDRINUSE' },
      );
      await listener.close();
      await listener.close();
      const failed = network.connect({ host, port }, (connection) => new End(connection, 10));
      await assert.rejects(failed, { name: 'NetworkError', code: 'ECONNREFUSED' });
      const again = await network.listen({ host, port }, () => undefined);
      assert.equal(again.port, port);
      await again.close();
    });

    test('open connections stay when their listener closes', async () => {
      const { near, far, listener } = await pairOver(network);
      await listener.close();
      near.connection.write([Buffer.from('still here')]);
      await far.until((end) => end.text === 'still here');
    });

    test(`${10 * atOnce} connections opened and closed leave nothing`, async () => {
      const ends = new Set<End>();
      const listener = await network.listen({ host, port: 0, backlog: 1024 }, (connection) => {
        const end = new End(connection, 64);
        ends.add(end);
        return end;
      });
      const before = process.getActiveResourcesInfo().length;
      // Ends of earlier tests may still be closing: there may be fewer afterwards, never more.
      for (let round = 0; round < 10; round++) {
        const dialled = Array.from({ length: atOnce }, () =>
          network.connect({ host, port: listener.port }, (connection) => {
            const end = new End(connection, 64);
            ends.add(end);
            return end;
          }),
        );
        for (const connection of await Promise.all(dialled)) {
          connection.write([Buffer.from('hello')]);
          connection.end();
        }
        for (const end of ends) await end.until(({ isClosed }) => isClosed);
      }
      assert.equal(ends.size, 20 * atOnce);
      assert.deepEqual(new Set([...ends].map(({ error }) => error)), new Set([undefined]));
      // TLS lets go of its sockets one turn after they closed.
      await new Promise((resolve) => setImmediate(resolve));
      assert.ok(process.getActiveResourcesInfo().length <= before);
      await listener.close();
    });
  });
}

contract('TCP, landing directly', new NodeNetwork(silent));
contract("TCP by way of 'data' events", new NodeNetwork(silent, { directLanding: false }));
// Handshakes cost milliseconds of processor.
contract('TLS', overTls(new NodeNetwork(silent)), 10);
contract('memory', new MemoryNetwork(nodeTimers));
contract('memory, slow and in pieces', new MemoryNetwork(nodeTimers, { delayMs: 1, segmentBytesMax: 100_000 }));
