import { SaslError, tokenText, type SaslClient } from './sasl.ts';

/** RFC 4616, the dialling end: one token and an empty answer. */
export class PlainClient implements SaslClient {
  readonly #username: string;
  readonly #password: string;

  /** Throws {@link SaslError} for an empty name or password, or one with a NUL, which could not be told apart. */
  constructor(username: string, password: string) {
    checkPart(username, 'username');
    checkPart(password, 'password');
    this.#username = username;
    this.#password = password;
  }

  initial(): Uint8Array {
    return Buffer.from(`\0${this.#username}\0${this.#password}`);
  }

  answer(challenge: Uint8Array): undefined {
    if (challenge.length > 0) throw new SaslError('PLAIN: the broker answered a login with a challenge');
  }
}

export interface PlainLogin {
  readonly authorizationId: string;
  readonly username: string;
  readonly password: string;
}

/** The accepting end: the parts of the token. Throws {@link SaslError} as Kafka's PlainSaslServer refuses. */
export function parsePlain(token: Uint8Array): PlainLogin {
  const parts = tokenText(token).split('\0');
  const [authorizationId, username, password] = parts;
  if (parts.length !== 3 || authorizationId === undefined || username === undefined || password === undefined) {
    throw new SaslError(`PLAIN: expected 3 parts, got ${parts.length}`);
  }
  if (username === '') throw new SaslError('PLAIN: the username is empty');
  if (password === '') throw new SaslError('PLAIN: the password is empty');
  if (authorizationId !== '' && authorizationId !== username) {
    throw new SaslError('PLAIN: a login for somebody else is not allowed');
  }
  return { authorizationId, username, password };
}

function checkPart(text: string, what: string): void {
  if (text === '' || text.includes('\0')) throw new SaslError(`PLAIN: the ${what} is empty or has a NUL`);
}
