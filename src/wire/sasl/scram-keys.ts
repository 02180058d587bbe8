import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

export interface ScramHash {
  readonly name: 'sha256' | 'sha512';
  readonly bytes: number;
}

export const SCRAM_HASHES: Readonly<Record<ScramMechanism, ScramHash>> = {
  'SCRAM-SHA-256': { name: 'sha256', bytes: 32 },
  'SCRAM-SHA-512': { name: 'sha512', bytes: 64 },
};

/** What a server keeps of a password (RFC 5802, 3): enough to check a login, not enough to make one. */
export interface ScramCredential {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

export function hmac({ name }: ScramHash, key: Uint8Array, text: string): Buffer {
  return createHmac(name, key).update(text).digest();
}

export function storedKeyOf({ name }: ScramHash, clientKey: Uint8Array): Buffer {
  return createHash(name).update(clientKey).digest();
}

/** Both keys of a password. Like Kafka, the password is its UTF-8 bytes, without SASLprep. */
export function scramKeys(
  hash: ScramHash,
  password: string,
  { salt, iterations }: Pick<ScramCredential, 'salt' | 'iterations'>,
): { readonly clientKey: Buffer; readonly serverKey: Buffer } {
  const salted = pbkdf2Sync(password, salt, iterations, hash.bytes, hash.name);
  return { clientKey: hmac(hash, salted, 'Client Key'), serverKey: hmac(hash, salted, 'Server Key') };
}

/** What one XORed with the other gives; both are as long as the hash. */
export function xor(one: Uint8Array, other: Uint8Array): Buffer {
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}
