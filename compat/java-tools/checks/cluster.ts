import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Check } from '../checking.ts';

/** Tools that look at brokers, replicas and files. */
export const clusterChecks: readonly Check[] = [
  {
    name: 'broker-api-versions',
    run: async (c) => {
      await c.prints(
        'kafka-broker-api-versions',
        [],
        [
          /\(id: 1 rack: null isFenced: false\) -> \(/,
          /Produce\(0\): 0 to 13 /,
          /Fetch\(1\): 4 to 18 /,
          /Metadata\(3\): 0 to 13 /,
          /ApiVersions\(18\): 0 to 4 /,
          /JoinGroup\(11\): 0 to 9 /,
        ],
      );
    },
  },
  {
    name: 'cluster: id and endpoints',
    run: async (c) => {
      await c.prints('kafka-cluster', ['cluster-id'], [/^Cluster ID: [A-Za-z0-9_-]{22}$/m]);
      await c.prints('kafka-cluster', ['list-endpoints'], [/^1 +\S+ +\d+ +.*unfenced +broker/m]);
    },
  },
  {
    name: 'log-dirs',
    run: async (c) => {
      const topic = c.name('dirs');
      await c.prints('kafka-topics', ['--create', '--topic', topic, '--partitions', '1'], [/Created topic/]);
      await c.prints('kafka-console-producer', ['--topic', topic], [], { input: 'x\n' });
      await c.prints(
        'kafka-log-dirs',
        ['--describe', '--topic-list', topic],
        [/Received log directory information from brokers 1/, new RegExp(`"partition":"${topic}-0","size":[1-9]`)],
      );
    },
  },
  {
    name: 'leader-election: already elected',
    run: async (c) => {
      const topic = c.name('election');
      await c.prints('kafka-topics', ['--create', '--topic', topic, '--partitions', '1'], [/Created topic/]);
      await c.prints(
        'kafka-leader-election',
        ['--election-type', 'preferred', '--topic', topic, '--partition', '0'],
        [/Valid replica already elected/],
      );
      await c.refuses(
        'kafka-leader-election',
        ['--election-type', 'preferred', '--topic', c.name('none'), '--partition', '0'],
        [/UnknownTopicOrPartition/],
      );
    },
  },
  {
    name: 'reassign-partitions: execute, verify, list, cancel',
    run: async (c) => {
      const topic = c.name('moved');
      await c.prints('kafka-topics', ['--create', '--topic', topic, '--partitions', '1'], [/Created topic/]);
      const file = join(tmpdir(), `${topic}.json`);
      writeFileSync(
        file,
        JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, replicas: [1], log_dirs: ['any'] }] }),
      );
      await c.prints(
        'kafka-reassign-partitions',
        ['--execute', '--reassignment-json-file', file],
        [/Successfully started partition reassignment/],
      );
      await c.untilPrints(
        'kafka-reassign-partitions',
        ['--verify', '--reassignment-json-file', file],
        [new RegExp(`Reassignment of partition ${topic}-0 is completed`)],
      );
      await c.prints('kafka-reassign-partitions', ['--list'], [/No partition reassignments found/]);
      await c.prints(
        'kafka-reassign-partitions',
        ['--cancel', '--reassignment-json-file', file],
        [/None of the specified partition reassignments are active/],
      );
    },
  },
  {
    name: 'dump-log: segments and indexes pass its checks',
    run: async (c) => {
      if (c.dataDir === undefined) throw new NotHere('the broker’s data directory is not known');
      const topic = c.name('dumped');
      await c.prints(
        'kafka-topics',
        [
          '--create',
          '--topic',
          topic,
          '--partitions',
          '1',
          '--config',
          'segment.bytes=1048576',
          '--config',
          'index.interval.bytes=100',
        ],
        [/Created topic/],
      );
      await c.prints(
        'kafka-producer-perf-test',
        [
          '--topic',
          topic,
          '--num-records',
          '3000',
          '--record-size',
          '1000',
          '--throughput',
          '-1',
          '--command-property',
          'compression.type=lz4',
        ],
        [/3000 records sent/],
      );
      const first = join(c.dataDir, `${topic}-0`, '00000000000000000000');
      await c.prints(
        'kafka-dump-log',
        ['--files', `${first}.log`, '--deep-iteration', '--print-data-log'],
        [/baseOffset: 0 .*magic: 2 compresscodec: lz4 crc: \d+ isvalid: true/],
      );
      for (const kind of ['index', 'timeindex'])
        await c.prints(
          'kafka-dump-log',
          ['--files', `${first}.${kind}`, '--index-sanity-check'],
          [/passed sanity check/],
        );
      await c.prints('kafka-dump-log', ['--files', `${first}.index`, '--verify-index-only'], []);
    },
  },
];

/** A check that cannot be made here; the text says why. */
export class NotHere extends Error {
  override name = 'NotHere';
}
