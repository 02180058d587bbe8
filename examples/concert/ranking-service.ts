import { Kafka, json, string } from 'posthorn/client';
import { die, stopWith, tell } from '../worker.ts';
import { Ranking, type Reservation } from './ranking.ts';

// The ranking service, in a process of its own. The last two arguments say at which record its machine fails.
const [bootstrapServers = '', file = '', diesInPartition = '', diesAtOffset = ''] = process.argv.slice(2);
const ranking = new Ranking(file);
const consumer = new Kafka({ bootstrapServers, clientId: 'ranking' }).consumer({
  groupId: 'ranking-service',
  // A static member: started again under this name it has its partitions back at once.
  groupInstanceId: 'ranking-1',
  groupProtocol: 'classic',
  keyDeserializer: string,
  valueDeserializer: json<Reservation>(),
  offsetReset: 'earliest',
  commitMode: 'manual',
});
stopWith(() => consumer.stop());

await consumer.subscribe(['reservation-confirmed']);
for await (const record of consumer) {
  const { partition, offset } = record;
  tell({ processing: offset, partition });
  if (String(partition) === diesInPartition && String(offset) === diesAtOffset) await die();
  ranking.count(record);
  await consumer.commit(record);
  tell({ committed: offset, partition });
}
