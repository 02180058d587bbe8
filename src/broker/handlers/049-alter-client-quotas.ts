import { alterClientQuotas } from '../../protocol/messages/049-alter-client-quotas.ts';
import { handler } from '../requests/handler.ts';

/** Sets and removes quotas of users, client ids and addresses (AlterClientQuotas; KIP-546). */
export const handleAlterClientQuotas = handler(
  alterClientQuotas,
  async ({ entries, validateOnly }, _context, broker) => {
    const changes = await broker.controller.alterClientQuotas({ entries, validateOnly });
    return {
      entries: changes.map(({ entity, error, message }) => ({ errorCode: error.code, errorMessage: message, entity })),
    };
  },
);
