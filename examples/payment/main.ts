import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KafkaApplication } from 'posthorn/listener';
import { openStage, until } from '../story.ts';
import { Worker } from '../worker.ts';
import { Books } from './books.ts';
import type { PaymentCompleted } from './payment-completed.ts';
import type { Told } from './payment-listener.ts';

/**
 * Story 2: payments. A template sends them, a listener books stock and sales in a database; both are configured by application.yml. Whatever
 * comes twice is booked once, and what cannot be booked goes to the dead letters.
 *
 *   npm run example -- payment                              a broker of its own
 *   BOOTSTRAP=localhost:9092 npm run example -- payment     any Kafka
 */
const TOPIC = 'outside.payment.v1.completed';
const PAYMENTS = 300;
const CRASH_AT = 'payment-100';
const STOCK = 10_000;

const stage = await openStage();
await stage.freshTopics({ [TOPIC]: 3, [`${TOPIC}-dlt`]: 3 });
process.env['BOOTSTRAP'] = stage.bootstrapServers;
const location = fileURLToPath(new URL('../../../examples/payment/application.yml', import.meta.url));
const home = await mkdtemp(join(tmpdir(), 'payment-story-'));
const file = join(home, 'books.db');
const stocked = new Books(file);
for (const product of ['horn', 'hat', 'bag']) stocked.receive(product, STOCK);
stocked.close();

// The service that books, in its own process; it will die after the booking of one payment, before the commit.
const booked: string[] = [];
const repeated: string[] = [];
const dead: NonNullable<Told['dead']>[] = [];

function startService(...args: readonly string[]): Worker<Told> {
  const program = new URL('./payment-service.js', import.meta.url);
  return new Worker<Told>(program, [location, file, ...args], (told) => {
    if (told.booked !== undefined) booked.push(told.booked);
    if (told.repeated !== undefined) repeated.push(told.repeated);
    if (told.dead !== undefined) dead.push(told.dead);
  });
}

// The sender: send(topic, key, value). The payment's id is the key.
const application = new KafkaApplication({ location });
const { template } = application;
const payments = Array.from({ length: PAYMENTS }, (_, index): PaymentCompleted => {
  const product = ['horn', 'hat', 'bag'][index % 3] ?? '';
  return { paymentId: `payment-${index}`, product, quantity: 1 + (index % 2), amount: 1000 + index };
});
await Promise.all(payments.map((payment) => template.send('${topic.payment-completed}', payment.paymentId, payment)));
console.log(`${PAYMENTS} payments are completed`);

const first = startService(CRASH_AT);
assert.equal(await first.ended(), 'SIGKILL');
console.log(`the service dies: ${CRASH_AT} is booked, and not committed`);

// It comes back, and has that payment once more. A sender that repeats itself makes no difference either.
const second = startService();
const again = payments.slice(0, 20);
await Promise.all(again.map((payment) => template.send(TOPIC, payment.paymentId, payment)));
await until(() => booked.length === PAYMENTS && repeated.length > again.length, 'every payment is booked');
assert(repeated.includes(CRASH_AT), 'what was booked before the crash came again');
console.log(`the service is back: ${booked.length} payments booked, ${repeated.length} came once more and were not`);

// What cannot be booked does not hold up the others: it goes to the dead letters, with its origin.
const unknown: PaymentCompleted = { paymentId: 'payment-x', product: 'unicorn', quantity: 1, amount: 1 };
const { metadata } = await template.send(TOPIC, unknown.paymentId, unknown);
const text = application.newTemplate({ valueSerializer: { serialize: (value: string) => Buffer.from(value) } });
await text.send(TOPIC, 'payment-y', 'this is no JSON');
await until(() => dead.length === 2, 'both are dead letters');
for (const { key, why } of dead.toSorted((a, b) => (a.key < b.key ? -1 : 1))) console.log(`dead letter ${key}: ${why}`);
const refused = dead.find(({ key }) => key === 'payment-x');
assert.equal(refused?.offset, metadata.offset);
await second.stop();
await application.stop();

// The books are right: each payment once.
const books = new Books(file);
const { count, amount } = books.sales;
assert.equal(count, PAYMENTS);
assert.equal(
  amount,
  payments.reduce((sum, payment) => sum + payment.amount, 0),
);
for (const [product, left] of books.stock) {
  const sold = payments.filter((payment) => payment.product === product);
  assert.equal(left, STOCK - sold.reduce((sum, { quantity }) => sum + quantity, 0), product);
}
books.close();
console.log(`${count} sales, each payment booked once`);
await rm(home, { recursive: true });
await stage.close();
