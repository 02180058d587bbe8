import type * as Crypto from 'node:crypto';
import type { ClusterImage } from '../metadata/cluster-image.ts';
import type { ScramRecord } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { E } from '../protocol/errors.ts';
import { lazyPackage } from '../runtime/packages.ts';
import { OK, putRecord, refused, single, type Decided, type ItemResult } from './decision.ts';

/** SCRAM mechanisms by their number on the wire (ScramMechanism). */
export const SCRAM_MECHANISMS: ReadonlyMap<number, { readonly name: string; readonly hash: string }> = new Map([
  [1, { name: 'SCRAM-SHA-256', hash: 'sha256' }],
  [2, { name: 'SCRAM-SHA-512', hash: 'sha512' }],
]);
const ITERATIONS_MIN = 4096;
const ITERATIONS_MAX = 16_384;

export interface ScramDeletion {
  readonly name: string;
  readonly mechanism: number;
}
export interface ScramUpsertion extends ScramDeletion {
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly saltedPassword: Uint8Array;
}
export interface ScramChange extends ItemResult {
  readonly user: string;
}

/** The key of a user's credential for a mechanism; the user comes last, for it may hold anything. */
export function scramId(mechanism: string, user: string): string {
  return `${mechanism}/${user}`;
}

/** Decides an AlterUserScramCredentials request (KIP-554), each user by itself; a user may be named once. */
export function decideAlterScram(
  image: ClusterImage,
  { deletions, upsertions }: { deletions: readonly ScramDeletion[]; upsertions: readonly ScramUpsertion[] },
): Decided<ScramChange>[] {
  const decided = new Map<string, Decided<ScramChange>>();
  const note = (user: string, decide: () => Decided<ItemResult>): void => {
    const former = decided.get(user);
    if (former === undefined) {
      const { result, ...rest } = decide();
      decided.set(user, { ...rest, result: { user, ...result } });
    } else if (former.result.error === E.NONE) {
      const message = 'A user credential cannot be altered twice in the same request';
      decided.set(user, { result: { user, ...refused(E.DUPLICATE_RESOURCE, message) } });
    }
  };
  for (const deletion of deletions) note(deletion.name, () => decideDeletion(image, deletion));
  for (const upsertion of upsertions) note(upsertion.name, () => decideUpsertion(upsertion));
  return [...decided.values()];
}

function decideDeletion(image: ClusterImage, { name, mechanism }: ScramDeletion): Decided<ItemResult> {
  const known = SCRAM_MECHANISMS.get(mechanism);
  const problem = identityProblem(name, known);
  if (problem !== undefined) return { result: problem };
  const id = scramId(known!.name, name);
  if (!image.scram.has(id)) {
    return { result: refused(E.RESOURCE_NOT_FOUND, 'Attempt to delete a user credential that does not exist') };
  }
  return { result: OK, mutation: single({ type: 'delete', key: storeKeys.scram(id) }) };
}

const crypto = lazyPackage('node:crypto') as () => typeof Crypto;

function decideUpsertion(upsertion: ScramUpsertion): Decided<ItemResult> {
  const { name, mechanism, iterations, salt, saltedPassword } = upsertion;
  const known = SCRAM_MECHANISMS.get(mechanism);
  const problem = identityProblem(name, known);
  if (problem !== undefined) return { result: problem };
  if (iterations < ITERATIONS_MIN) return { result: refused(E.UNACCEPTABLE_CREDENTIAL, 'Too few iterations') };
  if (iterations > ITERATIONS_MAX) return { result: refused(E.UNACCEPTABLE_CREDENTIAL, 'Too many iterations') };
  const { name: mechanismName, hash } = known!;
  const { createHash, createHmac } = crypto();
  const clientKey = createHmac(hash, saltedPassword).update('Client Key').digest();
  const record: ScramRecord = {
    salt: Buffer.from(salt).toString('base64'),
    storedKey: createHash(hash).update(clientKey).digest('base64'),
    serverKey: createHmac(hash, saltedPassword).update('Server Key').digest('base64'),
    iterations,
  };
  return { result: OK, mutation: single(putRecord(storeKeys.scram(scramId(mechanismName, name)), record)) };
}

function identityProblem(user: string, mechanism: { readonly name: string } | undefined): ItemResult | undefined {
  if (user === '') return refused(E.UNACCEPTABLE_CREDENTIAL, 'Username must not be empty');
  if (mechanism === undefined) return refused(E.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism');
  return undefined;
}

export interface ScramDescription extends ItemResult {
  readonly user: string;
  readonly credentials: readonly { readonly mechanism: number; readonly iterations: number }[];
}

/** The mechanisms that users have credentials for; of all users without `users` or with none named. */
export function describeScram(image: ClusterImage, users: readonly string[] | null): ScramDescription[] {
  const byUser = new Map<string, { mechanism: number; iterations: number }[]>();
  for (const [id, { iterations }] of image.scram.entries()) {
    const slash = id.indexOf('/');
    const user = id.slice(slash + 1);
    for (const [mechanism, { name }] of SCRAM_MECHANISMS) {
      if (name === id.slice(0, slash)) byUser.set(user, [...(byUser.get(user) ?? []), { mechanism, iterations }]);
    }
  }
  const asked = users === null || users.length === 0 ? [...byUser.keys()].toSorted() : users;
  return [...new Set(asked)].map((user) => {
    const credentials = byUser.get(user) ?? [];
    if (asked.indexOf(user) !== asked.lastIndexOf(user)) {
      const message = `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`;
      return { user, credentials: [], ...refused(E.DUPLICATE_RESOURCE, message) };
    }
    if (credentials.length > 0) return { user, credentials, ...OK };
    const message = `Attempt to describe a user credential that does not exist: ${user}`;
    return { user, credentials, ...refused(E.RESOURCE_NOT_FOUND, message) };
  });
}
