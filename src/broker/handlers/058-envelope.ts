import { E } from '../../protocol/errors.ts';
import { envelope } from '../../protocol/messages/058-envelope.ts';
import { directHandler } from '../requests/handler.ts';

/** A request that another broker passes on to the controller, answered as if its client had asked here (Envelope; KIP-590). */
export const handleEnvelope = directHandler(envelope, ({ requestData }, { peer }, broker, reply) => {
  if (!broker.controller.isActive) {
    reply({ responseData: null, errorCode: E.NOT_CONTROLLER.code });
    return;
  }
  broker.serveForwarded(requestData, peer, (answer) => {
    if (answer === undefined) reply({ responseData: null, errorCode: E.INVALID_REQUEST.code });
    else reply({ responseData: answer, errorCode: E.NONE.code });
  });
});
