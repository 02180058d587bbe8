import { E } from '../../protocol/errors.ts';
import { describeLogDirs } from '../../protocol/messages/035-describe-log-dirs.ts';
import { handler } from '../requests/handler.ts';

/** Data directories with the sizes of their partitions (DescribeLogDirs; KIP-113, 827). */
export const handleDescribeLogDirs = handler(describeLogDirs, ({ topics }, _context, broker) => {
  broker.partitions.openAll();
  const wanted =
    topics === null
      ? undefined
      : new Set(topics.flatMap(({ topic, partitions }) => partitions.map((index) => `${index} ${topic}`)));
  const results = broker.logDirectories.describe().map(({ path, error, totalBytes, usableBytes, isCordoned, logs }) => {
    const byTopic = new Map<
      string,
      { partitionIndex: number; partitionSize: number; offsetLag: number; isFutureKey: boolean }[]
    >();
    for (const { topic, partition, sizeBytes, logEndOffset, isFuture } of logs) {
      if (wanted !== undefined && !wanted.has(`${partition} ${topic}`)) continue;
      const partitions = byTopic.get(topic) ?? [];
      byTopic.set(topic, partitions);
      const log = broker.partitions.get(topic, partition)?.log;
      // How far a copy is behind the original, a replica behind what is committed.
      const ahead = isFuture ? log?.logEndOffset : log?.highWatermark;
      const offsetLag = Math.max(0, (ahead ?? 0) - logEndOffset);
      partitions.push({ partitionIndex: partition, partitionSize: sizeBytes, offsetLag, isFutureKey: isFuture });
    }
    return {
      errorCode: error.code,
      logDir: path,
      topics: [...byTopic].map(([name, partitions]) => ({ name, partitions })),
      totalBytes,
      usableBytes,
      isCordoned,
    };
  });
  return { errorCode: E.NONE.code, results };
});
