import type { ClusterImage } from '../../metadata/cluster-image.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';

/** Why this broker holds no replica of a partition: others have it, or there is no such one (ReplicaManager.getPartitionOrError). */
export function absenceError(image: Pick<ClusterImage, 'partition'>, topic: string, partition: number): ErrorSpec {
  return image.partition(topic, partition) === undefined ? E.UNKNOWN_TOPIC_OR_PARTITION : E.NOT_LEADER_OR_FOLLOWER;
}
