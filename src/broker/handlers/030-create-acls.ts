import { E } from '../../protocol/errors.ts';
import { createAcls } from '../../protocol/messages/030-create-acls.ts';
import { handler } from '../requests/handler.ts';

/** Access rules need an authorizer, and none is configured (CreateAcls; KIP-140). */
export const handleCreateAcls = handler(createAcls, ({ creations }) => ({
  results: creations.map(() => ({
    errorCode: E.SECURITY_DISABLED.code,
    errorMessage: 'No Authorizer is configured.',
  })),
}));
