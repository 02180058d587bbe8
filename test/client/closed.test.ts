import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientRuntime } from '../../src/client/client-runtime.ts';
import { Kafka, string } from '../../src/client/index.ts';
import type { Timer, Timers } from '../../src/runtime/clock.ts';
import { brokerFor, clientRuntime } from './client-world.ts';

/** Timers that know which of them are still to come: each of these would keep the process alive. */
class WatchedTimers implements Timers {
  readonly running = new Set<Timer>();
  readonly #timers: Timers;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  set(delayMs: number, run: () => void): Timer {
    const timer = this.#timers.set(delayMs, () => {
      this.running.delete(watched);
      run();
    });
    const watched: Timer = {
      cancel: () => {
        this.running.delete(watched);
        timer.cancel();
      },
    };
    this.running.add(watched);
    return watched;
  }

  soon(callback: () => void): void {
    this.#timers.soon(callback);
  }
}

for (const groupProtocol of ['classic', 'consumer'] as const) {
  test(`nothing that is closed keeps the process alive (${groupProtocol})`, async (context) => {
    const { bootstrapServers } = await brokerFor(context, { 'group.initial.rebalance.delay.ms': 0 });
    const real = clientRuntime();
    const timers = new WatchedTimers(real.timers);
    const runtime: ClientRuntime = { ...real, timers };
    const kafka = new Kafka({ bootstrapServers }, runtime);
    const producer = kafka.producer({ valueSerializer: string });
    await producer.send({ topic: 'orders', value: 'one' });
    const consumer = kafka.consumer({ groupId: 'g', groupProtocol, offsetReset: 'earliest' });
    await consumer.subscribe(['orders']);
    for await (const record of consumer) {
      assert.equal(record.offset, 0);
      consumer.stop();
    }
    const admin = kafka.admin();
    await admin.listTopics();
    admin.close();
    await producer.close();
    assert.equal(timers.running.size, 0);
  });
}
