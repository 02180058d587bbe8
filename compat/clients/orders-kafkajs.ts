import { readFileSync } from 'node:fs';
import kafkajs, { type KafkaMessage, type Message } from 'kafkajs';
import { Codec } from '../../src/records/batch.ts';
import { compress, decompress } from '../../src/records/compression/compression.ts';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

/**
 * The kafkajs client of the matrix; commands, files and output as in orders-java/Orders.java. kafkajs brings gzip alone and
 * takes other codecs from outside: here from the project, so another client has to read what it packs.
 */
const UNPACKED_BYTES_MAX = 1 << 27;
const BATCH = 1000;
const types = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
} as const;

for (const name of ['snappy', 'lz4', 'zstd'] as const) {
  CompressionCodecs[types[name]] = () => ({
    compress: async (encoder: { buffer: Buffer }) => Buffer.from(compress(Codec[name], encoder.buffer)),
    decompress: async (bytes: Buffer) => Buffer.from(decompress(Codec[name], bytes, UNPACKED_BYTES_MAX)),
  });
}

function client(bootstrap: string): InstanceType<typeof Kafka> {
  return new Kafka({ clientId: 'kafkajs', brokers: bootstrap.split(','), logLevel: logLevel.ERROR });
}

function messageOf(line: string): Message {
  const [key = '', timestamp = '', headers = '', ...value] = line.split('\t');
  const pairs = headers.split(',').map((pair) => {
    const equals = pair.indexOf('=');
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  return { key, timestamp, value: value.join('\t'), headers: Object.fromEntries(pairs) as Record<string, string> };
}

async function produce(bootstrap: string, topic: string, codec: keyof typeof types, file: string): Promise<void> {
  const producer = client(bootstrap).producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  for (let from = 0; from < lines.length; from += BATCH) {
    const messages = lines.slice(from, from + BATCH).map(messageOf);
    await producer.send({ topic, messages, compression: types[codec] });
  }
  await producer.disconnect();
}

async function consume(bootstrap: string, groupId: string, topics: string[]): Promise<void> {
  const consumer = client(bootstrap).consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch }) => {
      const lines = batch.messages.flatMap((message) => lineOf(batch.topic, batch.partition, message));
      process.stdout.write(Buffer.concat(lines));
    },
  });
  await new Promise((done) => {
    process.stdin.on('end', done).resume();
  });
  await consumer.disconnect();
}

function lineOf(topic: string, partition: number, message: KafkaMessage): Buffer[] {
  const headers = Object.entries(message.headers ?? {}).map(([name, value]) => `${name}=${String(value)}`);
  return [
    Buffer.from(`${topic}\t${partition}\t${message.offset}\t`),
    message.key ?? Buffer.from('<null>'),
    Buffer.from(`\t${message.timestamp}\t${headers.join(',')}\t`),
    message.value ?? Buffer.from('<null>'),
    Buffer.from('\n'),
  ];
}

const [command, bootstrap = '', first = '', second = '', third = ''] = process.argv.slice(2);
if (command === 'produce') await produce(bootstrap, first, second as keyof typeof types, third);
else await consume(bootstrap, first, second.split(','));
