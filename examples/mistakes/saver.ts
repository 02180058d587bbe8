import { appendFileSync } from 'node:fs';
import { Kafka, string, type ConsumerRecord } from 'posthorn/client';
import { die } from '../worker.ts';

// Saves readings in tens, because that is quicker. It ends when it has caught up, or dies at the record with the offset given.
const [bootstrapServers = '', how = '', file = '', diesAt = ''] = process.argv.slice(2);
const isRight = how === 'right';
const TEN = 10;
const topic = `readings-${how}`;

const consumer = new Kafka({ bootstrapServers }).consumer({
  groupId: topic,
  groupInstanceId: topic,
  groupProtocol: 'classic',
  valueDeserializer: string,
  offsetReset: 'earliest',
  // Wrong: commits happen by themselves, for every record for which the next one was asked. Right: after saving, and by nothing else.
  ...(isRight ? { commitMode: 'manual' } : { commitMode: 'after-processing', autoCommitIntervalMs: 0 }),
});
const [end] = await consumer.endOffsets([{ topic, partition: 0 }]);

let unsaved: ConsumerRecord<unknown, string | null>[] = [];
async function save(): Promise<void> {
  const last = unsaved.at(-1);
  if (last === undefined) return;
  appendFileSync(file, unsaved.map(({ value }) => `${value}\n`).join(''));
  unsaved = [];
  if (isRight) await consumer.commit(last);
}

await consumer.subscribe([topic]);
for await (const record of consumer) {
  if (String(record.offset) === diesAt) await die();
  unsaved.push(record);
  if (unsaved.length === TEN) await save();
  if (record.offset + 1 === end?.offset) {
    await save();
    consumer.stop();
  }
}
