import { Kafka } from '../../src/client/index.ts';
import { Codec } from '../../src/records/batch.ts';

const PADDING = 'p'.repeat(1000);
/** Enough to fill two segments of the smallest size. */
const PLAIN_RECORDS = 2500;
const TRANSACTIONS = 12;
const READS = 40;

type Compression = keyof typeof Codec;

/** What the broker of a dump is started with: internal topics of one partition each. */
export const dumpBrokerSettings: Readonly<Record<string, string>> = {
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
};

/** Fills a broker with one of everything that its files may hold. */
export async function fillForDump(bootstrap: string): Promise<void> {
  const kafka = new Kafka({ bootstrapServers: bootstrap, logLevel: 'silent' });
  const admin = kafka.admin();
  try {
    await admin.createTopics(
      [
        ['plain', { 'segment.bytes': '1048576', 'index.interval.bytes': '1024' }],
        ['packed', {}],
        ['stamped', { 'message.timestamp.type': 'LogAppendTime' }],
        ['ledger', { 'segment.bytes': '1048576' }],
      ].map(([name, configs]) => ({
        name: name as string,
        partitions: 1,
        replicationFactor: 1,
        configs: configs as Record<string, string>,
      })),
    );
    await writePlain(kafka);
    for (const compression of Object.keys(Codec) as Compression[]) await writePacked(kafka, compression);
    await writeLedger(kafka);
    for (const groupProtocol of ['classic', 'consumer'] as const) await read(kafka, groupProtocol);
    await admin.alterGroupOffsets('by-hand', [{ topic: 'plain', partition: 0, offset: 7, metadata: 'noted: "ü"' }]);
    await admin.alterGroupOffsets('to-go', [{ topic: 'plain', partition: 0, offset: 8 }]);
    await admin.deleteGroups(['to-go']);
  } finally {
    admin.close();
  }
}

async function writePlain(kafka: Kafka): Promise<void> {
  const producer = kafka.producer();
  for (let index = 0; index < PLAIN_RECORDS; index++) {
    void producer.send({
      topic: 'plain',
      key: index % 3 === 0 ? null : Buffer.from(`key-${index % 7}`),
      value: index % 11 === 0 ? null : Buffer.from(`${index} ${PADDING}`),
      timestamp: 1_700_000_000_000 + index,
      headers:
        index % 5 === 0
          ? [
              { key: 'trace', value: Buffer.from(`h ${index}`) },
              { key: 'empty', value: null },
            ]
          : [],
    });
    if (index % 50 === 49) await producer.flush();
  }
  await producer.close();
}

async function writePacked(kafka: Kafka, compression: Compression): Promise<void> {
  const producer = kafka.producer({ compression });
  for (const topic of ['packed', 'stamped']) {
    for (let index = 0; index < 30; index++) {
      void producer.send({ topic, key: Buffer.from(`k${index}`), value: Buffer.from(`${compression} ${index}`) });
    }
    await producer.flush();
  }
  await producer.close();
}

async function writeLedger(kafka: Kafka): Promise<void> {
  const producer = kafka.producer({ transactionalId: 'book-keeper' });
  for (let round = 0; round < TRANSACTIONS; round++) {
    await producer.begin();
    for (let entry = 0; entry < 150; entry++) {
      void producer.send({ topic: 'ledger', key: Buffer.from(`${entry}`), value: Buffer.from(`${round} ${PADDING}`) });
    }
    await producer.flush();
    if (round % 3 === 2) await producer.abort();
    else await producer.commit();
  }
  await producer.close();
  const open = kafka.producer({ transactionalId: 'left-open' });
  await open.begin();
  await open.send({ topic: 'ledger', value: Buffer.from('never told whether') });
  await open.abort();
  await open.close();
}

async function read(kafka: Kafka, groupProtocol: 'classic' | 'consumer'): Promise<void> {
  const groupId = `readers-${groupProtocol}`;
  const consumer = kafka.consumer({ groupId, groupProtocol, offsetReset: 'earliest', commitMode: 'manual' });
  await consumer.subscribe(['packed']);
  let left = READS;
  for await (const record of consumer) {
    if (left % 20 === 0) await consumer.commit(record);
    if (--left === 0) break;
  }
  await consumer.close();
}
