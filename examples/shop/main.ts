import assert from 'node:assert/strict';
import { json, string } from 'posthorn/client';
import { openStage, readAll, until } from '../story.ts';
import { Worker } from '../worker.ts';
import type { Order, Shipment } from './events.ts';

/**
 * Story 1: a shop. Three consumers share the orders; one of them is killed, and no order is lost.
 *
 *   npm run example -- shop                              a broker of its own
 *   BOOTSTRAP=localhost:9092 npm run example -- shop     any Kafka
 */
const ORDERS = 600;
const USERS = 20;

const stage = await openStage();
const { kafka, bootstrapServers } = stage;
await stage.freshTopics({ orders: 3, shipping: 3 });

// Three consumers on three partitions, one process each.
interface Processor {
  readonly name: string;
  readonly worker: Worker<Told>;
  readonly partitions: Set<number>;
  shipped: number;
}
interface Told {
  readonly assigned?: readonly number[];
  readonly revoked?: readonly number[];
  readonly shipped?: string;
}

function startProcessor(name: string): Processor {
  const partitions = new Set<number>();
  const program = new URL('./order-processor.js', import.meta.url);
  const worker = new Worker<Told>(program, [bootstrapServers, name], (told) => {
    for (const partition of told.assigned ?? []) partitions.add(partition);
    for (const partition of told.revoked ?? []) partitions.delete(partition);
    if (told.shipped !== undefined) processor.shipped++;
  });
  const processor: Processor = { name, worker, partitions, shipped: 0 };
  return processor;
}

const processors = ['anna', 'berta', 'carl'].map(startProcessor);
await until(() => processors.every(({ partitions }) => partitions.size === 1), 'each has a partition of its own');
for (const { name, partitions } of processors) console.log(`${name} has partition ${[...partitions].join()} of orders`);

// Orders are keyed by user. The same key always goes to the same partition, so one user's orders stay in order.
const producer = kafka.producer({ keySerializer: string, valueSerializer: json<Order>() });
const partitionsOfUser = new Map<string, Set<number>>();

async function placeOrders(from: number, to: number): Promise<void> {
  const sent = Array.from({ length: to - from }, async (_, index) => {
    const order = { orderId: `order-${from + index}`, userId: `user-${(from + index) % USERS}`, item: 'a horn' };
    const { partition } = await producer.send({ topic: 'orders', key: order.userId, value: order });
    const seen = partitionsOfUser.get(order.userId) ?? new Set();
    partitionsOfUser.set(order.userId, seen.add(partition));
  });
  await Promise.all(sent);
}

await placeOrders(0, ORDERS / 2);
for (const seen of partitionsOfUser.values()) assert.equal(seen.size, 1, 'one user, one partition');

// One of them is killed in the middle of its work.
const [anna, berta, carl] = processors;
assert(anna !== undefined && berta !== undefined && carl !== undefined);
await until(() => berta.shipped >= 10, 'berta is at work');
const orphaned = [...berta.partitions];
await berta.worker.kill();
console.log(`berta is killed after ${berta.shipped} orders; partition ${orphaned.join()} has no owner`);

// The shop goes on meanwhile, and the others take over what was hers.
await placeOrders(ORDERS / 2, ORDERS);
await until(() => anna.partitions.size + carl.partitions.size === 3, 'the others have all three partitions');
for (const { name, partitions } of [anna, carl])
  console.log(`${name} now has ${[...partitions].toSorted((a, b) => a - b).join(', ')}`);
assert(orphaned.every((partition) => anna.partitions.has(partition) || carl.partitions.has(partition)));

// Every order was shipped.
let shipments = await readAll(kafka, 'shipping', { keyDeserializer: string, valueDeserializer: json<Shipment>() });
const isAllShipped = (): boolean => new Set(shipments.map(({ key }) => key)).size === ORDERS;
await until(async () => {
  shipments = await readAll(kafka, 'shipping', { keyDeserializer: string, valueDeserializer: json<Shipment>() });
  return isAllShipped();
}, 'all orders are shipped');
await Promise.all([anna.worker.stop(), carl.worker.stop()]);

// Berta may have packed one parcel and died before its commit: then somebody packed it once more. That is what "at least once" means, and
// why the parcels are keyed by order: both lie in one partition, where whoever reads them can tell.
const repeated = shipments.length - ORDERS;
assert(repeated <= 1, `at most the one order that berta had in hand comes twice, not ${repeated}`);
for (const { key, value } of shipments) assert.equal(key, value?.orderId);

// What is committed is what was processed: nothing is left to do.
const admin = kafka.admin();
const offsets = (await admin.listGroupOffsets(['order-processing-group'])).get('order-processing-group');
assert(offsets instanceof Map);
const committed = [...(offsets.get('orders')?.values() ?? [])].reduce((sum, { offset }) => sum + offset, 0);
assert.equal(committed, ORDERS, 'all offsets of orders are committed');
admin.close();

console.log(`${ORDERS} orders, none lost, ${repeated} shipped twice`);
await producer.close();
await stage.close();
