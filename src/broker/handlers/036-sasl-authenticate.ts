import { E } from '../../protocol/errors.ts';
import { saslAuthenticate } from '../../protocol/messages/036-sasl-authenticate.ts';
import { handler } from '../requests/handler.ts';

/** SASL is not spoken on a listener without it (SaslAuthenticate). */
export const handleSaslAuthenticate = handler(saslAuthenticate, () => ({
  errorCode: E.ILLEGAL_SASL_STATE.code,
  errorMessage: 'SaslAuthenticate request received after successful authentication',
  authBytes: new Uint8Array(0),
}));
