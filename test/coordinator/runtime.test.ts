import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Malformed } from '../../src/base/malformed.ts';
import type { Reply } from '../../src/coordinator/pending-reply.ts';
import { CoordinatorRuntime } from '../../src/coordinator/runtime.ts';
import type { Effects, StateMachine } from '../../src/coordinator/state-machine.ts';
import type { TransactionProducer } from '../../src/coordinator/transaction-producer.ts';
import { E, type ErrorSpec } from '../../src/protocol/errors.ts';
import { buildBatch } from '../../src/records/batch-builder.ts';
import { recordCount } from '../../src/records/batch.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { silentLogger } from './group/group-world.ts';
import { MemoryCoordinatorLog } from './memory-coordinator-log.ts';

interface Entry {
  readonly name: string;
  readonly value: string | null;
}

/** The simplest machine: names and values; what a transaction writes shows when it commits. */
class Notes implements StateMachine<Entry> {
  readonly notes = new Map<string, string>();
  readonly #pending = new Map<number, Entry[]>();
  isLoaded = false;

  encode({ name, value }: Entry) {
    return { key: Buffer.from(`n${name}`), value: value === null ? null : Buffer.from(value) };
  }

  decode(key: Uint8Array, value: Uint8Array | null): Entry | undefined {
    const text = Buffer.from(key).toString();
    if (text.startsWith('?')) return undefined;
    if (!text.startsWith('n')) throw new Malformed('not a note');
    return { name: text.slice(1), value: value === null ? null : Buffer.from(value).toString() };
  }

  apply(record: Entry, producer?: TransactionProducer): void {
    if (producer !== undefined) {
      this.#pending.set(producer.id, [...(this.#pending.get(producer.id) ?? []), record]);
    } else if (record.value === null) {
      this.notes.delete(record.name);
    } else {
      this.notes.set(record.name, record.value);
    }
  }

  endTransaction({ id }: TransactionProducer, isCommit: boolean): void {
    const records = this.#pending.get(id) ?? [];
    this.#pending.delete(id);
    if (isCommit) for (const record of records) this.apply(record);
  }

  loaded(): void {
    this.isLoaded = true;
  }
}

function nameOf(error: ErrorSpec): string {
  return error.name;
}

class World {
  readonly time = new VirtualTime();
  readonly log = new MemoryCoordinatorLog((callback) => this.time.soon(callback));
  readonly runtime = new CoordinatorRuntime<Notes, Entry>({
    log: this.log,
    clock: this.time,
    timers: this.time,
    logger: silentLogger,
    commitTimeoutMs: () => 5_000,
    createMachine: () => new Notes(),
  });

  /** The answers in the order they came. */
  readonly answers: string[] = [];

  put(name: string, value: string | null, partition = 0): void {
    this.submit(partition, true, (_notes, effects, reply) => {
      effects.write({ name, value });
      effects.answer(reply, `put ${name}`);
    });
  }

  get(name: string, partition = 0): void {
    this.submit(partition, false, (notes, effects, reply) => {
      effects.answer(reply, `${name}=${notes.notes.get(name) ?? ''}`);
    });
  }

  submit(
    partition: number,
    mayWrite: boolean,
    decide: (notes: Notes, effects: Effects<Entry>, reply: Reply<string>) => void,
  ): void {
    void this.runtime
      .submit(partition, { failure: nameOf, mayWrite, decide })
      .then((answer) => this.answers.push(answer));
  }

  /** The answers so far, and forgets them. */
  async heard(): Promise<string[]> {
    await this.time.settle();
    return this.answers.splice(0);
  }
}

async function loaded(): Promise<World> {
  const world = new World();
  world.runtime.load(0);
  await world.time.settle();
  return world;
}

test('what was written is there after a load, tombstones included', async () => {
  const world = await loaded();
  world.put('a', '1');
  world.put('b', '2');
  await world.heard();
  world.put('a', null);
  await world.heard();
  world.runtime.unload(0);
  world.runtime.load(0);
  world.get('a');
  world.get('b');
  assert.deepEqual(await world.heard(), ['a=', 'b=2']);
});

test('all that a turn writes goes out in one batch', async () => {
  const world = await loaded();
  for (let index = 0; index < 100; index++) world.put(`note ${index}`, 'x');
  assert.equal((await world.heard()).length, 100);
  assert.equal(world.log.appends.length, 1);
  const { batch } = world.log.appends[0]!;
  assert.equal(recordCount(new DataView(batch.buffer, batch.byteOffset), 0), 100);
});

test('batches keep to the largest size', async () => {
  const world = await loaded();
  world.log.bytesMax = 1_000;
  for (let index = 0; index < 20; index++) world.put(`note ${index}`, 'x'.repeat(200));
  assert.equal((await world.heard()).length, 20);
  assert.ok(world.log.appends.length > 4);
  for (const { batch } of world.log.appends) assert.ok(batch.length <= 1_000);
});

test('no answer goes out, not to a read either, before what it has seen is committed', async () => {
  const world = await loaded();
  world.log.isCommitting = false;
  world.get('a');
  assert.deepEqual(await world.heard(), ['a='], 'nothing is open');
  world.put('a', '1');
  world.get('a');
  assert.deepEqual(await world.heard(), []);
  world.get('b');
  assert.deepEqual(await world.heard(), [], 'a later read waits as well');
  world.log.commit(0);
  assert.deepEqual(await world.heard(), ['put a', 'a=1', 'b=']);
});

test('an answer that is not committed in time fails, and the state stays', async () => {
  const world = await loaded();
  world.log.isCommitting = false;
  world.put('a', '1');
  await world.time.run(4_999);
  world.get('a');
  assert.deepEqual(await world.heard(), []);
  await world.time.run(1);
  assert.deepEqual(await world.heard(), ['COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_NOT_AVAILABLE']);
  world.get('a');
  world.log.commit(0);
  assert.deepEqual(await world.heard(), ['a=1']);
});

test('a failed append takes back what was applied: whoever waits is told, and the log is read again', async () => {
  const world = await loaded();
  world.put('a', '1');
  await world.heard();
  world.log.nextAppendError = E.NOT_ENOUGH_REPLICAS;
  world.put('a', '2');
  world.get('a');
  assert.deepEqual(await world.heard(), ['COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_NOT_AVAILABLE']);
  world.get('a');
  assert.deepEqual(await world.heard(), ['a=1']);
});

test('errors of the log are told in words that clients of coordinators know', async () => {
  const told: [ErrorSpec, string][] = [
    [E.NOT_LEADER_OR_FOLLOWER, 'NOT_COORDINATOR'],
    [E.KAFKA_STORAGE_ERROR, 'NOT_COORDINATOR'],
    [E.UNKNOWN_TOPIC_OR_PARTITION, 'COORDINATOR_NOT_AVAILABLE'],
    [E.MESSAGE_TOO_LARGE, 'UNKNOWN_SERVER_ERROR'],
  ];
  for (const [error, expected] of told) {
    const world = await loaded();
    world.log.nextAppendError = error;
    world.put('a', '1');
    assert.deepEqual(await world.heard(), [expected]);
  }
});

test('what cannot be appended is not decided, while reads go on', async () => {
  const world = await loaded();
  world.put('a', '1');
  await world.heard();
  world.log.knownError = E.NOT_ENOUGH_REPLICAS;
  world.put('a', '2');
  world.get('a');
  assert.deepEqual(await world.heard(), ['COORDINATOR_NOT_AVAILABLE', 'a=1']);
});

test('the end of leadership answers everyone, parked or held', async () => {
  const world = await loaded();
  world.log.isCommitting = false;
  world.put('a', '1');
  world.submit(0, true, () => {});
  await world.heard();
  world.runtime.unload(0);
  assert.deepEqual(await world.heard(), ['NOT_COORDINATOR', 'NOT_COORDINATOR']);
  assert.equal(world.time.pending, 0, 'no timer is left');
});

test('leadership that is lost before the commit is told to those who wait for it', async () => {
  const world = await loaded();
  world.log.isCommitting = false;
  world.put('a', '1');
  await world.heard();
  world.log.loseLeadership(0);
  assert.deepEqual(await world.heard(), ['NOT_COORDINATOR']);
});

test('where nothing is led or loaded yet, that is the answer', async () => {
  const world = new World();
  world.get('a', 5);
  assert.deepEqual(await world.heard(), ['NOT_COORDINATOR']);
  for (let index = 0; index < 300; index++) {
    world.log.append(0, buildBatch([{ key: Buffer.from(`n${index}`), value: Buffer.alloc(4_000) }]));
  }
  world.runtime.load(0);
  world.get('a');
  await Promise.resolve();
  assert.deepEqual(world.answers.splice(0), ['COORDINATOR_LOAD_IN_PROGRESS']);
  await world.time.settle();
  world.get('nothing');
  assert.deepEqual(await world.heard(), ['nothing=']);
  assert.equal(world.runtime.isActive(0), true);
});

test('records of unknown types are passed over; damage keeps the coordinator away', async () => {
  const world = new World();
  world.log.append(
    0,
    buildBatch([
      { key: Buffer.from('?new'), value: null },
      { key: Buffer.from('na'), value: Buffer.from('1') },
    ]),
  );
  world.runtime.load(0);
  world.get('a');
  assert.deepEqual(await world.heard(), ['a=1']);

  world.log.append(1, buildBatch([{ key: Buffer.from('damaged'), value: null }]));
  world.runtime.load(1);
  world.get('a', 1);
  assert.deepEqual(await world.heard(), ['NOT_COORDINATOR']);
});

test('a partition that cannot be read is as good as none', async () => {
  const world = new World();
  world.log.isReadable = false;
  world.runtime.load(0);
  world.get('a');
  assert.deepEqual(await world.heard(), ['NOT_COORDINATOR']);
  world.log.isReadable = true;
  world.runtime.load(0);
  world.get('a');
  assert.deepEqual(await world.heard(), ['a='], 'it can be tried again');
});

test('a decision that throws takes back what it did', async () => {
  const world = await loaded();
  world.submit(0, true, (_notes, effects) => {
    effects.write({ name: 'a', value: 'half done' });
    throw new Error('a bug');
  });
  assert.deepEqual(await world.heard(), ['NOT_COORDINATOR']);
  world.get('a');
  assert.deepEqual(await world.heard(), ['a=']);
  assert.equal(world.log.endOffset(0), 0);
});

test('timers are decisions of their own; one key, one timer; putting it off costs nothing', async () => {
  const world = await loaded();
  const fired: string[] = [];
  world.submit(0, true, (_notes, effects, reply) => {
    effects.setTimer('t', 100, () => fired.push('too early'));
    effects.setTimer('t', 200, (later) => {
      fired.push('on time');
      later.write({ name: 'a', value: 'by timer' });
    });
    effects.setTimer('gone', 100, () => fired.push('cancelled'));
    effects.cancelTimer('gone');
    effects.answer(reply, 'set');
  });
  await world.time.run(199);
  assert.deepEqual(fired, []);
  await world.time.run(1);
  assert.deepEqual(fired, ['on time']);
  world.get('a');
  assert.deepEqual(await world.heard(), ['set', 'a=by timer']);
});

test('a timer that is brought forward fires earlier', async () => {
  const world = await loaded();
  const fired: number[] = [];
  world.submit(0, true, (_notes, effects, reply) => {
    effects.setTimer('t', 1_000, () => fired.push(1_000));
    effects.setTimer('t', 10, () => fired.push(10));
    effects.answer(reply, 'set');
  });
  await world.time.run(2_000);
  assert.deepEqual(fired, [10]);
});

test('a transaction and its marker lie in batches of their own, and count alike after a load', async () => {
  const world = await loaded();
  const producer = { id: 9, epoch: 1 };
  world.submit(0, true, (_notes, effects, reply) => {
    effects.write({ name: 'a', value: 'outside' });
    effects.write({ name: 'b', value: 'inside' }, producer);
    effects.write({ name: 'c', value: 'outside' });
    effects.answer(reply, 'written');
  });
  world.get('b');
  assert.deepEqual(await world.heard(), ['written', 'b=']);
  assert.equal(world.log.appends.length, 3);
  assert.equal(
    await settle(world, world.runtime.endTransaction(0, producer, { type: 1, coordinatorEpoch: 0 })),
    E.NONE,
  );
  world.runtime.unload(0);
  world.runtime.load(0);
  world.get('b');
  world.get('c');
  assert.deepEqual(await world.heard(), ['b=inside', 'c=outside']);
});

async function settle<T>(world: World, promise: Promise<T>): Promise<T> {
  await world.time.settle();
  return promise;
}

test('work that follows a commit runs behind the answers, as a decision of its own', async () => {
  const world = await loaded();
  world.log.isCommitting = false;
  world.submit(0, true, (_notes, effects, reply) => {
    effects.write({ name: 'a', value: 'decided' });
    effects.answer(reply, 'answered');
    effects.whenCommitted((later) => {
      world.answers.push('committed');
      later.write({ name: 'a', value: 'done' });
    });
  });
  await world.time.run(60_000);
  assert.deepEqual(await world.heard(), ['COORDINATOR_NOT_AVAILABLE'], 'the answer is given up, the work is not');
  world.log.commit(0);
  assert.deepEqual(await world.heard(), ['committed']);
  world.log.isCommitting = true;
  world.log.commit(0);
  world.get('a');
  assert.deepEqual(await world.heard(), ['a=done']);
});

test('work that follows a commit never runs when the append fails, or leadership ends before', async () => {
  for (const loss of ['append', 'leadership', 'unload'] as const) {
    const world = await loaded();
    world.log.isCommitting = false;
    if (loss === 'append') world.log.nextAppendError = E.NOT_ENOUGH_REPLICAS;
    world.submit(0, true, (_notes, effects) => {
      effects.write({ name: 'a', value: 'decided' });
      effects.whenCommitted(() => world.answers.push('committed'));
    });
    await world.time.settle();
    if (loss === 'leadership') world.log.loseLeadership(0);
    if (loss === 'unload') world.runtime.unload(0);
    world.log.commit(0);
    assert.deepEqual(await world.heard(), ['NOT_COORDINATOR']);
  }
});

test('a callback from outside is a decision of the partition that handed it out, and of no later one', async () => {
  const world = await loaded();
  const calls: ((value: string) => void)[] = [];
  world.submit(0, true, (_notes, effects, reply) => {
    calls.push(effects.callback((later, value: string) => later.write({ name: 'a', value })));
    effects.answer(reply, 'handed out');
  });
  await world.heard();
  calls[0]?.('1');
  world.get('a');
  assert.deepEqual(await world.heard(), ['a=1']);
  world.runtime.unload(0);
  world.runtime.load(0);
  calls[0]?.('2');
  world.get('a');
  assert.deepEqual(await world.heard(), ['a=1']);
});

test('a decision that nobody asked for can see whether it may write', async () => {
  const world = await loaded();
  const seen: boolean[] = [];
  world.runtime.run(0, (_notes, effects) => seen.push(effects.isWritable));
  world.log.knownError = E.NOT_ENOUGH_REPLICAS;
  world.runtime.run(0, (_notes, effects) => seen.push(effects.isWritable));
  assert.deepEqual(seen, [true, false]);
});

test('work for all requests that had arrived is done once they are decided, and goes to the log with them', async () => {
  const world = await loaded();
  world.log.isCommitting = false;
  let decided = 0;
  for (const name of ['a', 'b']) {
    world.submit(0, true, (_notes, effects, reply) => {
      decided++;
      effects.write({ name, value: 'asked' });
      effects.beforeAppend((later) => {
        later.write({ name: 'both', value: String(decided) });
        later.answer(reply, `${name} of ${decided}`);
      });
    });
  }
  assert.deepEqual(await world.heard(), []);
  assert.equal(world.log.appends.length, 1);
  world.log.commit(0);
  assert.deepEqual(await world.heard(), ['a of 2', 'b of 2']);
  world.get('both');
  assert.deepEqual(await world.heard(), ['both=2']);
});
