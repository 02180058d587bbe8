import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { alterReplicaLogDirs } from '../../protocol/messages/034-alter-replica-log-dirs.ts';
import { handler } from '../handler.ts';
import type { BrokerServices } from '../services.ts';

/** Replicas are not moved between directories yet; a wish for the directory they are in is met (AlterReplicaLogDirs; KIP-113). */
export const handleAlterReplicaLogDirs = handler(alterReplicaLogDirs, ({ dirs }, _context, broker) => {
  const results = new Map<string, { partitionIndex: number; errorCode: number }[]>();
  for (const { path, topics } of dirs) {
    for (const { name, partitions } of topics) {
      const answers = results.get(name) ?? [];
      results.set(name, answers);
      for (const partitionIndex of partitions) {
        const { code } = moveTo(path, { topic: name, index: partitionIndex }, broker);
        answers.push({ partitionIndex, errorCode: code });
      }
    }
  }
  return { results: [...results].map(([topicName, partitions]) => ({ topicName, partitions })) };
});

function moveTo(path: string, replica: { topic: string; index: number }, broker: BrokerServices): ErrorSpec {
  if (!broker.logDirectories.describe().some((directory) => directory.path === path)) return E.LOG_DIR_NOT_FOUND;
  const log = broker.partitions.get(replica.topic, replica.index)?.log;
  // Kafka keeps the wish for a replica that does not exist yet; here the broker chooses.
  if (log === undefined) return E.REPLICA_NOT_AVAILABLE;
  return log.directory.startsWith(`${path}/`) ? E.NONE : E.INVALID_REQUEST;
}
