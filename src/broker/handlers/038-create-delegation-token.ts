import { E } from '../../protocol/errors.ts';
import { createDelegationToken } from '../../protocol/messages/038-create-delegation-token.ts';
import { handler } from '../requests/handler.ts';

const FIRST_VERSION_WITH_REQUESTER = 3;

/** Tokens need an authenticated connection, and this one is not (CreateDelegationToken; KIP-48). */
export const handleCreateDelegationToken = handler(createDelegationToken, (_request, context) => ({
  errorCode: E.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED.code,
  principalType: 'User',
  principalName: 'ANONYMOUS',
  tokenRequesterPrincipalType: context.apiVersion >= FIRST_VERSION_WITH_REQUESTER ? 'User' : '',
  tokenRequesterPrincipalName: context.apiVersion >= FIRST_VERSION_WITH_REQUESTER ? 'ANONYMOUS' : '',
  issueTimestampMs: -1,
  expiryTimestampMs: -1,
  maxTimestampMs: -1,
  tokenId: '',
  hmac: new Uint8Array(0),
  throttleTimeMs: 0,
}));
