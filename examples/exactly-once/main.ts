import assert from 'node:assert/strict';
import { json, string } from 'posthorn/client';
import { openStage, readAll, until } from '../story.ts';
import { Worker } from '../worker.ts';
import { book, STEPS, type Booking, type Transfer } from './booking.ts';

/**
 * Story 4: exactly once. A bookkeeper reads transfers and writes bookings; it is killed at each step in turn, and each booking is there once.
 *
 *   npm run example -- exactly-once
 *   BOOTSTRAP=localhost:9092 npm run example -- exactly-once
 */
const TRANSFERS = 400;
const KILLS = 5;

const stage = await openStage();
const { kafka, bootstrapServers } = stage;
await stage.freshTopics({ transfers: 3, bookings: 3, 'bookings-in-short': 3 });

// Small batches, so that a bookkeeper has many transactions to do.
const producer = kafka.producer({ keySerializer: string, valueSerializer: json<Transfer>(), batchSize: 512 });
const transfers = Array.from({ length: TRANSFERS }, (_, index): Transfer => {
  const [from, to] = [`account-${index % 17}`, `account-${index % 13}`];
  return { transferId: `transfer-${index}`, from, to, cents: 100 + index };
});
await Promise.all(
  transfers.map((value, index) => producer.send({ topic: 'transfers', key: value.from, value, partition: index % 3 })),
);
await producer.close();
const wanted = transfers.flatMap(book).map(({ bookingId }) => bookingId);

/** What readers of committed records see; with `read_uncommitted` also what was aborted. */
async function bookingsIn(topic: string, isolation: 'read_committed' | 'read_uncommitted'): Promise<Booking[]> {
  const records = await readAll(kafka, topic, { valueDeserializer: json<Booking>(), isolation });
  return records.flatMap(({ value }) => value ?? []);
}

/** Every booking is there, and no booking twice. */
async function checkBookings(topic: string): Promise<void> {
  const ids = (await bookingsIn(topic, 'read_committed')).map(({ bookingId }) => bookingId);
  assert.equal(ids.length, wanted.length);
  assert.deepEqual(new Set(ids), new Set(wanted));
  const total = (await bookingsIn(topic, 'read_committed')).reduce((sum, { cents }) => sum + cents, 0);
  assert.equal(total, 0, 'what one account lost, another has got');
}

// Killed at each step of a transaction in turn; who comes next does the rest.
const copier = new URL('./copier.js', import.meta.url);
for (const step of Object.values(STEPS)) {
  const worker = new Worker(copier, [bootstrapServers, step], () => {});
  assert.equal(await worker.ended(), 'SIGKILL');
  const [committed, all] = [
    await bookingsIn('bookings', 'read_committed'),
    await bookingsIn('bookings', 'read_uncommitted'),
  ];
  console.log(
    `killed at ${step}: ${committed.length} bookings are there, ${all.length - committed.length} more were begun`,
  );
}
const last = new Worker(copier, [bootstrapServers], () => {});
await until(async () => (await bookingsIn('bookings', 'read_committed')).length >= wanted.length, 'all is booked');
await last.stop();
await checkBookings('bookings');
const written = (await bookingsIn('bookings', 'read_uncommitted')).length;
assert(written > wanted.length, 'what was killed on its way had written already, and was aborted');
console.log(`${wanted.length} bookings, each once; ${written - wanted.length} more had been written and were aborted`);

// The same in short, killed whenever it happens.
const short = new URL('./in-short.js', import.meta.url);
for (let kill = 1; kill <= KILLS; kill++) {
  let batches = 0;
  const worker = new Worker(short, [bootstrapServers], () => void batches++);
  await until(() => batches >= kill, 'it is at work');
  await worker.kill();
}
const finishing = new Worker(short, [bootstrapServers], () => {});
await until(
  async () => (await bookingsIn('bookings-in-short', 'read_committed')).length >= wanted.length,
  'all is booked in short',
);
await finishing.stop();
await checkBookings('bookings-in-short');
console.log(`in short: killed ${KILLS} times, ${wanted.length} bookings, each once`);
await stage.close();
