import { ElectionType } from '../../controller/elections.ts';
import { E } from '../../protocol/errors.ts';
import { electLeaders } from '../../protocol/messages/043-elect-leaders.ts';
import { byTopic } from '../by-topic.ts';
import { handler } from '../handler.ts';

/** Elects leaders: the preferred ones or, at the risk of loss, any (ElectLeaders; KIP-183, 460). */
export const handleElectLeaders = handler(electLeaders, async ({ electionType, topicPartitions }, _context, broker) => {
  if (electionType !== ElectionType.preferred && electionType !== ElectionType.unclean) {
    return { errorCode: E.INVALID_REQUEST.code, replicaElectionResults: [] };
  }
  const elections = await broker.controller.electLeaders(electionType, topicPartitions);
  return {
    errorCode: E.NONE.code,
    replicaElectionResults: byTopic(elections, ({ partition, error, message }) => ({
      partitionId: partition,
      errorCode: error.code,
      errorMessage: message,
    })).map(({ topic, items }) => ({ topic, partitionResult: items })),
  };
});
