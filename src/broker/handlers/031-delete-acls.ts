import { E } from '../../protocol/errors.ts';
import { deleteAcls } from '../../protocol/messages/031-delete-acls.ts';
import { handler } from '../requests/handler.ts';

/** Access rules need an authorizer, and none is configured (DeleteAcls; KIP-140). */
export const handleDeleteAcls = handler(deleteAcls, ({ filters }) => ({
  filterResults: filters.map(() => ({
    errorCode: E.SECURITY_DISABLED.code,
    errorMessage: 'No Authorizer is configured.',
    matchingAcls: [],
  })),
}));
