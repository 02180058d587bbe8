import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageNamed } from '../declared-messages.ts';
import { definitionArtifacts, jarOf, KAFKA_VERSION } from '../kafka-jars.ts';

/**
 * Writes `test/protocol/corpus/` anew with Kafka's own classes: `node dist/test/protocol/corpus-tool/generate.js`.
 * Needs a JDK and Maven. The values are pseudo-random with fixed seeds, so the result is always the same.
 */
const sources = new URL('../../../../test/protocol/', import.meta.url);
const libraries = [
  ...definitionArtifacts,
  `org.apache.kafka:kafka-server-common:${KAFKA_VERSION}`,
  'com.fasterxml.jackson.core:jackson-databind:2.21.2',
  'com.fasterxml.jackson.core:jackson-core:2.21.2',
  'com.fasterxml.jackson.core:jackson-annotations:2.21',
  'org.slf4j:slf4j-api:1.7.36',
];

const jars = libraries.map(jarOf);
const work = mkdtempSync(join(tmpdir(), 'message-corpus-'));
try {
  const program = fileURLToPath(new URL('corpus-tool/MessageCorpus.java', sources));
  execFileSync('javac', ['-nowarn', '-cp', jars.join(delimiter), '-d', work, program], { stdio: 'inherit' });
  const classPath = [work, ...jars].join(delimiter);
  const run = (...args: string[]) =>
    execFileSync('java', ['-cp', classPath, 'MessageCorpus', ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const lines = run()
    .split('\n')
    .filter((line) => line !== '' && messageNamed((JSON.parse(line) as { name: string }).name) !== undefined);
  writeFileSync(new URL('corpus/messages.jsonl', sources), `${lines.join('\n')}\n`);
  writeFileSync(new URL('corpus/errors.jsonl', sources), run('errors'));
  console.log(`${lines.length} messages`);
} finally {
  rmSync(work, { recursive: true });
}
