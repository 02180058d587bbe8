import { readFileSync } from 'node:fs';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';

/**
 * A log directory as Apache Kafka 4.3.1 left it after an orderly stop: `orders-0` with two segments, every codec,
 * committed and aborted transactions and an open one (index.interval.bytes=512, segment.ms=1 h).
 */
export function kafkaFiles(): Map<string, Buffer> {
  const url = new URL('../../../test/log/fixtures/kafka-directory.jsonl', import.meta.url);
  const files = new Map<string, Buffer>();
  for (const line of readFileSync(url, 'utf8').trimEnd().split('\n')) {
    const { path, bytes } = JSON.parse(line) as { path: string; bytes: string };
    files.set(path, Buffer.from(bytes, 'base64'));
  }
  return files;
}

/** The directory under `/logs` of a disk in memory. */
export function kafkaDisk(without: (path: string) => boolean = () => false): MemoryDisk {
  const disk = new MemoryDisk({ crashable: true });
  disk.makeDirectory('/logs');
  disk.makeDirectory('/logs/orders-0');
  for (const [path, bytes] of kafkaFiles()) if (!without(path)) writeFile(disk, `/logs/${path}`, bytes);
  return disk;
}

export function writeFile(disk: MemoryDisk, path: string, bytes: Uint8Array): void {
  const file = disk.open(path, 'create');
  file.truncate(bytes.length);
  if (bytes.length > 0) file.write(bytes, 0);
  file.close();
}

export function readFile(disk: MemoryDisk, path: string): Buffer {
  return disk.readFile(path, 16 * 1024 * 1024);
}
