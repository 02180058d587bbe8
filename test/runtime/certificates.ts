import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** A certificate with its key, as PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface Wish {
  readonly name: string;
  /** DNS names; none when left out. */
  readonly hosts?: readonly string[];
  /** IPv4 addresses. */
  readonly addresses?: readonly string[];
  /** Days from now; an expired certificate has a negative number. */
  readonly days?: number;
}

const DAY_MS = 86_400_000;
const ECDSA_SHA256 = '1.2.840.10045.4.3.2';
let serial = 1;

/** An authority for tests: EC P-256 certificates made here, so that tests need no tool and no file. */
export class Authority implements Issued {
  readonly cert: string;
  readonly key: string;
  readonly #name: string;
  readonly #privateKey: KeyObject;

  constructor(name: string) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#name = name;
    this.#privateKey = privateKey;
    this.key = keyPem(privateKey);
    const isAuthority = der(0x30, oid('2.5.29.19'), der(1, [0xff]), der(4, der(0x30, der(1, [0xff]))));
    this.cert = this.#certify(publicKey, { name }, [isAuthority]);
  }

  issue(wish: Wish): Issued {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { hosts = [], addresses = [] } = wish;
    const names = [
      ...hosts.map((host) => der(0x82, Buffer.from(host))),
      ...addresses.map((address) => der(0x87, address.split('.').map(Number))),
    ];
    const extensions = names.length === 0 ? [] : [der(0x30, oid('2.5.29.17'), der(4, der(0x30, ...names)))];
    return { cert: this.#certify(publicKey, wish, extensions), key: keyPem(privateKey) };
  }

  #certify(publicKey: KeyObject, { name, days = 30 }: Wish, extensions: Buffer[]): string {
    const now = Date.now();
    const algorithm = der(0x30, oid(ECDSA_SHA256));
    const body = der(
      0x30,
      der(0xa0, der(2, [2])),
      der(2, [serial++]),
      algorithm,
      distinguished(this.#name),
      der(0x30, time(now - 365 * DAY_MS), time(now + days * DAY_MS)),
      distinguished(name),
      publicKey.export({ type: 'spki', format: 'der' }),
      ...(extensions.length === 0 ? [] : [der(0xa3, der(0x30, ...extensions))]),
    );
    const signature = sign('sha256', body, this.#privateKey);
    const whole = der(0x30, body, algorithm, der(3, [0], signature)).toString('base64');
    const lines = whole.match(/.{1,64}/g) ?? [];
    return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
  }
}

function der(tag: number, ...parts: (Uint8Array | number[])[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const septets = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) septets.unshift((left & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return der(6, bytes);
}

function distinguished(name: string): Buffer {
  return der(0x30, der(0x31, der(0x30, oid('2.5.4.3'), der(12, Buffer.from(name)))));
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(digits.slice(2)));
}

function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
