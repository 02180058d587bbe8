import { Kafka, json, string } from 'posthorn/client';
import { die, stopWith, tell } from '../worker.ts';
import { book, STEPS, type Booking, type Step, type Transfer } from './booking.ts';

// Read, process, write, commit, each step written out. The last argument says at which step of its second batch the machine fails.
const [bootstrapServers = '', diesAt = ''] = process.argv.slice(2);
const kafka = new Kafka({ bootstrapServers });
const producer = kafka.producer({
  // The same after each restart: who starts with it shuts out whoever had it before, and has what that one left open aborted.
  transactionalId: 'bookkeeper-1',
  keySerializer: string,
  valueSerializer: json<Booking>(),
});
const consumer = kafka.consumer({
  groupId: 'bookkeeper',
  groupInstanceId: 'bookkeeper-1',
  groupProtocol: 'classic',
  valueDeserializer: json<Transfer>(),
  offsetReset: 'earliest',
  // Offsets are committed with the transaction and in no other way; what others aborted is not read.
  commitMode: 'manual',
  isolation: 'read_committed',
  // Small bites, so that there are many transactions.
  partitionMaxBytes: 1,
});
stopWith(() => consumer.stop());

let batches = 0;
async function reach(step: Step): Promise<void> {
  if (batches === 2 && step === diesAt) await die();
}

await producer.initTransactions();
await consumer.subscribe(['transfers']);
for await (const batch of consumer.batches()) {
  batches++;
  await reach(STEPS.read);

  await producer.begin();
  const bookings = [...batch].flatMap(({ value }) => (value === null ? [] : book(value)));
  await reach(STEPS.process);

  await Promise.all(bookings.map((value) => producer.send({ topic: 'bookings', key: value.account, value })));
  await reach(STEPS.write);

  const { topic, partition, nextOffset: offset, leaderEpoch } = batch;
  await producer.sendOffsets([{ topic, partition, offset, leaderEpoch }], consumer.groupMetadata);
  await reach(STEPS.offsets);

  const committing = producer.commit();
  await reach(STEPS.commit);
  await committing;
  await reach(STEPS.committed);
  tell({ batches });
}
await producer.close();
