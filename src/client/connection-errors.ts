import type { Address, TlsError } from '../runtime/network.ts';
import { KafkaError } from './client-error.ts';

/** The first bytes of a record of TLS (RFC 8446, 5.1): an alert, then the major version. */
const TLS_ALERT = 0x15;
const TLS_MAJOR = 0x03;
const TLS_ALERT_BYTES_MIN = 5;

/** An address as host:port. */
export function nameOf({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A record of TLS that tells of an error: what a TLS port answers to a request in plain. */
export function isTlsAlert(bytes: Uint8Array, count: number): boolean {
  return count >= TLS_ALERT_BYTES_MIN && bytes[0] === TLS_ALERT && bytes[1] === TLS_MAJOR;
}

/** One end speaks TLS and the other does not. */
export function securityMismatch(message: string, cause?: Error): KafkaError {
  return new KafkaError('SECURITY_MISMATCH', message, { cause });
}

/** A handshake that one end refused. */
export function tlsFailure(address: Address, error: TlsError): KafkaError {
  if (error.code === 'NOT_TLS') {
    const text = `${error.message}; leave the option tls out, or use the TLS port of ${nameOf(address)}`;
    return securityMismatch(text, error);
  }
  return new KafkaError('AUTHENTICATION_FAILED', `${nameOf(address)}: ${error.message}`, { cause: error });
}

/** What it may mean that a broker hangs up before its first answer; it may as well have been stopped, so it is worth another try. */
export function unansweredHint(isTls: boolean): string {
  if (!isTls) return ' before the first answer; should its port speak TLS, set the option tls';
  return ' right after the TLS handshake; should it want or refuse a client certificate, see the options tls.cert and tls.key';
}

/** What came is no answer. */
export function malformed(address: Address, error: unknown): KafkaError {
  const text = error instanceof Error ? error.message : String(error);
  return new KafkaError('MALFORMED', `${nameOf(address)} sent what is no answer: ${text}`, { cause: error });
}
