import { Kafka, valuesOf } from '../../src/client/index.ts';
import { Authority, type Issued } from '../../test/runtime/certificates.ts';
import { startKafka, type RunningKafka } from '../brokers/kafka.ts';
import { freePort } from '../brokers/running-broker.ts';

export const SECURED_HOST = '127.0.0.1';
/** Known to PLAIN and to both SCRAM mechanisms. */
export const SECURED_USER = { name: 'ann', password: 'secret' } as const;
const MODULES = 'org.apache.kafka.common.security';

/** Where what kind of login is asked for. */
export interface SecuredPorts {
  readonly tls: number;
  readonly mutual: number;
  readonly expired: number;
  readonly sasl: number;
  readonly saslTls: number;
  readonly renewed: number;
}

interface Secrets {
  readonly authority: Authority;
  readonly server: Issued;
  readonly expired: Issued;
}

/** A PEM text as one line of a properties file. */
export function oneLine(pem: string): string {
  return pem.replaceAll('\n', '\\n');
}

function keyStore(prefix: string, { cert, key }: Issued): Record<string, string> {
  return {
    [`${prefix}ssl.keystore.type`]: 'PEM',
    [`${prefix}ssl.keystore.certificate.chain`]: oneLine(cert),
    [`${prefix}ssl.keystore.key`]: oneLine(key),
  };
}

function logins(listener: string, enabled: readonly string[]): Record<string, string> {
  const prefix = `listener.name.${listener}.`;
  const settings: Record<string, string> = { [`${prefix}sasl.enabled.mechanisms`]: enabled.join(',') };
  const modules: Record<string, string> = {
    PLAIN: `${MODULES}.plain.PlainLoginModule required user_${SECURED_USER.name}="${SECURED_USER.password}";`,
    'SCRAM-SHA-256': `${MODULES}.scram.ScramLoginModule required;`,
    'SCRAM-SHA-512': `${MODULES}.scram.ScramLoginModule required;`,
    OAUTHBEARER: `${MODULES}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
  };
  for (const mechanism of enabled) {
    settings[`${prefix}${mechanism.toLowerCase()}.sasl.jaas.config`] = modules[mechanism] ?? '';
  }
  return settings;
}

function settingsFor({ authority, server, expired }: Secrets, sessionMs: number): Record<string, string> {
  const all = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'];
  return {
    'listener.security.protocol.map':
      'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,MUTUAL:SSL,EXPIRED:SSL,LOGIN:SASL_PLAINTEXT,SAFE:SASL_SSL,RENEWED:SASL_PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': oneLine(authority.cert),
    ...keyStore('', server),
    ...keyStore('listener.name.expired.', expired),
    'listener.name.mutual.ssl.client.auth': 'required',
    ...logins('login', all),
    ...logins('safe', all),
    ...logins('renewed', ['PLAIN', 'SCRAM-SHA-256']),
    'listener.name.renewed.plain.connections.max.reauth.ms': String(sessionMs),
    'listener.name.renewed.scram-sha-256.connections.max.reauth.ms': String(sessionMs),
    'connection.failed.authentication.delay.ms': '0',
  };
}

async function createUsers(kafka: RunningKafka): Promise<void> {
  const admin = new Kafka({ bootstrapServers: kafka.bootstrap }).admin();
  const user = { user: SECURED_USER.name, password: SECURED_USER.password };
  // Kafka takes only one alteration of a user in a request.
  valuesOf(await admin.alterScramCredentials([{ ...user, mechanism: 'SCRAM-SHA-256' }]));
  valuesOf(await admin.alterScramCredentials([{ ...user, mechanism: 'SCRAM-SHA-512', iterations: 8192 }]));
  admin.close();
}

export interface SecuredKafka {
  readonly kafka: RunningKafka;
  readonly ports: SecuredPorts;
  /** Issued the certificates of the brokers, and issues those of clients. */
  readonly authority: Authority;
}

/** A real Kafka with a listener for each kind of login; sessions of `renewed` last `sessionMs`. */
export async function startSecuredKafka(sessionMs: number): Promise<SecuredKafka> {
  const authority = new Authority('compat');
  const about = { name: 'kafka', hosts: ['kafka.test'], addresses: [SECURED_HOST] };
  const secrets = { authority, server: authority.issue(about), expired: authority.issue({ ...about, days: -1 }) };
  const ports: SecuredPorts = {
    tls: await freePort(),
    mutual: await freePort(),
    expired: await freePort(),
    sasl: await freePort(),
    saslTls: await freePort(),
    renewed: await freePort(),
  };
  const kafka = await startKafka(settingsFor(secrets, sessionMs), 1, [
    `TLS://${SECURED_HOST}:${ports.tls}`,
    `MUTUAL://${SECURED_HOST}:${ports.mutual}`,
    `EXPIRED://${SECURED_HOST}:${ports.expired}`,
    `LOGIN://${SECURED_HOST}:${ports.sasl}`,
    `SAFE://${SECURED_HOST}:${ports.saslTls}`,
    `RENEWED://${SECURED_HOST}:${ports.renewed}`,
  ]);
  await createUsers(kafka);
  return { kafka, ports, authority };
}
