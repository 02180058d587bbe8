import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json, partitionValuesOf, string, valuesOf, type ConsumerOptions } from 'posthorn/client';
import { openStage, until } from '../story.ts';
import { Worker } from '../worker.ts';
import { Ranking, type Reservation } from './ranking.ts';

/**
 * Story 3: concert reservations. Three services read the same topic, each at its own pace; the ranking dies at offset 1002 and
 * nothing is lost; a new service reads all of the past, another one again what came since a certain time.
 *
 *   npm run example -- concert
 *   BOOTSTRAP=localhost:9092 npm run example -- concert
 */
const TOPIC = 'reservation-confirmed';
const PARTITIONS = 10;
const HOT = 'schedule-7';
const DIES_AT = 1002;

const stage = await openStage();
const { kafka, bootstrapServers } = stage;
const admin = kafka.admin();
await stage.freshTopics({ [TOPIC]: PARTITIONS });

// One schedule is what everybody wants. Of each, two seats are reserved and one is taken back, again and again: +1, +1, -1.
const schedules = Array.from({ length: 20 }, (_, index) => `schedule-${index}`);
const changes = [1, 1, -1] as const;
const start = Date.now() - 3_600_000;
const producer = kafka.producer({ keySerializer: string, valueSerializer: json<Reservation>() });
const written: { readonly key: string; readonly timestamp: number }[] = [];
const placed = [];
for (let round = 0; round < 1300; round++) {
  const change = changes[round % changes.length]!;
  for (const key of round < 30 ? schedules : [HOT]) {
    const timestamp = start + written.length * 1000;
    written.push({ key, timestamp });
    placed.push(producer.send({ topic: TOPIC, key, value: { change }, timestamp }));
  }
}
const places = await Promise.all(placed);
const hot = places[written.findIndex(({ key }) => key === HOT)]!.partition;
for (const [index, { partition }] of places.entries()) if (written[index]!.key === HOT) assert.equal(partition, hot);
const end = places.filter(({ partition }) => partition === hot).length;
console.log(`${written.length} reservations; all ${HOT} lie in partition ${hot}, offsets 0 to ${end - 1} of it`);

// The ranking service: its machine fails while it processes offset 1002 of that partition.
const home = mkdtempSync(join(tmpdir(), 'concert-'));
const file = join(home, 'ranking.json');
interface Told {
  readonly partition: number;
  readonly processing?: number;
  readonly committed?: number;
}
function startRanking(...diesAt: readonly string[]): { readonly worker: Worker<Told>; readonly told: Told[] } {
  const told: Told[] = [];
  const program = new URL('./ranking-service.js', import.meta.url);
  const args = [bootstrapServers, file, ...diesAt];
  return { told, worker: new Worker<Told>(program, args, (one) => void (one.partition === hot && told.push(one))) };
}
const first = startRanking(String(hot), String(DIES_AT));
assert.equal(await first.worker.ended(), 'SIGKILL');
assert.deepEqual(first.told.slice(-2), [
  { committed: 1001, partition: hot },
  { processing: 1002, partition: hot },
]);

// The notification service sends a message for each reservation; it is quick and has read everything.
const reading = { keyDeserializer: string, valueDeserializer: json<Reservation>(), offsetReset: 'earliest' } as const;

/** Reads so many records as a group, and has it committed. */
async function readAs(groupId: string, count: number): Promise<{ key: string | null; timestamp: number }[]> {
  const options: ConsumerOptions<string | null, Reservation | null> = { ...reading, groupId, groupProtocol: 'classic' };
  const consumer = kafka.consumer(options);
  const seen: { key: string | null; timestamp: number }[] = [];
  await consumer.subscribe([TOPIC]);
  for await (const { key, timestamp } of consumer) {
    seen.push({ key, timestamp });
    if (seen.length === count) consumer.stop();
  }
  return seen;
}
const notified = await readAs('notification-service', written.length);
assert.equal(notified.length, written.length);

// The data platform loads blocks of 400, and has loaded one so far. It commits by itself, once the block is stored.
const platform = kafka.consumer({
  ...reading,
  groupId: 'data-platform',
  groupProtocol: 'classic',
  commitMode: 'manual',
});
await platform.subscribe([TOPIC]);
for await (const record of platform) {
  if (record.partition !== hot || record.offset !== 399) continue;
  await platform.commit(record);
  platform.stop();
}

// Three groups, one partition, three offsets. An offset says what comes next: 1002 is committed when 1001 was processed.
const groups = ['ranking-service', 'notification-service', 'data-platform'];
async function committedOf(groupId: string): Promise<number | undefined> {
  const offsets = valuesOf(await admin.listGroupOffsets([groupId])).get(groupId);
  return offsets === undefined ? undefined : partitionValuesOf(offsets).get(TOPIC)?.get(hot)?.offset;
}
const standing = await Promise.all(groups.map(committedOf));
for (const [index, group] of groups.entries()) console.log(`${group} goes on at ${standing[index]}`);
assert.deepEqual(standing, [DIES_AT, end, 400]);

// The ranking service starts again: with 1002, which it had not finished, and not with 1001 or 1003.
const second = startRanking();
await until(() => second.told.some(({ committed }) => committed === end - 1), 'the ranking has read everything');
await until(async () => (await lagOf('ranking-service')) === 0, 'the other partitions as well');
await second.worker.stop();
assert.deepEqual(second.told[0], { processing: DIES_AT, partition: hot });
console.log(`the ranking service is back and goes on with ${second.told[0]?.processing}`);

async function lagOf(groupId: string): Promise<number> {
  const offsets = partitionValuesOf(valuesOf(await admin.listGroupOffsets([groupId])).get(groupId)!).get(TOPIC);
  const committed = [...(offsets?.values() ?? [])].reduce((sum, { offset }) => sum + offset, 0);
  return written.length - committed;
}

// The ranking is right: a third of what came is what is left of +1, +1, -1, and no seat was taken back before it was reserved.
const list = new Ranking(file).list;
for (const [key, seats] of list) {
  const changesOfKey = written.filter((one) => one.key === key).length;
  assert.equal(seats, Math.floor(changesOfKey / 3) + (changesOfKey % 3), key);
}
assert.equal(list.length, schedules.length);
assert.equal(list[0]?.[0], HOT);
console.log(
  `the ranking: ${list
    .slice(0, 3)
    .flatMap(([key, seats]) => `${key} with ${seats} seats`)
    .join(', ')}`,
);

// A new group starts at the beginning, however much others have read: it comes to the same ranking.
const audit = kafka.consumer({ ...reading, groupId: `audit-${Date.now()}`, groupProtocol: 'classic' });
const replayed = new Ranking();
let replays = 0;
await audit.subscribe([TOPIC]);
for await (const record of audit) {
  replayed.count(record);
  if (++replays === written.length) audit.stop();
}
assert.deepEqual(replayed.list, list);
console.log('a new group read everything from the beginning and has the same ranking');

// Messages since a certain time were never delivered: the notification service goes back to it, and reads exactly these again.
const since = written[Math.floor(written.length / 2)]!.timestamp;
const all = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: TOPIC, partition }));
const [atTime, atEnd] = await Promise.all([
  admin.listOffsets(all.map((one) => ({ ...one, at: since }))),
  admin.listOffsets(all.map((one) => ({ ...one, at: 'latest' }))),
]);
const found = partitionValuesOf(atTime).get(TOPIC)!;
const last = partitionValuesOf(atEnd).get(TOPIC)!;
const reset = all.map(({ topic, partition }) => {
  const offset = found.get(partition)!.offset;
  return { topic, partition, offset: offset >= 0 ? offset : last.get(partition)!.offset };
});
partitionValuesOf(await admin.alterGroupOffsets('notification-service', reset));
const expected = written.filter(({ timestamp }) => timestamp >= since);
const again = await readAs('notification-service', expected.length);
assert(again.every(({ timestamp }) => timestamp >= since));
assert.equal(again.length, expected.length);
assert.equal(await lagOf('notification-service'), 0);
console.log(`the notification service went back in time and read ${again.length} records again`);

await producer.close();
admin.close();
rmSync(home, { recursive: true });
await stage.close();
