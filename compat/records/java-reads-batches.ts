import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Codec } from '../../src/records/batch.ts';
import { buildBatch, type BatchOptions, type NewRecord } from '../../src/records/batch-builder.ts';
import { BatchCursor } from '../../src/records/batch-cursor.ts';
import { ControlType, buildEndTxnBatch } from '../../src/records/control-records.ts';
import { describeBatch } from '../../test/records/batch-description.ts';

/*
 * Has the Java client read batches that Posthorn built, and compares what each side finds in them.
 *   KAFKA_JARS=<dir with kafka-clients and its libraries> node dist/compat/records/java-reads-batches.js [DIRECTORY]
 * With a DIRECTORY the batches stay there as 00000000000000000000.log, for kafka-dump-log.
 */
const TIME = 1_700_000_000_000;

function builtBatches(): Buffer[] {
  const built: Buffer[] = [];
  let baseOffset = 0;
  const add = (records: readonly NewRecord[], options: BatchOptions): void => {
    built.push(buildBatch(records, { baseOffset, partitionLeaderEpoch: 3, ...options }));
    baseOffset += records.length;
  };
  const varied: NewRecord[] = [
    { key: Buffer.from('key'), value: Buffer.from('value'), timestamp: TIME },
    { value: Buffer.from('no key'), timestamp: TIME - 100_000 },
    { key: Buffer.from('tombstone'), timestamp: TIME + 1 },
    {
      key: Buffer.alloc(0),
      value: Buffer.alloc(0),
      timestamp: TIME + 2,
      headers: [
        { key: 'schlüssel €', value: Buffer.from('1') },
        { key: '', value: null },
      ],
    },
  ];
  const words = 'the same words again and again; '.repeat(100);
  const many = Array.from({ length: 100 }, (_, index) => ({
    key: Buffer.from(`key-${index}`),
    value: Buffer.from(`${index} ${words}`),
    timestamp: TIME + index,
  }));
  for (const codec of Object.values(Codec)) {
    add(varied, { codec });
    add(many, { codec });
    add(varied, { codec, producerId: 2 ** 40, producerEpoch: 7, baseSequence: baseOffset, transactional: true });
    add(varied, { codec, logAppendTime: TIME + 9 });
    add(varied, { codec, deleteHorizonMs: TIME + 86_400_000 });
  }
  for (const type of [ControlType.commit, ControlType.abort] as const) {
    const marker = { type, coordinatorEpoch: 5, producerId: 2 ** 40, producerEpoch: 7, timestamp: TIME };
    built.push(buildEndTxnBatch({ ...marker, baseOffset: baseOffset++, partitionLeaderEpoch: 3 }));
  }
  return built;
}

function java(...args: string[]): string {
  const result = spawnSync(args[0]!, args.slice(1), { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (result.status !== 0) throw new Error(`${args[0]} failed: ${result.error?.message ?? result.stderr}`);
  return result.stdout;
}

const jars = process.env['KAFKA_JARS'];
if (jars === undefined) throw new Error('KAFKA_JARS is not set');
const batches = Buffer.concat(builtBatches());
const directory = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'posthorn-batches-'));
const file = join(directory, '00000000000000000000.log');
writeFileSync(file, batches);
const source = new URL('../../../compat/java/RecordBatches.java', import.meta.url).pathname;
const lines = java('java', '-cp', join(jars, '*'), source, 'read', file).trimEnd().split('\n');
const cursor = new BatchCursor(batches);
let different = 0;
let count = 0;
while (cursor.next()) {
  const theirs = (JSON.parse(lines[count++] ?? '{}') as { holds?: object }).holds;
  const ours = describeBatch(batches, cursor.position);
  if (isDeepStrictEqual(ours, theirs)) continue;
  different++;
  console.log(`batch ${count}: ours ${JSON.stringify(ours)}, Java's ${JSON.stringify(theirs)}`);
}
if (process.argv[2] === undefined) rmSync(directory, { recursive: true });
console.log(`${count} batches, ${different} read differently, ${lines.length - count} too many`);
process.exitCode = different === 0 && lines.length === count ? 0 : 1;
