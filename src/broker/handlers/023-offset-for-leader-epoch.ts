import { E } from '../../protocol/errors.ts';
import { offsetForLeaderEpoch } from '../../protocol/messages/023-offset-for-leader-epoch.ts';
import { absenceError } from '../replicas/absent-partition.ts';
import { handler } from '../requests/handler.ts';

/** Where a leader epoch ends, so that a reader can see whether its log parted from ours (OffsetForLeaderEpoch; KIP-101, 320). */
export const handleOffsetForLeaderEpoch = handler(offsetForLeaderEpoch, ({ topics }, _context, broker) => ({
  throttleTimeMs: 0,
  topics: topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition: index, currentLeaderEpoch, leaderEpoch }) => {
      const partition = broker.partitions.get(topic, index);
      const error = partition?.check(currentLeaderEpoch) ?? absenceError(broker.image(), topic, index);
      if (partition === undefined || error !== E.NONE) return { errorCode: error.code, partition: index };
      const { epoch, endOffset } = partition.log.endOffsetForEpoch(leaderEpoch);
      return { errorCode: E.NONE.code, partition: index, leaderEpoch: epoch, endOffset };
    }),
  })),
}));
