import { E } from '../../protocol/errors.ts';
import { renewDelegationToken } from '../../protocol/messages/039-renew-delegation-token.ts';
import { handler } from '../requests/handler.ts';

/** Tokens need an authenticated connection, and this one is not (RenewDelegationToken; KIP-48). */
export const handleRenewDelegationToken = handler(renewDelegationToken, () => ({
  errorCode: E.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED.code,
  expiryTimestampMs: -1,
  throttleTimeMs: 0,
}));
