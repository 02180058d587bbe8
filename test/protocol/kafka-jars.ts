import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';

/**
 * Kafka's published jars, fetched with Maven into `compat/.cache/kafka-jars`. Nothing of them is kept in the repository.
 * KAFKA_JARS names a directory that has them already.
 */
export const KAFKA_VERSION = '4.3.1';
const FETCH_TIMEOUT_MS = 120_000;
const cache =
  process.env['KAFKA_JARS'] ?? fileURLToPath(new URL('../../../compat/.cache/kafka-jars/', import.meta.url));

/** Artifact and version of each jar that holds message definitions. */
export const definitionArtifacts = [
  'kafka-clients',
  'kafka-group-coordinator',
  'kafka-transaction-coordinator',
  'kafka-share-coordinator',
  'kafka-storage',
].map((artifact) => `org.apache.kafka:${artifact}:${KAFKA_VERSION}`);

/** The path of a jar by `group:artifact:version`; throws with the reason when it cannot be had. */
export function jarOf(coordinates: string): string {
  const [, artifact, version] = coordinates.split(':');
  const path = join(cache, `${artifact}-${version}.jar`);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
  const options = [`-Dartifact=${coordinates}`, `-DoutputDirectory=${cache}`, '-Dmdep.useBaseVersion=true'];
  execFileSync('mvn', ['-q', '-B', goal, ...options], { stdio: 'pipe', timeout: FETCH_TIMEOUT_MS });
  if (!existsSync(path)) throw new Error(`Maven gave no ${artifact}-${version}.jar`);
  return path;
}

/** The entries of a jar whose name matches, as text. Reads the zip directory; no zip64, as jars of this size have none. */
export function readEntries(jar: string, wanted: RegExp): Map<string, string> {
  const bytes = readFileSync(jar);
  const found = new Map<string, string>();
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let position = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const method = bytes.readUInt16LE(position + 10);
    const compressedSize = bytes.readUInt32LE(position + 20);
    const nameLength = bytes.readUInt16LE(position + 28);
    const name = bytes.toString('utf8', position + 46, position + 46 + nameLength);
    const header = bytes.readUInt32LE(position + 42);
    position += 46 + nameLength + bytes.readUInt16LE(position + 30) + bytes.readUInt16LE(position + 32);
    if (!wanted.test(name)) continue;
    const start = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
    const data = bytes.subarray(start, start + compressedSize);
    found.set(name, (method === 0 ? data : inflateRawSync(data)).toString('utf8'));
  }
  return found;
}

/** Why something could not be fetched, in one line. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  return code === 'ENOENT' ? 'mvn is not installed' : message.split('\n')[0]!;
}
