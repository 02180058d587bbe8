import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { expectNoLines, type Check, type Checking } from '../checking.ts';

const KEYED = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:'];
const SHOWN = [
  '--formatter-property',
  'print.key=true',
  '--formatter-property',
  'print.partition=true',
  '--formatter-property',
  'print.offset=true',
  '--formatter-property',
  'print.headers=true',
  '--formatter-property',
  'print.timestamp=true',
];

async function fill(c: Checking, topic: string, count: number, partitions = 1): Promise<void> {
  await c.prints('kafka-topics', ['--create', '--topic', topic, '--partitions', String(partitions)], [/Created topic/]);
  const input = Array.from({ length: count }, (_, index) => `key${index}:value${index}\n`).join('');
  await c.prints('kafka-console-producer', ['--topic', topic, ...KEYED], [], { input });
}

/** Console producer and consumer, offsets, deletion of records. */
export const recordChecks: readonly Check[] = [
  {
    name: 'console: what is written is read',
    run: async (c) => {
      await fill(c, c.name('console'), 5);
      const read = ['--topic', c.name('console'), '--from-beginning', '--max-messages', '5', '--timeout-ms', '20000'];
      await c.prints(
        'kafka-console-consumer',
        [...read, ...SHOWN],
        [
          /CreateTime:\d+\tPartition:0\tOffset:0\tNO_HEADERS\tkey0\tvalue0/,
          /Offset:4\t.*key4\tvalue4/,
          /Processed a total of 5 messages/,
        ],
      );
      await c.prints(
        'kafka-console-consumer',
        [
          '--topic',
          c.name('console'),
          '--partition',
          '0',
          '--offset',
          '3',
          '--max-messages',
          '2',
          '--timeout-ms',
          '20000',
        ],
        [/^value3$/m, /^value4$/m],
      );
    },
  },
  {
    name: 'console: compression, headers, acks, nulls',
    run: async (c) => {
      const topic = c.name('shapes');
      await c.prints('kafka-topics', ['--create', '--topic', topic, '--partitions', '1'], [/Created topic/]);
      for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
        await c.prints(
          'kafka-console-producer',
          ['--topic', topic, '--compression-codec', codec, '--request-required-acks', 'all'],
          [],
          { input: `with ${codec}\n` },
        );
      }
      await c.prints(
        'kafka-console-producer',
        [
          '--topic',
          topic,
          '--reader-property',
          'parse.headers=true',
          '--reader-property',
          'null.marker=NULL',
          ...KEYED,
          '--request-required-acks',
          '1',
        ],
        [],
        { input: 'h1:v1,h2:v2\tk:NULL\n' },
      );
      const read = ['--topic', topic, '--from-beginning', '--max-messages', '6', '--timeout-ms', '20000'];
      await c.prints(
        'kafka-console-consumer',
        [...read, ...SHOWN],
        [/with none/, /with gzip/, /with snappy/, /with lz4/, /with zstd/, /h1:v1,h2:v2\tk\tnull/],
      );
    },
  },
  {
    name: 'console: a group goes on where it was',
    run: async (c) => {
      await fill(c, c.name('resumed'), 6);
      const read = [
        '--topic',
        c.name('resumed'),
        '--group',
        c.name('reader'),
        '--from-beginning',
        '--max-messages',
        '3',
        '--timeout-ms',
        '20000',
      ];
      await c.prints('kafka-console-consumer', read, [/^value0$/m, /^value2$/m]);
      const text = await c.prints('kafka-console-consumer', read, [/^value3$/m, /^value5$/m]);
      expectNoLines('the second half', text, [/^value2$/m]);
    },
  },
  {
    name: 'console: a topic made by writing to it',
    run: async (c) => {
      await c.prints('kafka-console-producer', ['--topic', c.name('automatic')], [], { input: 'first\n' });
      await c.prints(
        'kafka-console-consumer',
        ['--topic', c.name('automatic'), '--from-beginning', '--max-messages', '1', '--timeout-ms', '20000'],
        [/^first$/m],
      );
    },
  },
  {
    name: 'get-offsets: earliest, latest, by time, greatest time',
    run: async (c) => {
      const topic = c.name('offsets');
      await fill(c, topic, 7);
      for (const [time, offset] of [
        ['-1', '7'],
        ['-2', '0'],
        ['-3', '[0-6]'],
        ['latest', '7'],
        ['earliest', '0'],
        ['0', '0'],
      ] as const) {
        await c.prints(
          'kafka-get-offsets',
          ['--topic', topic, '--time', time],
          [new RegExp(`^${topic}:0:${offset}$`, 'm')],
        );
      }
      await c.refuses('kafka-get-offsets', ['--topic', c.name('none')], [/Could not match any topic-partitions/]);
    },
  },
  {
    name: 'delete-records',
    run: async (c) => {
      const topic = c.name('trimmed');
      await fill(c, topic, 9);
      const file = join(tmpdir(), `${topic}.json`);
      const offsets = (offset: number): void =>
        writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset }] }));
      offsets(4);
      await c.prints(
        'kafka-delete-records',
        ['--offset-json-file', file],
        [new RegExp(`partition: ${topic}-0\tlow_watermark: 4`)],
      );
      await c.prints('kafka-get-offsets', ['--topic', topic, '--time', '-2'], [new RegExp(`^${topic}:0:4$`, 'm')]);
      const text = await c.prints(
        'kafka-console-consumer',
        ['--topic', topic, '--from-beginning', '--max-messages', '5', '--timeout-ms', '20000'],
        [/^value4$/m, /^value8$/m],
      );
      expectNoLines('after delete-records', text, [/^value3$/m]);
      offsets(99);
      await c.refuses('kafka-delete-records', ['--offset-json-file', file], [/OffsetOutOfRange/]);
    },
  },
  {
    name: 'perf tests: producer and consumer',
    run: async (c) => {
      const topic = c.name('perf');
      await c.prints('kafka-topics', ['--create', '--topic', topic, '--partitions', '4'], [/Created topic/]);
      const records = '20000';
      await c.prints(
        'kafka-producer-perf-test',
        ['--topic', topic, '--num-records', records, '--record-size', '100', '--throughput', '-1'],
        [/^20000 records sent, .*99\.9th/m],
      );
      await c.prints(
        'kafka-consumer-perf-test',
        ['--topic', topic, '--num-records', records, '--timeout', '20000'],
        [/, 20000, /],
      );
    },
  },
  {
    name: 'verifiable producer and consumer',
    run: async (c) => {
      const topic = c.name('verifiable');
      await c.prints('kafka-topics', ['--create', '--topic', topic, '--partitions', '2'], [/Created topic/]);
      await c.prints(
        'kafka-verifiable-producer',
        ['--topic', topic, '--max-messages', '200', '--acks', '-1'],
        [/"name":"producer_send_success"/, /"sent":200,.*"acked":200|"acked":200,.*"sent":200/],
      );
      await c.prints(
        'kafka-verifiable-consumer',
        ['--topic', topic, '--group-id', c.name('verifier'), '--max-messages', '200', '--reset-policy', 'earliest'],
        [
          /"name":"partitions_assigned"/,
          /"name":"offsets_committed".*"success":true|"success":true.*"name":"offsets_committed"/,
        ],
      );
    },
  },
];
