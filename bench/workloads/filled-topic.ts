import { createTopic, expectRecords } from '../client/topics.ts';
import { loadBatches } from '../tools/loads.ts';

const SHAPE = { perRequest: 1, connections: 4, underWay: 5, batchBytes: 16 << 10, recordBytes: 1024 } as const;

/** A topic, and where each of its partitions ends. */
export interface FilledTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly records: number;
  readonly bytes: number;
  readonly offsets: readonly number[];
}

/** Makes a topic and fills it with prepared batches of 16 KiB, so many bytes at least, the same number in each partition. */
export async function fillTopic(
  port: number,
  { topic, partitions, bytes: wanted }: { readonly topic: string; readonly partitions: number; readonly bytes: number },
): Promise<FilledTopic> {
  await createTopic(port, topic, partitions);
  const requests = Math.ceil(wanted / SHAPE.batchBytes / partitions) * partitions;
  const load = { ...SHAPE, port, topic, partitions, requests };
  const { records, bytes } = await loadBatches(load);
  await expectRecords(port, topic, partitions, records);
  return { topic, partitions, records, bytes, offsets: Array.from({ length: partitions }, () => records / partitions) };
}
