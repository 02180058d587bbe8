import { readFileSync } from 'node:fs';

/** A batch that another client wrote, and what the Java client finds in it. */
export interface Fixture {
  readonly name: string;
  readonly bytes: Buffer;
  readonly holds: { readonly codec: number; readonly control: boolean; readonly records: readonly object[] };
}

/** Captured batches: `java-client` (compat/java/RecordBatches.java) or `librdkafka` (fixtures/librdkafka.py). */
export function readFixtures(file: 'java-client' | 'librdkafka'): Fixture[] {
  const url = new URL(`../../../test/records/fixtures/${file}.jsonl`, import.meta.url);
  const lines = readFileSync(url, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const { name, bytes, holds } = JSON.parse(line) as Omit<Fixture, 'bytes'> & { bytes: string };
    return { name, bytes: Buffer.from(bytes, 'base64'), holds };
  });
}
