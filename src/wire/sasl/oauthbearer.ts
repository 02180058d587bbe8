import { SaslError, tokenText, type SaslClient } from './sasl.ts';

/** A bearer token, and what else Kafka's brokers are told with it (KIP-342). */
export interface BearerToken {
  readonly value: string;
  readonly extensions?: Readonly<Record<string, string>>;
}

/** Parts the fields of the opening; alone it closes an exchange that failed. */
const SEPARATOR = '\x01';

/** RFC 7628, the dialling end: the token at once; a challenge is the reason of a refusal, which has to be answered. */
export class OAuthBearerClient implements SaslClient {
  readonly #opening: string;
  #refusal: string | undefined;

  /** Throws {@link SaslError} for a token or extensions that cannot be sent. */
  constructor({ value, extensions = {} }: BearerToken) {
    if (!/^[\x21-\x7e]+$/.test(value)) throw new SaslError('OAUTHBEARER: the token is empty or not plain ASCII');
    const fields = Object.entries(extensions).map(([name, text]) => {
      if (!/^[A-Za-z]+$/.test(name) || name === 'auth' || !/^[\x20-\x7e\t\r\n]+$/.test(text)) {
        throw new SaslError(`OAUTHBEARER: the extension ${JSON.stringify(name)} cannot be sent`);
      }
      return `${name}=${text}${SEPARATOR}`;
    });
    this.#opening = `n,,${SEPARATOR}auth=Bearer ${value}${SEPARATOR}${fields.join('')}${SEPARATOR}`;
  }

  /** Why the broker refused, once it told: JSON as in RFC 7628, 3.2.2. The login ends by the error that follows. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  initial(): Uint8Array {
    return Buffer.from(this.#opening);
  }

  answer(challenge: Uint8Array): Uint8Array | undefined {
    if (this.#refusal !== undefined) throw new SaslError(`OAUTHBEARER: the token was refused: ${this.#refusal}`);
    if (challenge.length === 0) return undefined;
    this.#refusal = tokenText(challenge);
    return Buffer.from(SEPARATOR);
  }
}

/** The accepting end: the token and extensions of an opening. Throws {@link SaslError}. */
export function parseOAuthBearer(token: Uint8Array): BearerToken & { readonly authorizationId: string } {
  const parts = tokenText(token).split(SEPARATOR);
  const authorizationId = /^n,(?:a=(?<authz>[^,]+))?,$/.exec(parts[0] ?? '');
  if (authorizationId === null || parts.length < 4 || parts.at(-1) !== '' || parts.at(-2) !== '') {
    throw new SaslError('OAUTHBEARER: no valid opening');
  }
  const fields = new Map<string, string>();
  for (const part of parts.slice(1, -2)) {
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(at, 0));
    if (!/^[A-Za-z]+$/.test(name) || fields.has(name)) throw new SaslError('OAUTHBEARER: no valid opening');
    fields.set(name, part.slice(at + 1));
  }
  const value = /^Bearer +(?<token>[\x21-\x7e]+)$/i.exec(fields.get('auth') ?? '')?.groups?.['token'];
  if (value === undefined) throw new SaslError('OAUTHBEARER: no bearer token');
  fields.delete('auth');
  return { value, extensions: Object.fromEntries(fields), authorizationId: authorizationId.groups?.['authz'] ?? '' };
}
