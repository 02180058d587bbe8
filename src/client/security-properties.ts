import { KafkaError } from './client-error.ts';
import type { ClientOptions } from './client-options.ts';
import { jaasEntry } from './jaas.ts';
import { oauthToken } from './oauth-properties.ts';
import { keyStore, trustStore, type StoreReader } from './pem-properties.ts';
import type { SaslOptions, TlsOptions } from './security-options.ts';

const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
type Protocol = (typeof PROTOCOLS)[number];

const PASSWORD_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

/** Settings that say how connections are secured; several of them make one option. */
export const SECURITY_PROPERTIES: ReadonlySet<string> = new Set([
  'security.protocol',
  'ssl.truststore.type',
  'ssl.truststore.location',
  'ssl.truststore.password',
  'ssl.truststore.certificates',
  'ssl.keystore.type',
  'ssl.keystore.location',
  'ssl.keystore.password',
  'ssl.keystore.certificate.chain',
  'ssl.keystore.key',
  'ssl.key.password',
  'ssl.endpoint.identification.algorithm',
  'ssl.ca.location',
  'ssl.ca.pem',
  'ssl.certificate.location',
  'ssl.certificate.pem',
  'ssl.key.location',
  'ssl.key.pem',
  'enable.ssl.certificate.verification',
  'sasl.mechanism',
  'sasl.mechanisms',
  'sasl.username',
  'sasl.password',
  'sasl.jaas.config',
  'sasl.login.callback.handler.class',
  'sasl.oauthbearer.token.endpoint.url',
  'sasl.oauthbearer.client.credentials.client.id',
  'sasl.oauthbearer.client.credentials.client.secret',
  'sasl.oauthbearer.client.id',
  'sasl.oauthbearer.client.secret',
  'sasl.oauthbearer.scope',
]);

/**
 * TLS and login out of settings with the names of Java's clients and of librdkafka. Throws INVALID_ARGUMENT for what cannot be
 * read or is not served, naming the setting and the remedy.
 */
export function securityFrom(
  properties: ReadonlyMap<string, string>,
  readFile: StoreReader,
): Pick<ClientOptions, 'tls' | 'sasl'> {
  const protocol = protocolIn(properties.get('security.protocol'));
  const isSecure = protocol === 'SSL' || protocol === 'SASL_SSL';
  const isLoggedIn = protocol === 'SASL_PLAINTEXT' || protocol === 'SASL_SSL';
  return {
    ...(isSecure ? { tls: tlsIn(properties, readFile) } : {}),
    ...(isLoggedIn ? { sasl: saslIn(properties, readFile) } : {}),
  };
}

function protocolIn(text = 'PLAINTEXT'): Protocol {
  const found = PROTOCOLS.find((protocol) => protocol === text.toUpperCase());
  if (found !== undefined) return found;
  throw new KafkaError('INVALID_ARGUMENT', `security.protocol is "${text}"; there are ${PROTOCOLS.join(', ')}`);
}

function tlsIn(properties: ReadonlyMap<string, string>, readFile: StoreReader): TlsOptions {
  const ca = trustStore(properties, readFile);
  const identification = properties.get('ssl.endpoint.identification.algorithm')?.toLowerCase();
  const isAnyName = identification === '' || identification === 'none';
  return {
    ...(ca === undefined ? {} : { ca }),
    ...keyStore(properties, readFile),
    ...(isAnyName ? { isHostNameChecked: false } : {}),
    ...(properties.get('enable.ssl.certificate.verification') === 'false' ? { rejectUnauthorized: false } : {}),
  };
}

function saslIn(properties: ReadonlyMap<string, string>, readFile: StoreReader): SaslOptions {
  const name = properties.get('sasl.mechanism') ?? properties.get('sasl.mechanisms') ?? 'GSSAPI';
  const jaas = jaasEntry(properties.get('sasl.jaas.config'));
  const mechanism = PASSWORD_MECHANISMS.find((known) => known === name.toUpperCase());
  if (mechanism !== undefined) {
    const username = jaas?.get('username') ?? properties.get('sasl.username');
    const password = jaas?.get('password') ?? properties.get('sasl.password');
    if (username === undefined || password === undefined) {
      throw new KafkaError(
        'INVALID_ARGUMENT',
        `sasl.mechanism ${name} needs a username and a password: in sasl.jaas.config, or as sasl.username and sasl.password`,
      );
    }
    if (mechanism === 'PLAIN' || jaas?.get('tokenauth') !== 'true') return { mechanism, username, password };
    return { mechanism, username, password, isToken: true };
  }
  if (name.toUpperCase() === 'OAUTHBEARER') {
    return { mechanism: 'OAUTHBEARER', token: oauthToken(properties, jaas ?? new Map(), readFile) };
  }
  const known = [...PASSWORD_MECHANISMS, 'OAUTHBEARER'].join(', ');
  throw new KafkaError('INVALID_ARGUMENT', `sasl.mechanism ${name} is not served; there are ${known}`);
}
