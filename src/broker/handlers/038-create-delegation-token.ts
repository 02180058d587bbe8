import { E } from '../../protocol/errors.ts';
import { createDelegationToken } from '../../protocol/messages/038-create-delegation-token.ts';
import { handler } from '../handler.ts';

/** Tokens need an authenticated connection, and this one is not (CreateDelegationToken; KIP-48). */
export const handleCreateDelegationToken = handler(createDelegationToken, () => ({
  errorCode: E.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED.code,
  principalType: 'User',
  principalName: 'ANONYMOUS',
  tokenRequesterPrincipalType: 'User',
  tokenRequesterPrincipalName: 'ANONYMOUS',
  issueTimestampMs: -1,
  expiryTimestampMs: -1,
  maxTimestampMs: -1,
  tokenId: '',
  hmac: new Uint8Array(0),
  throttleTimeMs: 0,
}));
