import { ElectionType } from '../../controller/elections.ts';
import { E } from '../../protocol/errors.ts';
import { electLeaders } from '../../protocol/messages/043-elect-leaders.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import { byTopic } from '../requests/by-topic.ts';
import { handler } from '../requests/handler.ts';

type Request = ReadMessage<typeof electLeaders.request>;
type Response = WriteMessage<typeof electLeaders.response>;

/** Elects leaders: the preferred ones or, at the risk of loss, any (ElectLeaders; KIP-183, 460). */
export const handleElectLeaders = handler(electLeaders, async ({ electionType, topicPartitions }, _context, broker) => {
  if (electionType !== ElectionType.preferred && electionType !== ElectionType.unclean) {
    return refuse(topicPartitions, `Unknown election type ${electionType}`);
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

/** The election type is judged with each partition: a request without any has nothing wrong with it. */
function refuse(topics: Request['topicPartitions'], errorMessage: string): Response {
  const { code } = E.INVALID_REQUEST;
  return {
    errorCode: topics?.length === 0 ? E.NONE.code : code,
    replicaElectionResults: (topics ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode: code, errorMessage })),
    })),
  };
}
