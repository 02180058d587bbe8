import { KafkaError } from './client-error.ts';
import type { TlsOptions } from './security-options.ts';

/** Reads a file that a setting names; throws what the system says. */
export type StoreReader = (path: string) => Uint8Array;

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[\s\S]+?-----END (?:[A-Z]+ )*PRIVATE KEY-----/;

/** Certificates to trust: Java's `ssl.truststore.*` with PEM (KIP-651), librdkafka's `ssl.ca.*`. Undefined: the system's. */
export function trustStore(properties: ReadonlyMap<string, string>, readFile: StoreReader): string | undefined {
  const inline = properties.get('ssl.truststore.certificates') ?? properties.get('ssl.ca.pem');
  if (inline !== undefined) return certificatesIn(inline, 'ssl.truststore.certificates');
  for (const key of ['ssl.truststore.location', 'ssl.ca.location']) {
    const path = properties.get(key);
    if (path !== undefined) return certificatesIn(pemFile(key, path, readFile), path);
  }
  return undefined;
}

/** The client's own key and certificate: Java's `ssl.keystore.*` with PEM, librdkafka's `ssl.certificate.*` and `ssl.key.*`. */
export function keyStore(
  properties: ReadonlyMap<string, string>,
  readFile: StoreReader,
): Pick<TlsOptions, 'cert' | 'key' | 'passphrase'> {
  const store = fileText(properties, 'ssl.keystore.location', readFile);
  const chain =
    properties.get('ssl.keystore.certificate.chain') ??
    properties.get('ssl.certificate.pem') ??
    fileText(properties, 'ssl.certificate.location', readFile) ??
    store;
  const secret =
    properties.get('ssl.keystore.key') ??
    properties.get('ssl.key.pem') ??
    fileText(properties, 'ssl.key.location', readFile) ??
    store;
  if (chain === undefined && secret === undefined) return {};
  const key = KEY.exec(secret ?? '')?.[0];
  if (key === undefined) {
    throw new KafkaError('INVALID_ARGUMENT', 'there is a certificate without a private key in PEM (ssl.keystore.key)');
  }
  const passphrase = properties.get('ssl.key.password');
  const cert = certificatesIn(chain ?? '', 'ssl.keystore.certificate.chain');
  return { cert, key, ...(passphrase === undefined ? {} : { passphrase }) };
}

function fileText(properties: ReadonlyMap<string, string>, key: string, readFile: StoreReader): string | undefined {
  const path = properties.get(key);
  return path === undefined ? undefined : pemFile(key, path, readFile);
}

function pemFile(setting: string, path: string, readFile: StoreReader): string {
  let content: Uint8Array;
  try {
    content = readFile(path);
  } catch (error) {
    throw new KafkaError('INVALID_ARGUMENT', `${setting}: ${path} cannot be read: ${String(error)}`, { cause: error });
  }
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
  if (text.includes('-----BEGIN ')) return text;
  throw new KafkaError(
    'INVALID_ARGUMENT',
    `${setting}: ${path} is not PEM; turn it into PEM, for a store of Java by ` +
      `'keytool -importkeystore -srckeystore ${path} -destkeystore store.p12 -deststoretype PKCS12' and 'openssl pkcs12 -in store.p12 -nodes'`,
  );
}

function certificatesIn(text: string, where: string): string {
  const found = text.match(CERTIFICATES);
  if (found === null) throw new KafkaError('INVALID_ARGUMENT', `${where} holds no certificate in PEM`);
  return found.join('\n');
}
