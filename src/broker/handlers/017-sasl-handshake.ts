import { E } from '../../protocol/errors.ts';
import { saslHandshake } from '../../protocol/messages/017-sasl-handshake.ts';
import { handler } from '../requests/handler.ts';

/** SASL is not spoken on a listener without it (SaslHandshake). */
export const handleSaslHandshake = handler(saslHandshake, () => ({
  errorCode: E.ILLEGAL_SASL_STATE.code,
  mechanisms: [],
}));
