import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { startKafka } from '../brokers/kafka.ts';
import { startPosthorn } from '../brokers/posthorn.ts';
import { JavaTools } from '../java-tools/java-tool.ts';
import { repositoryRoot } from '../paths.ts';
import { dumpBrokerSettings, fillForDump } from './dump-fill.ts';
import { normalText } from './normal-text.ts';

/**
 * kafka-dump-log of Kafka and ours on the same files: those that Posthorn wrote, and those that Apache Kafka 4.3.1 wrote, from the
 * same clients. Every line is compared.
 *
 *   node dist/compat/commands/dump-directories.js
 *
 * Closes with "N passed, M failed".
 */
const OURS_MS = 60_000;
const TOPICS = ['plain-0', 'packed-0', 'stamped-0', 'ledger-0'];

interface DumpCall {
  /** Directories and the endings of the files that are dumped. */
  readonly of: readonly string[];
  readonly endings: readonly string[];
  readonly flags: readonly string[];
}

const calls: readonly DumpCall[] = [
  { of: TOPICS, endings: ['.log'], flags: [] },
  { of: TOPICS, endings: ['.log'], flags: ['--deep-iteration'] },
  { of: TOPICS, endings: ['.log'], flags: ['--print-data-log'] },
  { of: TOPICS, endings: ['.log'], flags: ['--print-data-log', '--skip-record-metadata'] },
  { of: TOPICS, endings: ['.log'], flags: ['--print-data-log', '--max-bytes', '5000'] },
  { of: ['packed-0'], endings: ['.log'], flags: ['--value-decoder-class', 'org.apache.kafka.tools.api.StringDecoder'] },
  { of: ['packed-0'], endings: ['.log'], flags: ['--key-decoder-class', 'no.such.Decoder'] },
  { of: TOPICS, endings: ['.index'], flags: [] },
  { of: TOPICS, endings: ['.index'], flags: ['--verify-index-only'] },
  { of: TOPICS, endings: ['.index', '.timeindex'], flags: ['--index-sanity-check'] },
  { of: TOPICS, endings: ['.timeindex'], flags: [] },
  { of: TOPICS, endings: ['.timeindex'], flags: ['--verify-index-only'] },
  { of: TOPICS, endings: ['.txnindex'], flags: [] },
  { of: TOPICS, endings: ['.snapshot'], flags: [] },
  { of: ['__consumer_offsets-0'], endings: ['.log'], flags: ['--offsets-decoder'] },
  { of: ['__transaction_state-0'], endings: ['.log'], flags: ['--transaction-log-decoder'] },
  { of: ['__consumer_offsets-0'], endings: ['.log'], flags: ['--transaction-log-decoder'] },
  { of: ['__transaction_state-0'], endings: ['.log'], flags: ['--offsets-decoder'] },
  { of: ['plain-0'], endings: ['.log'], flags: ['--offsets-decoder'] },
];

function filesOf(data: string, { of, endings }: DumpCall): string[] {
  return of
    .flatMap((directory) => readdirSync(join(data, directory)).map((file) => join(data, directory, file)))
    .filter((path) => endings.includes(extname(path)))
    .toSorted();
}

/** What is wrong is told file by file at the end, in the order of a set. */
function settled(text: string): string {
  const lines = text.split('\n');
  const end = lines.indexOf('--- stderr');
  return [...lines.slice(0, end + 1), ...lines.slice(end + 1).toSorted()].join('\n');
}

/** The first line that is not the same. */
function difference(theirs: string, ours: string): string | undefined {
  if (theirs === ours) return undefined;
  const [their, our] = [theirs.split('\n'), ours.split('\n')];
  const at = their.findIndex((line, index) => line !== our[index]);
  const line = at < 0 ? their.length : at;
  return `line ${line + 1} of ${their.length} and ${our.length}\n    Kafka:    ${their[line]}\n    Posthorn: ${our[line]}`;
}

/** Fills a broker and copies its files, as they lie there while it runs and after it stopped. */
async function filled(
  broker: { readonly bootstrap: string; readonly dataDir: string; stop(): Promise<void> },
  copy: string,
): Promise<void> {
  try {
    await fillForDump(broker.bootstrap);
    cpSync(broker.dataDir, copy, { recursive: true });
  } finally {
    await broker.stop();
  }
}

const home = mkdtempSync(join(tmpdir(), 'posthorn-dumps-'));
let passed = 0;
let failed = 0;
try {
  const stopped = join(home, 'stopped');
  mkdirSync(stopped);
  const java = await JavaTools.prepare('');
  await filled(await startPosthorn({ settings: dumpBrokerSettings, dataDir: stopped }), join(home, 'running'));
  await filled(await startKafka(dumpBrokerSettings), join(home, 'kafka'));
  const writers = {
    'Posthorn, running': join(home, 'running'),
    'Posthorn, stopped': join(stopped, 'data'),
    'Apache Kafka, running': join(home, 'kafka'),
  };
  for (const [writer, data] of Object.entries(writers)) {
    for (const call of calls) {
      const files = filesOf(data, call);
      if (files.length === 0) continue;
      const args = [...call.flags, '--files', files.join(',')];
      const theirs = normalText(await java.runApart('kafka-dump-log', args), data);
      const launcher = join(repositoryRoot, 'bin', 'posthorn.js');
      const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, 'kafka-dump-log', ...args], {
        encoding: 'utf8',
        timeout: OURS_MS,
        maxBuffer: 256 << 20,
      });
      const ours = normalText({ code: status ?? undefined, out: stdout, err: stderr }, data);
      const found = difference(settled(theirs), settled(ours));
      const title = `${writer}: ${call.endings.join(' ')} of ${call.of.join(' ')} ${call.flags.join(' ')}`;
      if (found === undefined) passed++;
      else {
        failed++;
        console.log(`DIFFERENT ${title}, ${files.length} files: ${found}`);
      }
    }
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
