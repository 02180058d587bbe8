import { timingSafeEqual } from 'node:crypto';
import { SaslError, tokenText } from './sasl.ts';
import { hmac, SCRAM_HASHES, storedKeyOf, xor, type ScramCredential, type ScramMechanism } from './scram-keys.ts';

/** What the dialling end opened with. */
export interface ScramOpening {
  readonly username: string;
  readonly authorizationId: string;
  readonly nonce: string;
  /** The name is a delegation token's id (KIP-48). */
  readonly isToken: boolean;
  readonly bare: string;
}

/** Reads the first message of a login. Throws {@link SaslError}. */
export function parseScramOpening(token: Uint8Array): ScramOpening {
  const found =
    /^n,(?:a=(?<authz>(?:[^,=]|=2C|=3D)+))?,(?<bare>n=(?<name>(?:[^,=]|=2C|=3D)+),r=(?<nonce>[\x21-\x2b\x2d-\x7e]+)(?<more>(?:,[A-Za-z]+=[^,]+)*))$/.exec(
      tokenText(token),
    )?.groups;
  const { name, nonce, bare, authz = '', more = '' } = found ?? {};
  if (name === undefined || nonce === undefined || bare === undefined) throw new SaslError('SCRAM: no valid opening');
  const username = plainName(name);
  const authorizationId = plainName(authz);
  if (authorizationId !== '' && authorizationId !== username) {
    throw new SaslError('SCRAM: a login for somebody else is not allowed');
  }
  return { username, authorizationId, nonce, bare, isToken: `${more},`.includes(',tokenauth=true,') };
}

/** RFC 5802, the accepting end after its look-up of the credential: one challenge, one check. */
export class ScramServer {
  readonly challenge: Uint8Array;
  readonly #mechanism: ScramMechanism;
  readonly #credential: ScramCredential;
  readonly #nonce: string;
  readonly #begun: string;

  /** @param nonce our part: printable, without commas; never used twice. */
  constructor(mechanism: ScramMechanism, opening: ScramOpening, credential: ScramCredential, nonce: string) {
    this.#mechanism = mechanism;
    this.#credential = credential;
    this.#nonce = opening.nonce + nonce;
    const salt = Buffer.from(credential.salt).toString('base64');
    const first = `r=${this.#nonce},s=${salt},i=${credential.iterations}`;
    this.#begun = `${opening.bare},${first}`;
    this.challenge = Buffer.from(first);
  }

  /** The last token, which proves us to the other end. Throws {@link SaslError} when its proof is not that of the password. */
  finish(token: Uint8Array): Uint8Array {
    const found = /^(?<bound>c=biws,r=(?<nonce>[^,]+)(?:,[A-Za-z]=[^,]+)*),p=(?<proof>[A-Za-z0-9+/]+={0,2})$/.exec(
      tokenText(token),
    )?.groups;
    const { bound, nonce, proof = '' } = found ?? {};
    if (bound === undefined || nonce !== this.#nonce) throw this.#refusal();
    const hash = SCRAM_HASHES[this.#mechanism];
    const authMessage = `${this.#begun},${bound}`;
    const told = Buffer.from(proof, 'base64');
    if (told.length !== hash.bytes) throw this.#refusal();
    const clientKey = xor(told, hmac(hash, this.#credential.storedKey, authMessage));
    if (!timingSafeEqual(storedKeyOf(hash, clientKey), this.#credential.storedKey)) throw this.#refusal();
    return Buffer.from(`v=${hmac(hash, this.#credential.serverKey, authMessage).toString('base64')}`);
  }

  #refusal(): SaslError {
    return new SaslError(`${this.#mechanism}: invalid credentials`);
  }
}

function plainName(name: string): string {
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
