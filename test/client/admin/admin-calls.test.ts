import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AdminCalls, type Items } from '../../../src/client/admin/admin-calls.ts';
import type { Outcome } from '../../../src/client/admin/results.ts';
import { brokerError, ConnectionError, KafkaError, TimeoutError } from '../../../src/client/client-error.ts';
import { Cluster } from '../../../src/client/cluster.ts';
import { E, type ErrorSpec } from '../../../src/protocol/errors.ts';
import { MemoryNetwork } from '../../../src/runtime/memory-network.ts';
import { VirtualTime } from '../../../src/runtime/virtual-time.ts';
import { clientRuntime } from '../client-world.ts';

interface World {
  readonly calls: AdminCalls;
  readonly time: VirtualTime;
}

/** Calls in virtual time; what brokers answer is up to the attempt. */
function worldFor(context: TestContext): World {
  const time = new VirtualTime();
  const runtime = { ...clientRuntime(), network: new MemoryNetwork(time), clock: time, timers: time };
  const cluster = new Cluster(runtime, { bootstrapServers: 'nobody:9092', requestTimeoutMs: 1000 });
  context.after(() => cluster.close());
  return { calls: new AdminCalls(cluster), time };
}

const items = new Map(['a', 'b', 'c'].map((key) => [key, key]));

async function outcomesOf(
  { calls, time }: World,
  asked: 'controller' | 'leader',
  attempt: (open: Items<string>) => Promise<Map<string, Outcome<number>>>,
): Promise<Map<string, Outcome<number>>> {
  const outcomes = calls.each('ask', asked, items, attempt);
  await time.run(2000);
  return outcomes;
}

test('only what failed for now is asked again', async (context) => {
  const rounds: string[][] = [];
  const outcomes = await outcomesOf(worldFor(context), 'leader', async (open) => {
    rounds.push([...open.keys()]);
    const told = (key: string): Outcome<number> => {
      if (key === 'b') return brokerError(E.TOPIC_AUTHORIZATION_FAILED, 'b');
      return key === 'c' && rounds.length < 3 ? brokerError(E.NOT_LEADER_OR_FOLLOWER, 'c') : rounds.length;
    };
    return new Map([...open.keys()].map((key) => [key, told(key)]));
  });
  assert.deepEqual(rounds, [['a', 'b', 'c'], ['c'], ['c']]);
  assert.deepEqual([outcomes.get('a'), outcomes.get('c')], [1, 3]);
  assert.ok(outcomes.get('b') instanceof KafkaError);
});

function onlyA(key: string): Outcome<number> {
  return key === 'a' ? 1 : brokerError(E.LEADER_NOT_AVAILABLE, key);
}

test('what keeps failing is told as late with the last error, beside what went well', async (context) => {
  const outcomes = await outcomesOf(worldFor(context), 'leader', async (open) => {
    return new Map([...open.keys()].map((key) => [key, onlyA(key)]));
  });
  assert.equal(outcomes.get('a'), 1);
  const late = outcomes.get('c');
  assert.ok(late instanceof TimeoutError);
  assert.match(late.message, /within 1000 ms; last: c: LEADER_NOT_AVAILABLE/);
});

test('the controller’s errors are tried again only where it was not the controller, or held back', async (context) => {
  const tried = async (spec: ErrorSpec): Promise<number> => {
    let rounds = 0;
    await outcomesOf(worldFor(context), 'controller', async (open) => {
      rounds++;
      return new Map([...open.keys()].map((key) => [key, rounds < 2 ? brokerError(spec, key) : 1]));
    });
    return rounds;
  };
  assert.equal(await tried(E.NOT_CONTROLLER), 2);
  assert.equal(await tried(E.THROTTLING_QUOTA_EXCEEDED), 2);
  assert.equal(await tried(E.UNKNOWN_TOPIC_OR_PARTITION), 1);
  assert.equal(await tried(E.REQUEST_TIMED_OUT), 1);
});

test('a call rejects when nobody could be asked; an answer that leaves one out is malformed for that one', async (context) => {
  const world = worldFor(context);
  const failing = assert.rejects(
    world.calls.each('ask', 'leader', items, () => Promise.reject(new ConnectionError('no way'))),
    (error: unknown) => error instanceof TimeoutError && /no way/.test(error.message),
  );
  await world.time.run(2000);
  await failing;
  const outcomes = await outcomesOf(worldFor(context), 'leader', async () => new Map([['a', 1]]));
  assert.equal(outcomes.get('a'), 1);
  const left = outcomes.get('b');
  assert.ok(left instanceof KafkaError);
  assert.equal(left.code, 'MALFORMED');
});
