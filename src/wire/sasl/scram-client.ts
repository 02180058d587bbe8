import { timingSafeEqual } from 'node:crypto';
import { SaslError, tokenText, type SaslClient } from './sasl.ts';
import { hmac, SCRAM_HASHES, scramKeys, storedKeyOf, xor, type ScramMechanism } from './scram-keys.ts';

/** Kafka's ScramMechanism: a broker that asks for fewer makes passwords cheap to guess. */
const ITERATIONS_MIN = 4096;
/** Kafka's own limit is 16,384. More than this would let a broker hold up the process. */
const ITERATIONS_MAX = 100_000;
/** No channel binding and no authorization id; `biws` is its base64. */
const GS2_HEADER = 'n,,';

export interface ScramLogin {
  readonly mechanism: ScramMechanism;
  readonly username: string;
  readonly password: string;
  /** The name and password are a delegation token's id and HMAC (KIP-48). */
  readonly isToken?: boolean;
}

type State =
  | { readonly at: 'first' }
  | { readonly at: 'final'; readonly serverSignature: Uint8Array }
  | { readonly at: 'end' };

/** RFC 5802 as Kafka's ScramSaslClient does it: proves the password without telling it, and that the broker knows it too. */
export class ScramClient implements SaslClient {
  readonly #login: ScramLogin;
  readonly #nonce: string;
  readonly #firstBare: string;
  #state: State = { at: 'first' };

  /** @param nonce printable, without commas; never used twice. */
  constructor(login: ScramLogin, nonce: string) {
    if (login.username === '' || login.password === '') {
      throw new SaslError(`${login.mechanism}: the username or password is empty`);
    }
    this.#login = login;
    this.#nonce = nonce;
    this.#firstBare = `n=${saslName(login.username)},r=${nonce}${login.isToken === true ? ',tokenauth=true' : ''}`;
  }

  initial(): Uint8Array {
    return Buffer.from(GS2_HEADER + this.#firstBare);
  }

  answer(challenge: Uint8Array): Uint8Array | undefined {
    const text = tokenText(challenge);
    const state = this.#state;
    this.#state = { at: 'end' };
    switch (state.at) {
      case 'first':
        return this.#prove(text);
      case 'final':
        this.#checkServer(text, state.serverSignature);
        return undefined;
      case 'end':
        throw this.#error('the broker went on after the end of the login');
      default:
        return state satisfies never;
    }
  }

  #prove(serverFirst: string): Uint8Array {
    this.#refuseError(serverFirst);
    const found =
      /^r=(?<nonce>[\x21-\x2b\x2d-\x7e]+),s=(?<salt>[A-Za-z0-9+/]+={0,2}),i=(?<count>[1-9]\d{0,9})(?:,.*)?$/.exec(
        serverFirst,
      )?.groups;
    const nonce = found?.['nonce'];
    const salt = found?.['salt'];
    if (nonce === undefined || salt === undefined) throw this.#error('the broker sent what is no SCRAM message');
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) {
      throw this.#error('the broker answered with a nonce that does not go on from ours');
    }
    const iterations = Number(found?.['count']);
    if (iterations < ITERATIONS_MIN || iterations > ITERATIONS_MAX) {
      throw this.#error(
        `the broker asks for ${iterations} iterations; ${ITERATIONS_MIN} to ${ITERATIONS_MAX} are taken`,
      );
    }
    const hash = SCRAM_HASHES[this.#login.mechanism];
    const keys = scramKeys(hash, this.#login.password, { salt: Buffer.from(salt, 'base64'), iterations });
    const withoutProof = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${nonce}`;
    const authMessage = `${this.#firstBare},${serverFirst},${withoutProof}`;
    const signature = hmac(hash, storedKeyOf(hash, keys.clientKey), authMessage);
    this.#state = { at: 'final', serverSignature: hmac(hash, keys.serverKey, authMessage) };
    return Buffer.from(`${withoutProof},p=${xor(keys.clientKey, signature).toString('base64')}`);
  }

  #checkServer(serverFinal: string, expected: Uint8Array): void {
    this.#refuseError(serverFinal);
    const signature = /^v=(?<signature>[A-Za-z0-9+/]+={0,2})(?:,.*)?$/.exec(serverFinal)?.groups?.['signature'];
    const told = Buffer.from(signature ?? '', 'base64');
    if (told.length !== expected.length || !timingSafeEqual(told, expected)) {
      throw this.#error('the broker could not prove that it knows the password');
    }
  }

  #refuseError(text: string): void {
    const told = /^e=(?<error>[^,]+)/.exec(text)?.groups?.['error'];
    if (told !== undefined) throw this.#error(`the broker refused: ${told}`);
  }

  #error(text: string): SaslError {
    return new SaslError(`${this.#login.mechanism}: ${text}`);
  }
}

/** Commas and equals signs part the fields of a message. */
function saslName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}
