import { E } from '../../protocol/errors.ts';
import { initProducerId } from '../../protocol/messages/022-init-producer-id.ts';
import { handler } from '../handler.ts';

function refuse(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 };
}

/** Gives an idempotent producer its id (InitProducerId; KIP-98, 360). */
export const handleInitProducerId = handler(initProducerId, async (request, _context, broker) => {
  if (request.transactionalId === '') return refuse(E.INVALID_REQUEST.code);
  // Transactions are not served. An error that clients retry would keep them waiting for something that never comes.
  if (request.transactionalId !== null) return refuse(E.UNSUPPORTED_VERSION.code);
  if (
    request.producerId < -1 ||
    request.producerEpoch < -1 ||
    (request.producerId === -1) !== (request.producerEpoch === -1)
  ) {
    return refuse(E.INVALID_REQUEST.code);
  }
  return { throttleTimeMs: 0, errorCode: E.NONE.code, producerId: await broker.producerIds.next(), producerEpoch: 0 };
});
