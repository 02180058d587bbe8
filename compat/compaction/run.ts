import { setTimeout as pause } from 'node:timers/promises';
import { startKafka } from '../brokers/kafka.ts';
import { startPosthorn } from '../brokers/posthorn.ts';
import { CompactedTopic } from './load.ts';

/**
 * Writes the same records to Posthorn and to Apache Kafka, in transactions and outside, with tombstones and all codecs, lets both
 * clean, and compares what is left: offsets, keys, values, timestamps, headers, and the number of markers.
 *
 *   node dist/compat/compaction/run.js
 *
 * BATCHES in each of the rounds (150), SEED (1). Closes with "N passed, M failed".
 */
const BATCHES = Number(process.env['BATCHES'] ?? 150);
const SEED = Number(process.env['SEED'] ?? 1);
const ROUNDS = 3;
const CLEANED_MS = 45_000;
const POLL_MS = 1000;

const brokerSettings = { 'log.cleaner.backoff.ms': '200', 'log.initial.task.delay.ms': '0' };
const topicSettings = {
  'cleanup.policy': 'compact',
  'min.cleanable.dirty.ratio': '0.01',
  'segment.bytes': '1048576',
  'segment.ms': '3600000',
};
const cases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'tombstones and markers kept': { 'delete.retention.ms': '86400000' },
  'tombstones and markers gone at once': { 'delete.retention.ms': '0' },
  'compact and delete': { 'cleanup.policy': 'compact,delete', 'retention.ms': '-1', 'delete.retention.ms': '0' },
};

type Contents = Awaited<ReturnType<CompactedTopic['contents']>>;

/** Undefined when both are the same, else the first difference. */
function difference([posthorn, kafka]: readonly [Contents, Contents]): string | undefined {
  const length = Math.max(posthorn.lines.length, kafka.lines.length);
  for (let index = 0; index < length; index++) {
    const [ours, theirs] = [posthorn.lines[index], kafka.lines[index]];
    if (ours !== theirs)
      return `record ${index} of ${posthorn.lines.length}: ${ours}\n  in Kafka, of ${kafka.lines.length}: ${theirs}`;
  }
  return posthorn.markers === kafka.markers ? undefined : `${posthorn.markers} markers, in Kafka ${kafka.markers}`;
}

async function compare(
  name: string,
  addresses: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const topic = `compacted-${name.replaceAll(/[^a-z]+/g, '-')}`;
  const sides = addresses.map((bootstrap) => new CompactedTopic(bootstrap, topic));
  const both = async (work: (side: CompactedTopic) => Promise<void>): Promise<void> => {
    await Promise.all(sides.map(work));
  };
  try {
    await both((side) => side.create({ ...topicSettings, ...settings }));
    for (let round = 0; round < ROUNDS; round++) await both((side) => side.round(SEED * 100 + round, BATCHES));
    // One cleaning sees all data, and those that follow what it had to leave for the time being.
    for (let mark = 0; mark < 4; mark++) {
      await both((side) => side.close(mark));
      await pause(3 * POLL_MS);
    }
    const written = ROUNDS * BATCHES * 20 + 4 * 70 * 20;
    for (const deadline = Date.now() + CLEANED_MS; ; await pause(POLL_MS)) {
      const contents = [await sides[0]!.contents(), await sides[1]!.contents()] as const;
      const found = difference(contents);
      const left = contents[0].lines.length;
      if (found === undefined && left < written) {
        console.log(`  ${left} of ${written} records and ${contents[0].markers} markers are left on both sides`);
        return undefined;
      }
      if (Date.now() > deadline) return found ?? 'nothing was cleaned';
    }
  } finally {
    for (const side of sides) side.end();
  }
}

const posthorn = await startPosthorn({ settings: brokerSettings });
const kafka = await startKafka(brokerSettings);
let failed = 0;
try {
  for (const [name, settings] of Object.entries(cases)) {
    const fault = await compare(name, [posthorn.bootstrap, kafka.bootstrap], settings);
    if (fault !== undefined) failed++;
    console.log(fault === undefined ? `ok   ${name}` : `FAIL ${name}\n  ${fault}`);
  }
} finally {
  await Promise.all([posthorn.stop(), kafka.stop()]);
}
console.log(`${Object.keys(cases).length - failed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
