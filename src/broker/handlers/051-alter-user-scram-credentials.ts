import { alterUserScramCredentials } from '../../protocol/messages/051-alter-user-scram-credentials.ts';
import { handler } from '../requests/handler.ts';

/** Sets and removes SCRAM credentials (AlterUserScramCredentials; KIP-554). */
export const handleAlterUserScramCredentials = handler(alterUserScramCredentials, async (request, _context, broker) => {
  const changes = await broker.controller.alterUserScramCredentials(request);
  return {
    results: changes.map(({ user, error, message }) => ({ user, errorCode: error.code, errorMessage: message })),
  };
});
