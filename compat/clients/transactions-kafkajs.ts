import kafkajs from 'kafkajs';

const { Kafka, logLevel } = kafkajs;

/** The kafkajs client of the transactions suite; commands and output as in transactions-java/Transactions.java. */
const RECORDS = 5;
const POLL_MS = 50;

function client(bootstrap: string): InstanceType<typeof Kafka> {
  return new Kafka({ clientId: 'kafkajs', brokers: bootstrap.split(','), logLevel: logLevel.ERROR });
}

async function write(
  bootstrap: string,
  topic: string,
  transactionalId: string,
  group: string,
  count: number,
): Promise<void> {
  const kafka = client(bootstrap);
  const admin = kafka.admin();
  await admin.connect();
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  await admin.disconnect();
  const partitions = topics[0]?.partitions.length ?? 0;
  const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  for (let index = 0; index < count; index++) {
    const transaction = await producer.transaction();
    const messages = Array.from({ length: RECORDS }, (_, record) => ({
      key: `k${record}`,
      value: `${index}-${record}`,
      partition: (index + record) % partitions,
    }));
    await transaction.send({ topic, messages });
    await transaction.sendOffsets({
      consumerGroupId: group,
      topics: [{ topic, partitions: [{ partition: 0, offset: String(index + 1) }] }],
    });
    if (index % 3 === 2) await transaction.abort();
    else await transaction.commit();
  }
  await producer.disconnect();
}

async function read(bootstrap: string, topic: string, groupId: string, quietMs: number): Promise<void> {
  const consumer = client(bootstrap).consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  let last = performance.now();
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      last = performance.now();
      process.stdout.write(`${partition}\t${String(message.value)}\n`);
    },
  });
  await new Promise<void>((done) => {
    const poll = setInterval(() => {
      if (performance.now() - last < quietMs) return;
      clearInterval(poll);
      done();
    }, POLL_MS);
  });
  await consumer.disconnect();
}

const [command, bootstrap = '', topic = '', third = '', fourth = '', fifth = ''] = process.argv.slice(2);
if (command === 'write') await write(bootstrap, topic, third, fourth, Number(fifth));
else await read(bootstrap, topic, third, Number(fourth));
