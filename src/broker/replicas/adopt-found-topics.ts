import type { BrokerConfig } from '../../config/broker-config.ts';
import { decideAdoption, writeAdoption, type FoundPartition } from '../../controller/adopt-topics.ts';
import type { LogDirectories } from '../../log/directories/log-directories.ts';
import type { PartitionLog } from '../../log/partition-log.ts';
import type { MetadataStore } from '../../metadata/metadata-store.ts';
import type { MetadataView } from '../../metadata/metadata-view.ts';
import type { Runtime } from '../../runtime/runtime.ts';

export interface AdoptionParts {
  readonly config: BrokerConfig;
  readonly runtime: Runtime;
  readonly store: MetadataStore;
  readonly view: MetadataView;
  readonly logDirectories: LogDirectories;
  readonly brokerId: number;
}

/**
 * At the first start of a cluster: takes up the topics that lie in the data directories already, so that a directory of
 * Apache Kafka, or one whose metadata was lost, is served and not put aside.
 */
export async function adoptFoundTopics(parts: AdoptionParts): Promise<void> {
  const { config, runtime, store, view, logDirectories, brokerId } = parts;
  const { image } = view;
  if (image.clusterId !== undefined) return;
  const found = Array.from(logDirectories.all(), foundPartition);
  const adoption = decideAdoption({ image, config, random: runtime.random }, found, brokerId);
  if (adoption === undefined) return;
  await writeAdoption(store, view, adoption);
  runtime.logger.warn('the metadata is new: topics found on disk are taken up, with retention off until it is set', {
    topics: [...new Set(found.map(({ topic }) => topic))],
    partitions: found.length,
  });
}

function foundPartition({ topic, partition, topicId, leaderEpochs, producerState }: PartitionLog): FoundPartition {
  let largestProducerId = -1;
  for (const { producerId } of producerState.entries()) largestProducerId = Math.max(largestProducerId, producerId);
  return { topic, partition, topicId, latestLeaderEpoch: leaderEpochs.latestEpoch, largestProducerId };
}
