import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expectNoLines, type Check } from '../checking.ts';
import { NotHere } from './cluster.ts';

const CLEANED_MS = 60_000;
const RECORDS = 6000;
const KEYS = 100;

/** A compacted directory, held against Kafka's own checks once it was cleaned. */
export const compactionChecks: readonly Check[] = [
  {
    name: 'dump-log: a cleaned log and its indexes pass its checks',
    run: async (c) => {
      if (c.dataDir === undefined) throw new NotHere('the broker’s data directory is not known');
      const topic = c.name('cleaned');
      const settings = ['cleanup.policy=compact', 'min.cleanable.dirty.ratio=0.01', 'segment.bytes=1048576'];
      await c.prints(
        'kafka-topics',
        ['--create', '--topic', topic, '--partitions', '1', ...settings.flatMap((each) => ['--config', each])],
        [/Created topic/],
      );
      const value = 'v'.repeat(500);
      const input = Array.from({ length: RECORDS }, (_, index) => `k${index % KEYS}:${value}${index}\n`).join('');
      const keyed = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:'];
      await c.prints('kafka-console-producer', ['--topic', topic, ...keyed], [], { input });
      const directory = join(c.dataDir, `${topic}-0`);
      const files = await cleanedFiles(directory);
      for (const name of files.filter((each) => each.endsWith('.log'))) {
        const dumped = await c.prints(
          'kafka-dump-log',
          ['--files', join(directory, name), '--deep-iteration', '--print-data-log'],
          [/Log starting offset/],
        );
        expectNoLines(name, dumped, [/isvalid: false/, /Found invalid messages/]);
      }
      for (const name of files.filter((each) => /\.(index|timeindex)$/.test(each))) {
        const text = await c.prints('kafka-dump-log', ['--files', join(directory, name), '--index-sanity-check'], []);
        expectNoLines(name, text, [/[Mm]ismatch/, /[Ee]xception/, /out of order/]);
      }
    },
  },
];

/** The files of the log once less than half of what was written is left. */
async function cleanedFiles(directory: string): Promise<string[]> {
  const logBytes = (): number =>
    readdirSync(directory)
      .filter((name) => name.endsWith('.log'))
      .reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  for (const deadline = Date.now() + CLEANED_MS; logBytes() > (RECORDS * 500) / 2; await pause(200)) {
    if (Date.now() > deadline) throw new Error(`${directory} was not cleaned`);
  }
  return readdirSync(directory);
}
