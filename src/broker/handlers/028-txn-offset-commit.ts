import { E } from '../../protocol/errors.ts';
import { txnOffsetCommit } from '../../protocol/messages/028-txn-offset-commit.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import { OFFSETS_TOPIC } from '../coordination/coordinator-topics.ts';
import { groupContext } from '../coordination/group-context.ts';
import { handler } from '../requests/handler.ts';
import type { RequestContext } from '../requests/request-context.ts';
import type { BrokerServices } from '../services.ts';
import { supportOfOffsetCommit, verifyTransaction, type Verdict } from '../replicas/transaction-verification.ts';

type Request = ReadMessage<typeof txnOffsetCommit.request>;
type Response = WriteMessage<typeof txnOffsetCommit.response>;

const NO_SEQUENCE = -1;
const NOT_ASKED: Verdict = { error: E.NONE, verification: undefined };
/** Clients of older versions do not know that a coordinator may be loading. */
const LOADING_VERSION = 2;
const LOADING = E.COORDINATOR_LOAD_IN_PROGRESS.code;

/** Commits offsets of a group within a transaction (TxnOffsetCommit; KIP-98, 447, 890). */
export const handleTxnOffsetCommit = handler(txnOffsetCommit, async (request, context, broker) => {
  const verdict = await verdictOf(request, context, broker);
  const response = await broker.groups.txnOffsetCommit(request, groupContext(context), verdict);
  return context.apiVersion < LOADING_VERSION ? withoutLoading(response) : response;
});

/** Whether the offsets may go to the group's partition; what is refused anyway is no reason to ask the coordinator. */
function verdictOf(request: Request, context: RequestContext, broker: BrokerServices): Promise<Verdict> | Verdict {
  const { groupId, transactionalId, producerId, producerEpoch, topics } = request;
  const isAnyKnown = topics.some(({ name, partitions }) =>
    partitions.some(({ partitionIndex }) => broker.image().partition(name, partitionIndex) !== undefined),
  );
  if (!isAnyKnown || groupId === '') return NOT_ASKED;
  const write = { topic: OFFSETS_TOPIC, partition: broker.groups.partitionFor(groupId), sequence: NO_SEQUENCE };
  const support = supportOfOffsetCommit(context.apiVersion);
  return new Promise((decided) => {
    verifyTransaction(
      { transactionalId, producerId, producerEpoch, support, writes: [write], isPatient: false },
      broker,
      ([verdict]) => decided(verdict ?? NOT_ASKED),
    );
  });
}

function withoutLoading(response: Response): Response {
  return {
    ...response,
    topics: response.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, errorCode }) => ({
        partitionIndex,
        errorCode: errorCode === LOADING ? E.COORDINATOR_NOT_AVAILABLE.code : errorCode,
      })),
    })),
  };
}
