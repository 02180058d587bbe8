import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { suite, test, type TestContext } from 'node:test';
import { context as otelContext, createTraceState, trace, TraceFlags } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { startBroker } from '../../src/broker/index.ts';
import { Kafka, spanContextOf, string, type ClientEvents } from '../../src/client/index.ts';
import { Cluster } from '../../src/client/cluster.ts';
import { CHANNEL_PREFIX, events } from '../../src/client/observe/events.ts';
import {
  ADMIN_METRICS,
  CONSUMER_METRICS,
  NETWORK_METRICS,
  PRODUCER_METRICS,
} from '../../src/client/observe/metric-tables.ts';
import { traceParentOf, traceParentText } from '../../src/client/observe/trace-parent.ts';
import { clientRuntime } from './client-world.ts';
import { QUICK_GROUPS } from './consumer/consumer-world.ts';

type EventName = keyof ClientEvents;
type Heard = { readonly [Name in EventName]: ClientEvents[Name][] };

/** Everything that is published until the test ends. */
function listen(context: TestContext): Heard {
  const heard: Heard = {
    send: [],
    ack: [],
    fetch: [],
    commit: [],
    rebalance: [],
    retry: [],
    error: [],
    connection: [],
  };
  for (const name of Object.keys(heard) as EventName[]) {
    const note = (event: unknown): void => void (heard[name] as unknown[]).push(event);
    subscribe(`${CHANNEL_PREFIX}${name}`, note);
    context.after(() => unsubscribe(`${CHANNEL_PREFIX}${name}`, note));
  }
  return heard;
}

async function shop(context: TestContext) {
  const broker = await startBroker({ port: 0, storage: 'memory', logLevel: 'silent', config: QUICK_GROUPS });
  const kafka = new Kafka({ bootstrapServers: broker.bootstrapServers, clientId: 'shop', logLevel: 'silent' });
  const admin = kafka.admin();
  const producer = kafka.producer({ keySerializer: string, valueSerializer: string, lingerMs: 0 });
  const texts = { keyDeserializer: string, valueDeserializer: string, offsetReset: 'earliest' } as const;
  const consumer = kafka.consumer({ groupId: 'g', ...texts });
  context.after(async () => {
    admin.close();
    await Promise.all([producer.close(), consumer.close()]);
    await broker.close();
  });
  await admin.createTopics([{ name: 'orders', partitions: 2 }]);
  return { kafka, admin, producer, consumer };
}

const first = { topic: 'orders', partition: 0 } as const;

function names(...tables: object[]): string[] {
  return tables.flatMap((table) => Object.keys(table)).toSorted();
}

function expected(...tables: object[]): string[] {
  return names(...tables, { timestampMs: 0 });
}

suite('what a client shows of itself', { timeout: 30_000 }, () => {
  test('its numbers: what was written, read, committed and asked', async (context) => {
    const { admin, producer, consumer } = await shop(context);
    await Promise.all(['a', 'b', 'c'].map((value) => producer.send({ ...first, value })));
    await assert.rejects(producer.send({ ...first, value: 'x', partition: 7 }));
    const written = producer.metrics();
    assert.equal(written.recordsWritten, 3);
    assert.ok(written.batchesWritten >= 1 && written.batchesSent >= written.batchesWritten);
    assert.ok(written.batchBytesSent > 3 && written.bytesSent > written.batchBytesSent);
    assert.ok(written.writeTimeMsMax > 0 && written.writeTimeMsTotal >= written.writeTimeMsMax);
    assert.deepEqual([written.bufferBytesUsed, written.bufferBytesMax, written.recordsWaiting], [0, 33_554_432, 0]);
    assert.ok(written.connectionsOpen >= 1);
    assert.deepEqual([written.connectionsOpened, written.topicsKnown], [written.connectionsOpen, 1]);
    await consumer.subscribe(['orders']);
    const records = consumer[Symbol.asyncIterator]();
    for (const value of ['a', 'b', 'c']) assert.equal((await records.next()).value?.value, value);
    await consumer.commitProcessed();
    const read = consumer.metrics();
    assert.equal(read.recordsFetched, 3);
    assert.ok(read.fetches >= 1 && read.bytesFetched > 0 && read.commits >= 1 && read.commitsFailed === 0);
    assert.deepEqual([read.partitionsAssigned, read.lagTotal, read.lagMax, read.bytesQueued], [2, 1, 1, 0]);
    assert.ok(read.rebalances >= 1);
    await admin.listTopics();
    const asked = admin.metrics();
    assert.ok(asked.calls >= 2 && asked.responsesReceived >= 2 && asked.timestampMs > 0);
    assert.deepEqual(names(written), expected(NETWORK_METRICS, PRODUCER_METRICS));
    assert.deepEqual(names(read), expected(NETWORK_METRICS, CONSUMER_METRICS));
    assert.deepEqual(names(asked), expected(NETWORK_METRICS, ADMIN_METRICS));
  });

  test('its events, to those who listen', async (context) => {
    const heard = listen(context);
    const { producer, consumer } = await shop(context);
    await producer.send({ ...first, value: 'a' });
    await consumer.subscribe(['orders']);
    const records = consumer[Symbol.asyncIterator]();
    await records.next();
    consumer.seek(first, 1);
    await consumer.commit([{ ...first, offset: 1 }]);
    await consumer.close();
    const [sent] = heard.send;
    assert.deepEqual({ ...sent, nodeId: 0 }, { clientId: 'shop', ...first, nodeId: 0, records: 1, attempt: 0 });
    const [ack] = heard.ack;
    assert.deepEqual({ ...ack, durationMs: 0 }, { clientId: 'shop', ...first, offset: 0, records: 1, durationMs: 0 });
    assert.ok(heard.fetch.some(({ records: count, bytes }) => count === 1 && bytes > 0));
    const commit = heard.commit.find(({ offsets }) => offsets.some(({ offset }) => offset === 1));
    assert.deepEqual([commit?.groupId, commit?.error], ['g', undefined]);
    assert.deepEqual(
      heard.rebalance.map(({ kind, partitions }) => [kind, partitions.length]),
      [
        ['assigned', 2],
        ['revoked', 2],
      ],
    );
    assert.ok(heard.connection.some(({ state, error }) => state === 'opened' && error === undefined));
    assert.ok(heard.connection.some(({ state, error }) => state === 'closed' && error === undefined));
    assert.deepEqual(heard.error, []);
  });

  test('what is tried again, and what fails for good', async (context) => {
    const heard = listen(context);
    const options = { bootstrapServers: '127.0.0.1:1', clientId: 'lost', requestTimeoutMs: 200, retryBackoffMs: 20 };
    const cluster = new Cluster(clientRuntime(), options);
    context.after(() => cluster.close());
    await assert.rejects(cluster.refresh([]), { code: 'TIMED_OUT' });
    assert.deepEqual(
      heard.retry.slice(0, 2).map(({ clientId, about, attempt, error }) => [clientId, about, attempt, error.code]),
      [
        ['lost', 'metadata', 1, 'CONNECTION_FAILED'],
        ['lost', 'metadata', 2, 'CONNECTION_FAILED'],
      ],
    );
    assert.equal(cluster.metrics().retries, heard.retry.length);
    assert.ok(heard.connection.every(({ state, broker }) => state === 'failed' && broker === '127.0.0.1:1'));
    const admin = new Kafka({ ...options, logLevel: 'silent' }).admin();
    await assert.rejects(admin.listTopics());
    assert.equal(heard.error.at(-1)?.error.code, 'TIMED_OUT');
    assert.equal(admin.metrics().callsFailed, 1);
    admin.close();
  });

  test('no event is made while nobody listens', async (context) => {
    const { producer } = await shop(context);
    assert.deepEqual(new Set(Object.values(events).map((channel) => channel.isHeard)), new Set([false]));
    for (const channel of Object.values(events)) {
      context.mock.method(channel, 'publish', () => assert.fail('an event for nobody'));
    }
    assert.equal((await producer.send({ ...first, value: 'a' })).offset, 0);
  });
});

suite('traces', { timeout: 30_000 }, () => {
  const span = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
    traceState: createTraceState('vendor=1'),
  };

  test('the active span travels in W3C headers and is read from the record', async (context) => {
    const manager = new AsyncLocalStorageContextManager();
    otelContext.setGlobalContextManager(manager.enable());
    context.after(() => otelContext.disable());
    const { producer, consumer, kafka } = await shop(context);
    const active = trace.setSpan(otelContext.active(), trace.wrapSpanContext(span));
    const silent = kafka.producer({ valueSerializer: string, traceHeaders: false });
    await otelContext.with(active, async () => {
      await producer.send({ ...first, value: 'traced', headers: { kind: 'x' } });
      await producer.send({ ...first, value: 'own', headers: { traceparent: 'mine' } });
      await silent.send({ ...first, value: 'off' });
    });
    await silent.close();
    await producer.send({ ...first, value: 'outside' });
    consumer.assign([first]);
    const headers: Record<string, string[]> = {};
    const spans: (object | undefined)[] = [];
    for await (const record of consumer) {
      headers[record.value ?? ''] = record.headers.map(
        ({ key, value }) => `${key}=${Buffer.from(value ?? []).toString()}`,
      );
      spans.push(spanContextOf(record));
      if (spans.length === 4) break;
    }
    const parent = `traceparent=00-${span.traceId}-${span.spanId}-01`;
    assert.deepEqual(headers, {
      traced: ['kind=x', parent, 'tracestate=vendor=1'],
      own: ['traceparent=mine'],
      off: [],
      outside: [],
    });
    const [read] = spans as [NonNullable<ReturnType<typeof spanContextOf>>];
    assert.deepEqual(
      { ...read, traceState: read.traceState?.serialize() },
      { ...span, isRemote: true, traceState: 'vendor=1' },
    );
    assert.deepEqual(spans.slice(1), [undefined, undefined, undefined]);
    const remote = trace.setSpanContext(otelContext.active(), read);
    assert.equal(trace.getSpanContext(remote)?.traceId, span.traceId);
  });

  test('a header is read by the rules of the recommendation', () => {
    const { traceId, spanId } = span;
    const parent = { traceId, spanId, traceFlags: 1 };
    assert.deepEqual(traceParentOf(`00-${traceId}-${spanId}-01`), parent);
    assert.deepEqual(traceParentOf(` 00-${traceId}-${spanId}-01 `), parent);
    assert.deepEqual(traceParentOf(`cc-${traceId}-${spanId}-01-what-comes-later`), parent);
    const bad = [
      '',
      `00-${traceId}-${spanId}-01-more`,
      `ff-${traceId}-${spanId}-01`,
      `00-${'0'.repeat(32)}-${spanId}-01`,
      `00-${traceId}-${'0'.repeat(16)}-01`,
      `00-${traceId.toUpperCase()}-${spanId}-01`,
      `00-${traceId}-${spanId}`,
    ];
    for (const text of bad) assert.equal(traceParentOf(text), undefined, text);
    assert.equal(traceParentText(parent), `00-${traceId}-${spanId}-01`);
    assert.equal(traceParentText({ ...parent, traceId: '0'.repeat(32) }), undefined);
  });
});
