import { Kafka, KafkaError, type ClientOptions, type SaslOptions, type TlsOptions } from '../../src/client/index.ts';
import { Authority } from '../../test/runtime/certificates.ts';
import { SECURED_HOST as HOST, startSecuredKafka, type SecuredPorts } from './secured-kafka.ts';

/**
 * Posthorn's client against a real Kafka with TLS and logins: each mechanism and certificate, right and wrong.
 *
 *   node dist/compat/security/run.js
 *
 * Starts a Kafka of its own. Closes with "N passed, M failed".
 */
const SESSION_MS = 3000;

let passed = 0;
let failed = 0;

/** Asks the cluster for itself; what came of it, as one line. */
async function outcome(options: ClientOptions): Promise<string> {
  const admin = new Kafka({ requestTimeoutMs: 5000, ...options, logLevel: 'silent' }).admin();
  try {
    await admin.describeCluster();
    return 'ok';
  } catch (error) {
    return error instanceof KafkaError ? `${error.code}: ${error.message}` : String(error);
  } finally {
    admin.close();
  }
}

function verdict(what: string, told: string, expected: RegExp): void {
  const isGood = expected.test(told);
  console.log(`${isGood ? 'pass' : 'FAIL'} ${what}: ${told}`);
  if (isGood) passed++;
  else failed++;
}

async function certificates(ports: SecuredPorts, authority: Authority): Promise<void> {
  const ca = authority.cert;
  const at = (port: number, tls: TlsOptions | true): Promise<string> =>
    outcome({ bootstrapServers: `${HOST}:${port}`, tls });
  const stranger = new Authority('stranger');
  verdict('TLS', await at(ports.tls, { ca }), /^ok$/);
  verdict('TLS by another name', await at(ports.tls, { ca, serverName: 'kafka.test' }), /^ok$/);
  verdict('a wrong host name', await at(ports.tls, { ca, serverName: 'other.test' }), /^AUTHENTICATION_FAILED.*other/);
  verdict('an unknown authority', await at(ports.tls, true), /^AUTHENTICATION_FAILED.*unknown authority/);
  verdict('an unknown authority, unchecked', await at(ports.tls, { rejectUnauthorized: false }), /^ok$/);
  verdict('an expired certificate', await at(ports.expired, { ca }), /^AUTHENTICATION_FAILED.*expired/);
  verdict('a client certificate', await at(ports.mutual, { ca, ...authority.issue({ name: 'ann' }) }), /^ok$/);
  verdict('no client certificate', await at(ports.mutual, { ca }), /^AUTHENTICATION_FAILED.*options cert and key/);
  verdict(
    'a strange client certificate',
    await at(ports.mutual, { ca, ...stranger.issue({ name: 'ann' }) }),
    /^AUTHENTICATION_FAILED.*option cert/,
  );
  verdict('TLS to a port without', await at(ports.sasl, { ca }), /^TIMED_OUT.*does its port speak TLS/);
  const plain = await outcome({ bootstrapServers: `${HOST}:${ports.tls}` });
  verdict('no TLS to a port with', plain, /^SECURITY_MISMATCH.*set the option tls/);
}

function jwtPart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function bearer(value: string): SaslOptions {
  return { mechanism: 'OAUTHBEARER', token: async () => value };
}

/** An unsecured JWT, as Kafka's unsecured handlers take it. */
function jwt(subject: string, forMs: number): string {
  const nowS = Date.now() / 1000;
  return `${jwtPart({ alg: 'none' })}.${jwtPart({ sub: subject, iat: nowS - 60, exp: nowS + forMs / 1000 })}.`;
}

async function mechanisms(port: number, where: string, tls: TlsOptions | false): Promise<void> {
  const as = (sasl: SaslOptions): Promise<string> => outcome({ bootstrapServers: `${HOST}:${port}`, tls, sasl });
  const refused = /^AUTHENTICATION_FAILED/;
  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
    const about = `${where} ${mechanism}`;
    verdict(about, await as({ mechanism, username: 'ann', password: 'secret' }), /^ok$/);
    verdict(`${about}, wrong password`, await as({ mechanism, username: 'ann', password: 'x' }), refused);
    verdict(`${about}, unknown user`, await as({ mechanism, username: 'b,=ob', password: 'secret' }), refused);
  }
  verdict(`${where} OAUTHBEARER`, await as(bearer(jwt('ann', 60_000))), /^ok$/);
  verdict(`${where} OAUTHBEARER, expired`, await as(bearer(jwt('ann', -60_000))), refused);
  verdict(`${where} OAUTHBEARER, no JWT`, await as(bearer('abc')), refused);
}

/** One connection kept busy over several sessions: nothing may fail. */
async function renewals(port: number): Promise<void> {
  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256'] as const) {
    const sasl = { mechanism, username: 'ann', password: 'secret' };
    const kafka = new Kafka({ bootstrapServers: `${HOST}:${port}`, sasl });
    const admin = kafka.admin();
    const endMs = Date.now() + 3 * SESSION_MS;
    let told = 'ok';
    let calls = 0;
    while (Date.now() < endMs && told === 'ok') {
      try {
        await Promise.all([admin.listTopics(), admin.listTopics(), admin.describeCluster()]);
        calls += 3;
      } catch (error) {
        told = String(error);
      }
      await new Promise((done) => {
        setTimeout(done, 50);
      });
    }
    admin.close();
    console.log(`${calls} calls over ${3 * SESSION_MS} ms`);
    verdict(`sessions of ${SESSION_MS} ms renewed, ${mechanism}`, told, /^ok$/);
  }
}

async function run(): Promise<void> {
  const { kafka, ports, authority } = await startSecuredKafka(SESSION_MS);
  try {
    await certificates(ports, authority);
    await mechanisms(ports.sasl, 'SASL_PLAINTEXT', false);
    await mechanisms(ports.saslTls, 'SASL_SSL', { ca: authority.cert });
    const sasl = { mechanism: 'OAUTHBEARER', token: async () => jwt('ann', 60_000) } as const;
    const missing = await outcome({ bootstrapServers: `${HOST}:${ports.renewed}`, sasl });
    verdict('a mechanism that is not offered', missing, /^AUTHENTICATION_FAILED.*not offered/);
    await renewals(ports.renewed);
  } finally {
    await kafka.stop();
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await run();
