import { E } from '../../protocol/errors.ts';
import { expireDelegationToken } from '../../protocol/messages/040-expire-delegation-token.ts';
import { handler } from '../requests/handler.ts';

/** Tokens need an authenticated connection, and this one is not (ExpireDelegationToken; KIP-48). */
export const handleExpireDelegationToken = handler(expireDelegationToken, () => ({
  errorCode: E.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED.code,
  expiryTimestampMs: -1,
  throttleTimeMs: 0,
}));
