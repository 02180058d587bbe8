import { E } from '../../protocol/errors.ts';
import { describeDelegationToken } from '../../protocol/messages/041-describe-delegation-token.ts';
import { handler } from '../requests/handler.ts';

/** Tokens need an authenticated connection, and this one is not (DescribeDelegationToken; KIP-48). */
export const handleDescribeDelegationToken = handler(describeDelegationToken, () => ({
  errorCode: E.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED.code,
  tokens: [],
  throttleTimeMs: 0,
}));
