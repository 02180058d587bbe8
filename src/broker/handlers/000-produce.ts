import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { produce } from '../../protocol/messages/000-produce.ts';
import { directHandler } from '../requests/handler.ts';
import { PendingProduce, type ProduceRequest, type ProduceResponse } from '../requests/pending-produce.ts';
import type { Reply } from '../requests/reply.ts';
import type { RequestContext } from '../requests/request-context.ts';
import type { BrokerServices } from '../services.ts';
import { carriesTransaction, produceInTransaction } from '../replicas/transactional-produce.ts';

/** Appends batches, one per partition, and acknowledges them as `acks` asks (Produce, KIP-98, 679, 890, 951). */
export const handleProduce = directHandler(produce, (request, context, broker, reply) => {
  if (!carriesTransaction(request)) {
    const pending = new PendingProduce(request, context, broker, reply);
    pending.appendAll();
    broker.turn.enlistAnswer({ endOfTurn: () => pending.startTimeout() });
    return;
  }
  if (request.transactionalId === null) {
    refuse(request, { error: E.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, message: null }, { context, broker, reply });
    return;
  }
  const refusal = produceInTransaction(request, context, broker, reply);
  if (refusal !== undefined) refuse(request, refusal, { context, broker, reply });
});

/** Refuses the whole request: nobody waits for an answer to acks=0, so that its connection is closed instead. */
function refuse(
  request: ProduceRequest,
  refusal: { readonly error: ErrorSpec; readonly message: string | null },
  {
    context,
    broker,
    reply,
  }: { context: RequestContext; broker: BrokerServices; reply: Reply<typeof produce.response.fields> },
): void {
  if (request.acks === 0) {
    broker.closeConnection(context.peer.connectionId, 'a produce with acks=0 failed');
    reply(undefined);
  } else {
    reply(refused(request, refusal));
  }
}

function refused(
  request: ProduceRequest,
  { error, message }: { readonly error: ErrorSpec; readonly message: string | null },
): ProduceResponse {
  return {
    responses: request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => ({
        index,
        errorCode: error.code,
        baseOffset: -1,
        recordErrors: [],
        errorMessage: message,
      })),
    })),
  };
}
