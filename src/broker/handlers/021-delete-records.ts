import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { deleteRecords } from '../../protocol/messages/021-delete-records.ts';
import { absenceError } from '../replicas/absent-partition.ts';
import { handler } from '../requests/handler.ts';
import { NO_LOW_WATERMARK, whenDeletedEverywhere, type Deletion } from '../requests/pending-deletion.ts';
import { isInternalTopic } from '../../controller/internal-topics.ts';
import type { BrokerServices } from '../services.ts';

const TO_HIGH_WATERMARK = -1;

/**
 * Moves the start of partitions up to an offset; what lies below is gone for readers at once (DeleteRecords; KIP-107). Answers
 * when the replicas that are up have followed.
 */
export const handleDeleteRecords = handler(deleteRecords, async ({ topics, timeoutMs }, _context, broker) => {
  const pending = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, offset }) => deleteBefore(name, partitionIndex, { offset, timeoutMs }, broker)),
  );
  // Once for all of them, before it is said: a start that went back would show again what is deleted.
  broker.logDirectories.checkpointLogStarts();
  const deletions = (await Promise.all(pending)).values();
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => {
        const { error, lowWatermark } = deletions.next().value!;
        return { partitionIndex, lowWatermark, errorCode: error.code };
      }),
    })),
  };
});

function refuse(error: ErrorSpec): Promise<Deletion> {
  return Promise.resolve({ error, lowWatermark: NO_LOW_WATERMARK });
}

function deleteBefore(
  topic: string,
  index: number,
  { offset, timeoutMs }: { offset: number; timeoutMs: number },
  broker: BrokerServices,
): Promise<Deletion> {
  const partition = broker.partitions.get(topic, index);
  if (partition === undefined) return refuse(absenceError(broker.image(), topic, index));
  if (isInternalTopic(topic)) return refuse(E.INVALID_TOPIC_EXCEPTION);
  const error = partition.check(-1);
  if (error !== E.NONE) return refuse(error);
  const { log } = partition;
  const { cleanupPolicy } = log.config;
  if (cleanupPolicy.compact && !cleanupPolicy.delete) return refuse(E.POLICY_VIOLATION);
  const target = offset === TO_HIGH_WATERMARK ? log.highWatermark : offset;
  if (target < 0 || target > log.highWatermark) return refuse(E.OFFSET_OUT_OF_RANGE);
  const failure = log.deleteRecordsBefore(target);
  if (failure !== E.NONE) return refuse(failure);
  partition.announceChange();
  return whenDeletedEverywhere(partition, { offset: target, timeoutMs }, broker);
}
