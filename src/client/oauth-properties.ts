import { postForm } from '../runtime/http-post.ts';
import { nodeClock } from '../runtime/node-clock.ts';
import { KafkaError } from './client-error.ts';
import type { StoreReader } from './pem-properties.ts';

type Settings = ReadonlyMap<string, string>;

const LIFETIME_SECONDS = 3600;
const REQUEST_TIMEOUT_MS = 10_000;
const CLAIM = 'unsecuredLoginStringClaim_';

/**
 * How bearer tokens come about, by `sasl.oauthbearer.token.endpoint.url`: from a file (`file:`), or from an authorization server with
 * an id and a secret (client credentials, KIP-768, KIP-1139); without a URL, an unsecured token with the claims that the JAAS entry
 * names (KIP-255). Throws INVALID_ARGUMENT.
 */
export function oauthToken(properties: Settings, jaas: Settings, readFile: StoreReader): () => Promise<string> {
  const address = properties.get('sasl.oauthbearer.token.endpoint.url');
  if (address === undefined) {
    const claims = [...jaas].filter(([name]) => name.startsWith(CLAIM));
    const subject = jaas.get(`${CLAIM}sub`);
    if (subject === undefined) {
      throw new KafkaError(
        'INVALID_ARGUMENT',
        'OAUTHBEARER needs sasl.oauthbearer.token.endpoint.url, or unsecuredLoginStringClaim_sub in sasl.jaas.config',
      );
    }
    const own = Object.fromEntries(claims.map(([name, value]) => [name.slice(CLAIM.length), value]));
    return async () => unsecuredToken(own, Math.floor(nodeClock.nowMs() / 1000));
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'file:') return async () => Buffer.from(readFile(url.pathname)).toString('utf8').trim();
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new KafkaError(
      'INVALID_ARGUMENT',
      `sasl.oauthbearer.token.endpoint.url is "${address}"; file:, http: or https: is needed`,
    );
  }
  const { id, secret, scope } = credentials(properties, jaas);
  return () => fetchToken(url, { id, secret, scope });
}

interface Credentials {
  readonly id: string;
  readonly secret: string;
  readonly scope: string | undefined;
}

function credentials(properties: Settings, jaas: Settings): Credentials {
  const prefix = 'sasl.oauthbearer.client.credentials.';
  const id =
    properties.get(`${prefix}client.id`) ?? properties.get('sasl.oauthbearer.client.id') ?? jaas.get('clientId');
  const secret =
    properties.get(`${prefix}client.secret`) ??
    properties.get('sasl.oauthbearer.client.secret') ??
    jaas.get('clientSecret');
  if (id === undefined || secret === undefined) {
    throw new KafkaError(
      'INVALID_ARGUMENT',
      `OAUTHBEARER needs ${prefix}client.id and ${prefix}client.secret, or clientId and clientSecret in sasl.jaas.config`,
    );
  }
  return { id, secret, scope: properties.get('sasl.oauthbearer.scope') ?? jaas.get('scope') };
}

async function fetchToken(url: URL, { id, secret, scope }: Credentials): Promise<string> {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  const form = { grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) };
  const { status, text } = await postForm(url, { form, headers: { authorization }, timeoutMs: REQUEST_TIMEOUT_MS });
  const token = status === 200 ? tokenIn(text) : undefined;
  if (token !== undefined) return token;
  throw new KafkaError('AUTHENTICATION_FAILED', `${url.href} gave no token (HTTP status ${status})`);
}

function tokenIn(text: string): string | undefined {
  try {
    const { access_token: token } = JSON.parse(text) as { readonly access_token?: unknown };
    return typeof token === 'string' ? token : undefined;
  } catch {
    return undefined;
  }
}

/** A JWT without a signature, which only brokers meant for trying out accept. */
export function unsecuredToken(claims: Readonly<Record<string, string>>, nowSeconds: number): string {
  const body = { ...claims, iat: nowSeconds, exp: nowSeconds + LIFETIME_SECONDS };
  return `${part({ alg: 'none' })}.${part(body)}.`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
