import { createDelegationToken as createApi } from '../../protocol/messages/038-create-delegation-token.ts';
import { renewDelegationToken as renewApi } from '../../protocol/messages/039-renew-delegation-token.ts';
import { expireDelegationToken as expireApi } from '../../protocol/messages/040-expire-delegation-token.ts';
import { describeDelegationToken as describeApi } from '../../protocol/messages/041-describe-delegation-token.ts';
import { KafkaError } from '../client-error.ts';
import type { AdminCalls } from './admin-calls.ts';
import { checkInteger, checkName, invalid } from './arguments.ts';
import { throwTold } from './results.ts';

const OWNER_VERSION = 3;
const BROKER_DEFAULT = -1;
const AT_ONCE = -1;

/** Somebody as Kafka knows them: `{ type: 'User', name: 'alice' }`. */
export interface Principal {
  readonly type: string;
  readonly name: string;
}

/** A delegation token (KIP-48). Times are milliseconds of the wall clock. */
export interface DelegationToken {
  readonly tokenId: string;
  /** The secret; it also names the token to {@link renewDelegationToken} and {@link expireDelegationToken}. */
  readonly hmac: Uint8Array;
  readonly owner: Principal;
  /** Who asked for it (KIP-373); null from older brokers. */
  readonly requester: Principal | null;
  readonly renewers: readonly Principal[];
  readonly issueTimestamp: number;
  readonly expiryTimestamp: number;
  readonly maxTimestamp: number;
}

export interface CreateTokenOptions {
  /** Who may renew it besides its owner. */
  readonly renewers?: readonly Principal[];
  /** For somebody else (KIP-373). */
  readonly owner?: Principal;
  /** The broker's `delegation.token.max.lifetime.ms` when left out. */
  readonly maxLifetimeMs?: number;
}

export async function createDelegationToken(
  calls: AdminCalls,
  { renewers = [], owner, maxLifetimeMs }: CreateTokenOptions,
): Promise<DelegationToken> {
  for (const each of owner === undefined ? renewers : [owner, ...renewers]) checkPrincipal(each);
  if (maxLifetimeMs !== undefined) checkInteger(maxLifetimeMs, 'maxLifetimeMs', 1, Number.MAX_SAFE_INTEGER);
  const about = 'create a delegation token';
  return calls.atAny(about, async (connection) => {
    const version = connection.versionFor(createApi);
    if (owner !== undefined && version < OWNER_VERSION) {
      throw new KafkaError('UNSUPPORTED', 'the broker makes no tokens for others');
    }
    // Below the version with owners the fields have to be empty, from it on null says that there is none.
    const nobody = version < OWNER_VERSION ? '' : null;
    const answer = await connection.request(createApi, version, {
      ownerPrincipalType: owner?.type ?? nobody,
      ownerPrincipalName: owner?.name ?? nobody,
      renewers: renewers.map(wirePrincipal),
      maxLifetimeMs: maxLifetimeMs ?? BROKER_DEFAULT,
    });
    throwTold(about, answer.errorCode);
    return {
      tokenId: answer.tokenId,
      hmac: answer.hmac,
      owner: { type: answer.principalType, name: answer.principalName },
      requester: requesterOf(answer, version),
      renewers,
      issueTimestamp: answer.issueTimestampMs,
      expiryTimestamp: answer.expiryTimestampMs,
      maxTimestamp: answer.maxTimestampMs,
    };
  });
}

/** Puts off the expiry, at most to the token's end; gives the new time of expiry. */
export async function renewDelegationToken(
  calls: AdminCalls,
  hmac: Uint8Array,
  renewPeriodMs = BROKER_DEFAULT,
): Promise<number> {
  checkHmac(hmac);
  checkInteger(renewPeriodMs, 'renewPeriodMs', BROKER_DEFAULT, Number.MAX_SAFE_INTEGER);
  const about = 'renew a delegation token';
  return calls.atAny(about, async (connection) => {
    const answer = await calls.ask(connection, renewApi, { hmac, renewPeriodMs });
    throwTold(about, answer.errorCode);
    return answer.expiryTimestampMs;
  });
}

/** Lets a token expire after a time, or at once; gives the time of expiry. */
export async function expireDelegationToken(
  calls: AdminCalls,
  hmac: Uint8Array,
  afterMs: number | 'at-once' = 'at-once',
): Promise<number> {
  checkHmac(hmac);
  if (afterMs !== 'at-once') checkInteger(afterMs, 'afterMs', 0, Number.MAX_SAFE_INTEGER);
  const about = 'expire a delegation token';
  return calls.atAny(about, async (connection) => {
    const expiryTimePeriodMs = afterMs === 'at-once' ? AT_ONCE : afterMs;
    const answer = await calls.ask(connection, expireApi, { hmac, expiryTimePeriodMs });
    throwTold(about, answer.errorCode);
    return answer.expiryTimestampMs;
  });
}

/** Tokens of these owners that the caller may see; of all of them when no owners are given. */
export async function describeDelegationTokens(
  calls: AdminCalls,
  owners: readonly Principal[] | 'all',
): Promise<readonly DelegationToken[]> {
  if (owners !== 'all') owners.forEach(checkPrincipal);
  const about = 'describe delegation tokens';
  return calls.atAny(about, async (connection) => {
    const version = connection.versionFor(describeApi);
    const body = { owners: owners === 'all' ? null : owners.map(wirePrincipal) };
    const answer = await connection.request(describeApi, version, body);
    throwTold(about, answer.errorCode);
    return answer.tokens.map((told) => ({
      tokenId: told.tokenId,
      hmac: told.hmac,
      owner: { type: told.principalType, name: told.principalName },
      requester: requesterOf(told, version),
      renewers: told.renewers.map(({ principalType, principalName }) => ({ type: principalType, name: principalName })),
      issueTimestamp: told.issueTimestamp,
      expiryTimestamp: told.expiryTimestamp,
      maxTimestamp: told.maxTimestamp,
    }));
  });
}

function requesterOf(
  told: { readonly tokenRequesterPrincipalType: string; readonly tokenRequesterPrincipalName: string },
  version: number,
): Principal | null {
  if (version < OWNER_VERSION) return null;
  return { type: told.tokenRequesterPrincipalType, name: told.tokenRequesterPrincipalName };
}

function wirePrincipal({ type, name }: Principal): { readonly principalType: string; readonly principalName: string } {
  return { principalType: type, principalName: name };
}

function checkPrincipal({ type, name }: Principal): void {
  checkName(type, 'type of a principal');
  checkName(name, 'name of a principal');
}

function checkHmac(hmac: Uint8Array): void {
  if (hmac.length === 0) throw invalid('the hmac of a token is empty');
}
