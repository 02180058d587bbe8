import { E, errorOf } from '../protocol/errors.ts';
import { saslHandshake } from '../protocol/messages/017-sasl-handshake.ts';
import { saslAuthenticate } from '../protocol/messages/036-sasl-authenticate.ts';
import type { Api, Fields, Read, Write } from '../protocol/schema.ts';
import type { Random } from '../runtime/random.ts';
import { OAuthBearerClient } from '../wire/sasl/oauthbearer.ts';
import { PlainClient } from '../wire/sasl/plain.ts';
import { SaslError, type SaslClient } from '../wire/sasl/sasl.ts';
import { ScramClient } from '../wire/sasl/scram-client.ts';
import { BrokerError, ConnectionError, KafkaError } from './client-error.ts';
import type { SaslOptions } from './security-options.ts';

const NONCE_BYTES = 24;
/** Part of a session's lifetime after which it is renewed, as in Java's client: 85 to 95 % (KIP-368). */
const RENEWAL_PART_MIN = 0.85;
const RENEWAL_PART_SPREAD = 0.1;
/** From this version of SaslHandshake on tokens travel in SaslAuthenticate; before, bare, as Kafka before 1.0 wants them. */
const FRAMED_HANDSHAKE_VERSION = 1;

/** The connection, as a login needs it. */
export interface LoginPeer {
  readonly name: string;
  /** Throws UNSUPPORTED. */
  versionFor(api: Pick<Api, 'key' | 'name'>): number;
  versionOf(api: Pick<Api, 'key'>): number | undefined;
  /** Sends a bare token, and gives the one that answers it. */
  exchange(token: Uint8Array): Promise<Uint8Array>;
  ask<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    body: Write<Req>,
  ): Promise<Read<Res>>;
}

/**
 * Logs in (KIP-43, KIP-152). Returns after how many milliseconds to log in anew, Infinity for never. Rejects
 * with AUTHENTICATION_FAILED, which no retry can help, or as the connection does.
 */
export async function logIn(sasl: SaslOptions, random: Random, peer: LoginPeer): Promise<number> {
  try {
    const client = await clientFor(sasl, random);
    const isFramed = peer.versionOf(saslAuthenticate) !== undefined;
    const version = isFramed ? peer.versionFor(saslHandshake) : 0;
    await shakeHands(sasl.mechanism, version, peer);
    if (version < FRAMED_HANDSHAKE_VERSION) {
      await exchangeBare(sasl.mechanism, client, peer);
      return Number.POSITIVE_INFINITY;
    }
    const lifetimeMs = await exchange(sasl.mechanism, client, peer);
    if (lifetimeMs <= 0) return Number.POSITIVE_INFINITY;
    return lifetimeMs * (RENEWAL_PART_MIN + RENEWAL_PART_SPREAD * random.next());
  } catch (error) {
    if (error instanceof SaslError) throw refused(peer, error.message, error);
    throw error;
  }
}

async function shakeHands(mechanism: string, version: number, peer: LoginPeer): Promise<void> {
  const { errorCode, mechanisms } = await peer.ask(saslHandshake, version, { mechanism });
  if (errorCode === 0) return;
  if (errorCode !== E.UNSUPPORTED_SASL_MECHANISM.code) throw refused(peer, errorOf(errorCode).text);
  throw refused(peer, `${mechanism} is not offered; the broker takes ${mechanisms.join(', ') || 'no logins here'}`);
}

/** Returns the session's lifetime in milliseconds, 0 for as long as the connection. */
async function exchange(mechanism: string, client: SaslClient, peer: LoginPeer): Promise<number> {
  const version = peer.versionFor(saslAuthenticate);
  let token: Uint8Array | undefined = client.initial();
  let lifetimeMs = 0;
  while (token !== undefined) {
    const answer: Read<typeof saslAuthenticate.response.fields> = await peer.ask(saslAuthenticate, version, {
      authBytes: token,
    });
    if (answer.errorCode !== 0) {
      const reason = client instanceof OAuthBearerClient && client.refusal !== undefined ? ` ${client.refusal}` : '';
      const told = new BrokerError(errorOf(answer.errorCode), mechanism, answer.errorMessage);
      throw refused(peer, `${mechanism}: ${told.text}${reason}`, told);
    }
    token = client.answer(answer.authBytes);
    lifetimeMs = answer.sessionLifetimeMs;
  }
  return lifetimeMs;
}

/** Such a broker refuses by hanging up, which a broken connection does as well: it stays worth another try. */
async function exchangeBare(mechanism: string, client: SaslClient, peer: LoginPeer): Promise<void> {
  try {
    for (let token: Uint8Array | undefined = client.initial(); token !== undefined;) {
      token = client.answer(await peer.exchange(token));
    }
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    const why = `${mechanism}: the broker hung up, as brokers before Kafka 1.0 do at a wrong login`;
    throw new ConnectionError(`login at ${peer.name} failed: ${why}`, { cause: error });
  }
}

async function clientFor(sasl: SaslOptions, random: Random): Promise<SaslClient> {
  switch (sasl.mechanism) {
    case 'PLAIN':
      return new PlainClient(sasl.username, sasl.password);
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512':
      return new ScramClient(sasl, nonceFrom(random));
    case 'OAUTHBEARER': {
      const token = await sasl.token().catch((error: unknown) => {
        if (error instanceof KafkaError) throw error;
        throw new KafkaError('AUTHENTICATION_FAILED', `no token for OAUTHBEARER: ${String(error)}`, { cause: error });
      });
      return new OAuthBearerClient(typeof token === 'string' ? { value: token } : token);
    }
    default:
      return sasl satisfies never;
  }
}

function nonceFrom(random: Random): string {
  const bytes = new Uint8Array(NONCE_BYTES);
  // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- this fill is not an array's
  random.fill(bytes);
  return Buffer.from(bytes).toString('base64');
}

function refused(peer: LoginPeer, why: string, cause?: Error): KafkaError {
  return new KafkaError('AUTHENTICATION_FAILED', `login at ${peer.name} failed: ${why}`, { cause });
}
