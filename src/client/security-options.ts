import type { DialTls } from '../runtime/network.ts';
import type { BearerToken } from '../wire/sasl/oauthbearer.ts';
import { KafkaError } from './client-error.ts';

export type { BearerToken } from '../wire/sasl/oauthbearer.ts';

/** How connections are encrypted. Certificates and keys are PEM text. */
export type TlsOptions = Omit<DialTls, 'handshakeTimeoutMs'>;

/** How a client logs in. */
export type SaslOptions =
  | {
      /** The password goes over the wire as it is: use it with {@link TlsOptions}. */
      readonly mechanism: 'PLAIN';
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
      readonly username: string;
      readonly password: string;
      /** The username and password are a delegation token's id and HMAC (KIP-48). */
      readonly isToken?: boolean;
    }
  | {
      readonly mechanism: 'OAUTHBEARER';
      /** Asked for at every login and before a session ends; a KafkaError that it throws is passed on, other errors are AUTHENTICATION_FAILED. */
      readonly token: () => Promise<BearerToken | string>;
    };

const MECHANISMS: ReadonlySet<string> = new Set(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']);

/** Throws {@link KafkaError} INVALID_ARGUMENT. */
export function tlsSettings(tls: boolean | TlsOptions | undefined, handshakeTimeoutMs: number): DialTls | undefined {
  if (tls === undefined || tls === false) return undefined;
  if (tls === true) return { handshakeTimeoutMs };
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new KafkaError('INVALID_ARGUMENT', 'tls.cert and tls.key go together; one of them is missing');
  }
  return { ...tls, handshakeTimeoutMs };
}

/** Throws {@link KafkaError} INVALID_ARGUMENT. */
export function checkSasl(sasl: SaslOptions | undefined): SaslOptions | undefined {
  if (sasl === undefined) return undefined;
  if (!MECHANISMS.has(sasl.mechanism)) {
    const known = [...MECHANISMS].join(', ');
    throw new KafkaError('INVALID_ARGUMENT', `sasl.mechanism is ${sasl.mechanism}; it has to be one of ${known}`);
  }
  if (sasl.mechanism !== 'OAUTHBEARER' && (!sasl.username || !sasl.password)) {
    throw new KafkaError('INVALID_ARGUMENT', 'sasl.username and sasl.password must not be empty');
  }
  if (sasl.mechanism === 'OAUTHBEARER' && typeof sasl.token !== 'function') {
    throw new KafkaError('INVALID_ARGUMENT', 'sasl.token has to be a function that gives a token');
  }
  return sasl;
}
