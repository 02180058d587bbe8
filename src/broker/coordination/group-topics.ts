import type { GroupTopics } from '../../coordinator/group/group-topics.ts';
import type { ClusterImage } from '../../metadata/cluster-image.ts';

/** The cluster's topics as the group coordinator asks for them. */
export function groupTopics(image: () => ClusterImage): GroupTopics {
  return {
    topicId: (name) => image().topics.get(name)?.id,
    topicName: (id) => image().topicNamesById.get(id),
    partitionCount: (name) => image().topics.get(name)?.partitions.length,
    racks(name, partition) {
      const { brokers } = image();
      const racks: string[] = [];
      for (const replica of image().partition(name, partition)?.replicas ?? []) {
        const rack = brokers.get(replica)?.rack ?? null;
        if (rack !== null) racks.push(rack);
      }
      return racks;
    },
    names: () => image().sortedTopicNames(),
    revision: () => image().revision,
  };
}
