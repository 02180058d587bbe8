import { Kafka, json, string } from 'posthorn/client';
import { stopWith, tell } from '../worker.ts';
import type { Order, Shipment } from './events.ts';

// One consumer of order-processing-group; the story runs three of them, each in its own process.
const [bootstrapServers = '', name = ''] = process.argv.slice(2);
const kafka = new Kafka({ bootstrapServers, clientId: name });
// Each record is waited for, so waiting for more of them (lingerMs) would only cost time.
const producer = kafka.producer({ keySerializer: string, valueSerializer: json<Shipment>(), lingerMs: 0 });
const consumer = kafka.consumer({
  groupId: 'order-processing-group',
  valueDeserializer: json<Order>(),
  offsetReset: 'earliest',
  commitMode: 'manual',
  // A member that is silent for six seconds is taken for dead, the least that Kafka's brokers accept by default.
  groupProtocol: 'classic',
  sessionTimeoutMs: 6000,
  heartbeatIntervalMs: 1000,
  rebalance: {
    assigned: (partitions) => tell({ assigned: partitions.map(({ partition }) => partition) }),
    revoked: (partitions) => tell({ revoked: partitions.map(({ partition }) => partition) }),
  },
});
stopWith(() => consumer.stop());

await consumer.subscribe(['orders']);
for await (const record of consumer) {
  if (record.value === null) continue;
  const { orderId, userId } = record.value;
  // First the work, and only when it is safe (acks=all) the commit. Die in between, and the next owner of this partition does it again.
  await producer.send({ topic: 'shipping', key: orderId, value: { orderId, userId, packedBy: name } });
  tell({ shipped: orderId });
  await consumer.commit(record);
}
await producer.close();
