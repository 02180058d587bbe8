import type * as Crypto from 'node:crypto';
import { promisify } from 'node:util';
import { lazyPackage } from '../../runtime/packages.ts';
import { describeUserScramCredentials } from '../../protocol/messages/050-describe-user-scram-credentials.ts';
import { alterUserScramCredentials } from '../../protocol/messages/051-alter-user-scram-credentials.ts';
import type { AdminCalls } from './admin-calls.ts';
import { checkInteger, checkName, checkNames } from './arguments.ts';
import { Codes } from './codes.ts';
import { throwTold, toldError, type Outcome, type Results } from './results.ts';

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

const MECHANISMS = new Codes<ScramMechanism>('SCRAM mechanism', { 'SCRAM-SHA-256': 1, 'SCRAM-SHA-512': 2 });
const HASHES: Readonly<Record<ScramMechanism, { readonly name: string; readonly bytes: number }>> = {
  'SCRAM-SHA-256': { name: 'sha256', bytes: 32 },
  'SCRAM-SHA-512': { name: 'sha512', bytes: 64 },
};
/** What Kafka's brokers accept. */
const ITERATIONS_MIN = 4096;
const ITERATIONS_MAX = 16_384;
const SALT_BYTES = 20;
/** Loaded when first used: whoever loads the client need not have it. */
const crypto = lazyPackage('node:crypto') as () => typeof Crypto;

export interface ScramCredentialInfo {
  readonly mechanism: ScramMechanism | 'unknown';
  readonly iterations: number;
}

/** A password to set, or a mechanism to take away from a user. The password itself never leaves this process (KIP-554). */
export type ScramAlteration =
  | {
      readonly user: string;
      readonly mechanism: ScramMechanism;
      readonly password: string;
      /** 4096 when left out. */
      readonly iterations?: number;
      /** Random when left out. */
      readonly salt?: Uint8Array;
    }
  | { readonly user: string; readonly mechanism: ScramMechanism; readonly delete: true };

/** A user without credentials is told as RESOURCE_NOT_FOUND. */
export async function describeScramCredentials(
  calls: AdminCalls,
  users: readonly string[] | 'all',
): Promise<Results<readonly ScramCredentialInfo[]>> {
  if (users !== 'all') checkNames(users, 'user');
  const about = 'describe SCRAM credentials';
  return calls.atAny(about, async (connection) => {
    const body = { users: users === 'all' ? null : users.map((name) => ({ name })) };
    const answer = await calls.ask(connection, describeUserScramCredentials, body);
    throwTold(about, answer.errorCode, answer.errorMessage);
    return new Map(
      answer.results.map(({ user, errorCode, errorMessage, credentialInfos }) => [
        user,
        toldError(`${about} of ${user}`, errorCode, errorMessage) ??
          credentialInfos.map(({ mechanism, iterations }) => ({ mechanism: MECHANISMS.name(mechanism), iterations })),
      ]),
    );
  });
}

/** Either all that is asked for a user is done, or nothing. */
export async function alterScramCredentials(
  calls: AdminCalls,
  alterations: readonly ScramAlteration[],
): Promise<Results<undefined>> {
  const deletions: { readonly name: string; readonly mechanism: number }[] = [];
  const setting: Promise<Upsertion>[] = [];
  for (const alteration of alterations) {
    checkName(alteration.user, 'user');
    if ('delete' in alteration) {
      deletions.push({ name: alteration.user, mechanism: MECHANISMS.code(alteration.mechanism) });
    } else setting.push(upsertion(calls, alteration));
  }
  const upsertions = await Promise.all(setting);
  const users = new Map(alterations.map(({ user }) => [user, user]));
  const about = 'alter SCRAM credentials';
  return calls.each(about, 'controller', users, async (open) => {
    const answer = await calls.ask(await calls.controller(), alterUserScramCredentials, {
      deletions: deletions.filter(({ name }) => open.has(name)),
      upsertions: upsertions.filter(({ name }) => open.has(name)),
    });
    return new Map(
      answer.results.map(({ user, errorCode, errorMessage }): [string, Outcome<undefined>] => [
        user,
        toldError(`${about} of ${user}`, errorCode, errorMessage),
      ]),
    );
  });
}

interface Upsertion {
  readonly name: string;
  readonly mechanism: number;
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly saltedPassword: Uint8Array;
}

async function upsertion(
  { cluster }: AdminCalls,
  { user, mechanism, password, iterations = ITERATIONS_MIN, salt }: Exclude<ScramAlteration, { readonly delete: true }>,
): Promise<Upsertion> {
  const code = MECHANISMS.code(mechanism);
  checkName(password, `password of ${user}`);
  checkInteger(iterations, `iterations of ${user}`, ITERATIONS_MIN, ITERATIONS_MAX);
  const chosen = salt ?? new Uint8Array(SALT_BYTES);
  if (salt === undefined) cluster.runtime.random.fill(chosen);
  const { name, bytes } = HASHES[mechanism];
  const saltedPassword = await promisify(crypto().pbkdf2)(password, chosen, iterations, bytes, name);
  return { name: user, mechanism: code, iterations, salt: chosen, saltedPassword };
}
