import { alterReplicaLogDirs } from '../../protocol/messages/034-alter-replica-log-dirs.ts';
import { handler } from '../requests/handler.ts';

/** Moves replicas between the log directories of this broker, in the background (AlterReplicaLogDirs; KIP-113). */
export const handleAlterReplicaLogDirs = handler(alterReplicaLogDirs, ({ dirs }, _context, broker) => {
  const wanted = new Map<string, Map<number, string>>();
  for (const { path, topics } of dirs) {
    for (const { name, partitions } of topics) {
      if (partitions.length === 0) continue;
      const ofTopic = wanted.get(name) ?? new Map<number, string>();
      wanted.set(name, ofTopic);
      // Named under two directories, the last one counts.
      for (const index of partitions) ofTopic.set(index, path);
    }
  }
  return {
    results: Array.from(wanted, ([topicName, partitions]) => ({
      topicName,
      partitions: Array.from(partitions, ([partitionIndex, path]) => ({
        partitionIndex,
        errorCode: broker.replicaMover.move(topicName, partitionIndex, path).code,
      })),
    })),
  };
});
