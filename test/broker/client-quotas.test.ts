import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientQuotas, type RequestCost } from '../../src/broker/requests/client-quotas.ts';
import { QuotaRate } from '../../src/broker/requests/quota-rate.ts';
import { ClusterImage } from '../../src/metadata/cluster-image.ts';
import type { QuotaRecord } from '../../src/metadata/records.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { apiVersions } from '../../src/protocol/messages/018-api-versions.ts';
import { alterClientQuotas } from '../../src/protocol/messages/049-alter-client-quotas.ts';
import { BrokerFixture, fetchOf, produceOf, valuesIn } from './broker-fixture.ts';

const WINDOWS = { count: 11, windowMs: 1000 };
const USER = 'ANONYMOUS';

test('a burst is paused for the time in which it would have been within the limit, until its window has passed', () => {
  const rate = new QuotaRate(500, WINDOWS);
  let nowMs = 1000;
  for (let second = 0; second < 10; second++, nowMs += 1000) assert.equal(rate.record(400, nowMs), 0);
  nowMs += 500;
  // (10 x 400 + 2300) / 10.5 s = 600 a second: a fifth too much, over 10.5 seconds.
  assert.equal(rate.record(2300, nowMs), 2100);
  nowMs += 2100;
  for (let second = 0; second < 10; second++, nowMs += 1000) rate.record(400, nowMs);
  assert.equal(rate.record(0, nowMs), 0);
});

test('a rate that begins is reckoned over the whole time, and one that rested has forgotten', () => {
  const rate = new QuotaRate(100, WINDOWS);
  assert.equal(rate.record(1000, 0), 0);
  assert.equal(rate.record(100, 0), 1000);
  assert.equal(rate.record(1000, 60_000), 0);
});

test('a pause fits into throttle_time_ms, however small the quota', () => {
  assert.equal(new QuotaRate(0.000_001, WINDOWS).record(1e9, 0), 0x7fff_ffff);
});

type Names = readonly [user: string | null | undefined, client: string | null | undefined];

function quotasOf(...limits: readonly (readonly [...Names, number])[]): ClientQuotas {
  let { quotas } = ClusterImage.empty;
  for (const [index, [user, client, limit]] of limits.entries()) {
    const entity: QuotaRecord['entity'] = [
      ...(user === undefined ? [] : [{ type: 'user', name: user }]),
      ...(client === undefined ? [] : [{ type: 'client-id', name: client }]),
    ];
    quotas = quotas.set(String(index), { entity, values: { producer_byte_rate: limit } });
  }
  const image = { quotas } as ClusterImage;
  return new ClientQuotas(
    () => image,
    () => WINDOWS,
  );
}

const cost = (requestBytes: number): RequestCost => ({
  apiKey: 0,
  requestBytes,
  responseBytes: 0,
  busyMs: 0,
  isUnanswered: false,
});

test('the most particular quota counts', () => {
  const ladder: (readonly [...Names, number])[] = [
    [USER, 'c', 1],
    [USER, null, 2],
    [USER, undefined, 3],
    [null, 'c', 4],
    [null, null, 5],
    [null, undefined, 6],
    [undefined, 'c', 7],
    [undefined, null, 8],
  ];
  for (let strongest = 0; strongest < ladder.length; strongest++) {
    const quotas = quotasOf(...ladder.slice(strongest).toReversed());
    // 10 windows of a second count at first: what goes beyond by a factor of 2 is paused for 10 seconds.
    assert.equal(quotas.of('c')!.record(cost((strongest + 1) * 20), 0), 10_000, `rung ${strongest}`);
  }
});

test('nobody is counted without a quota, and one for others concerns nobody', () => {
  assert.equal(quotasOf().of('c'), undefined);
  assert.equal(quotasOf(['alice', undefined, 1], [undefined, 'other', 1]).of('c')!.record(cost(1e9), 0), 0);
});

test('clients of a user share his rate; a rate of client ids is each one its own', () => {
  const shared = quotasOf([USER, undefined, 10]);
  assert.equal(shared.of('a')!.record(cost(100), 0), 0);
  assert.equal(shared.of('b')!.record(cost(100), 0), 10_000);
  const own = quotasOf([undefined, null, 10]);
  assert.equal(own.of('a')!.record(cost(100), 0), 0);
  assert.equal(own.of('b')!.record(cost(100), 0), 0);
  assert.equal(own.of('a')!.record(cost(100), 0), 10_000);
});

test('as many client ids as anyone likes to invent are forgotten again', () => {
  const quotas = quotasOf([undefined, null, 10]);
  const first = quotas.of('first');
  for (let index = 0; index < 10_000; index++) quotas.of(`c${index}`);
  assert.notEqual(quotas.of('first'), first);
});

async function limitRaw(fixture: BrokerFixture, key: string, value: number, remove = false): Promise<void> {
  const entity = [{ entityType: 'client-id', entityName: 'raw' }];
  const entries = [{ entity, ops: [{ key, value, remove }] }];
  const response = await fixture.call(alterClientQuotas, 1, { entries, validateOnly: false });
  assert.equal(response.entries[0]!.errorCode, 0);
}

test('a producer beyond its quota is answered at once with the pause, and not served further until it is over', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders');
  await limitRaw(fixture, 'producer_byte_rate', 1000);
  const client = await fixture.connect();
  const first = await fixture.call(produce, 12, produceOf('orders', ['x'.repeat(20_000)]), client);
  assert.ok(first.throttleTimeMs > 9000 && first.throttleTimeMs < 12_000, `${first.throttleTimeMs}`);
  const behind = client.send(produce, 12, produceOf('orders', ['y']));
  await fixture.time.run(first.throttleTimeMs - 1);
  assert.equal(await fixture.offset('orders'), 1);
  await fixture.time.run(1);
  assert.equal((await fixture.done(behind.response)).responses[0]!.partitionResponses[0]!.baseOffset, 1);
  await limitRaw(fixture, 'producer_byte_rate', 0, true);
  const free = await fixture.call(produce, 12, produceOf('orders', ['x'.repeat(20_000)]));
  assert.equal(free.throttleTimeMs, 0);
  await fixture.close();
});

test('acks=0 is paused, too', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders');
  await limitRaw(fixture, 'producer_byte_rate', 1000);
  const client = await fixture.connect();
  for (const value of ['x'.repeat(20_000), 'y']) client.send(produce, 12, produceOf('orders', [value], { acks: 0 }));
  await fixture.time.settle();
  assert.equal(await fixture.offset('orders'), 1);
  await fixture.time.run(12_000);
  assert.equal(await fixture.offset('orders'), 2);
  await fixture.close();
});

test('a consumer gets no more at once than its quota allows in all windows, and pauses for it', async () => {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('orders');
  for (let index = 0; index < 10; index++) {
    await fixture.call(produce, 12, produceOf('orders', [String(index).repeat(4000)]));
  }
  await limitRaw(fixture, 'consumer_byte_rate', 1000);
  const client = await fixture.connect();
  const first = await fixture.call(fetch, 12, fetchOf('orders'), client);
  assert.equal(valuesIn(first.responses[0]!.partitions[0]!.records).length, 2, 'two of 4 KB fit into 10 KB');
  assert.ok(first.throttleTimeMs < 200, `${first.throttleTimeMs}`);
  await fixture.time.run(first.throttleTimeMs);
  const second = await fixture.call(fetch, 12, fetchOf('orders', { offset: 2 }), client);
  assert.ok(second.throttleTimeMs > 5000, `${second.throttleTimeMs}`);
  client.close();
  await fixture.close();
});

test('a client beyond its share of time pauses for a window at most, whatever it asks', async () => {
  const fixture = await BrokerFixture.start();
  await limitRaw(fixture, 'request_percentage', 0.000_001);
  const clock = fixture.time.monotonicMs.bind(fixture.time);
  let ticks = 0;
  fixture.time.monotonicMs = () => clock() + ticks++;
  const ask = { clientSoftwareName: 'raw', clientSoftwareVersion: '1' };
  const { throttleTimeMs } = await fixture.call(apiVersions, 3, ask);
  assert.equal(throttleTimeMs, WINDOWS.windowMs);
  fixture.time.monotonicMs = clock;
  await fixture.close();
});
