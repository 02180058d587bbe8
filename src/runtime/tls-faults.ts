import { NetworkError, TlsError } from './network.ts';

/** What goes wrong most at a handshake, in words that say what to do; OpenSSL's own words stand for the rest. */
const TEXTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself, not by a trusted authority (option ca)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an unknown authority (option ca)',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate comes from an unknown authority (option ca)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an unknown authority (option ca)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an unknown authority (option ca)',
};

/** What the other end tells with a TLS alert before it goes. */
const ALERTS: Readonly<Record<string, string>> = {
  CERTIFICATE_REQUIRED: 'the other end wants a certificate and none was shown (options cert and key)',
  HANDSHAKE_FAILURE: 'the other end found no common ground; it may want a certificate (options cert and key)',
  BAD_CERTIFICATE: 'the other end does not take the certificate that was shown, or wants one (options cert and key)',
  UNKNOWN_CA: 'the other end does not trust the authority of the certificate that was shown (option cert)',
  CERTIFICATE_UNKNOWN: 'the other end does not trust the certificate that was shown (option cert)',
  CERTIFICATE_EXPIRED: 'the certificate that was shown has expired (option cert)',
  CERTIFICATE_REVOKED: 'the certificate that was shown is revoked (option cert)',
  UNSUPPORTED_CERTIFICATE: 'the other end does not take certificates of this kind (option cert)',
  ACCESS_DENIED: 'the other end gives the certificate that was shown no access (option cert)',
  PROTOCOL_VERSION: 'the other end speaks no version of TLS that this one does',
};

/** Codes of OpenSSL for bytes that are no TLS. */
const NOT_TLS: ReadonlySet<string> = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']);

/** Broken off rather than refused: worth another try. */
const BROKEN: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** What Node reported of a socket, as the seam has it. */
export function networkErrorOf(error: Error): NetworkError {
  const code = (error as NodeJS.ErrnoException).code ?? 'EIO';
  const alert = alertIn(code);
  if (alert !== undefined) return new TlsError(code, alert, { cause: error });
  return new NetworkError(code, error.message, { cause: error });
}

/** What Node reported of a handshake: {@link TlsError} unless it merely broke off. */
export function handshakeErrorOf(about: string, thrown: unknown): NetworkError {
  if (thrown instanceof NetworkError) return thrown;
  const error = networkErrorOf(thrown instanceof Error ? thrown : new Error(String(thrown)));
  if (NOT_TLS.has(error.code)) {
    return new TlsError('NOT_TLS', `${about}: the port does not speak TLS`, { cause: thrown });
  }
  if (!BROKEN.has(error.code)) {
    return new TlsError(error.code, `${about}: ${TEXTS[error.code] ?? error.message}`, { cause: thrown });
  }
  if (error.code !== 'ECONNRESET') return error;
  const text = `${about}: the other end hung up during the handshake; does its port speak TLS?`;
  return new NetworkError(error.code, text, { cause: thrown });
}

function alertIn(code: string): string | undefined {
  const alert = /^ERR_SSL_.*_ALERT_(?<name>[A-Z_]+)$/.exec(code)?.groups?.['name'];
  return alert === undefined ? undefined : (ALERTS[alert] ?? `the other end refused: ${alert.toLowerCase()}`);
}
