import { initProducerId } from '../../protocol/messages/022-init-producer-id.ts';
import { handler } from '../requests/handler.ts';

/** Gives a producer its id and epoch, for idempotence or transactions (InitProducerId; KIP-98, 360). */
export const handleInitProducerId = handler(initProducerId, (request, { apiVersion }, broker) =>
  broker.transactions.initProducerId(request, apiVersion),
);
