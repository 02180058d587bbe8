import { E } from '../../protocol/errors.ts';
import { unregisterBroker } from '../../protocol/messages/064-unregister-broker.ts';
import { handler } from '../requests/handler.ts';

/** Forgets a broker that will not come back (UnregisterBroker; KIP-631). */
export const handleUnregisterBroker = handler(unregisterBroker, async ({ brokerId }, _context, broker) => {
  const { error, message } = await broker.controller.unregisterBroker(brokerId);
  return { errorCode: error.code, errorMessage: error === E.NONE ? '' : message };
});
