import * as net from 'node:net';
import type * as tlsModule from 'node:tls';
import type { Logger } from './logger.ts';
import type { Address, DialTls, ListenTls } from './network.ts';
import { NetworkError, TlsError } from './network.ts';
import { networkErrorOf } from './node-connection.ts';
import { lazyPackage } from './packages.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;

/** What goes wrong most, in words that say what to do; OpenSSL's own words stand for the rest. */
const TEXTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself, not by a trusted authority (option ca)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an unknown authority (option ca)',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate comes from an unknown authority (option ca)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an unknown authority (option ca)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an unknown authority (option ca)',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS on this port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS on this port',
};

/** Broken off rather than refused: worth another try. */
const BROKEN: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

const tlsOfNode = lazyPackage('node:tls') as () => typeof tlsModule;

/** Connects and shakes hands. Rejects with {@link NetworkError}, with {@link TlsError} when either end refuses the other. */
export function dialTls({ host, port }: Address, options: DialTls): Promise<net.Socket> {
  const name = options.serverName ?? host;
  const about = `TLS with ${host}:${port}`;
  const timeoutMs = options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS;
  return new Promise((resolve, reject) => {
    let socket: tlsModule.TLSSocket;
    try {
      const tls = tlsOfNode();
      socket = tls.connect({
        host,
        port,
        ...keysOf(options),
        // An address may not be asked for by SNI (RFC 6066); certificates are held against it all the same.
        servername: net.isIP(name) === 0 ? name : '',
        checkServerIdentity: (_, certificate) =>
          options.isHostNameChecked === false ? undefined : tls.checkServerIdentity(name, certificate),
        rejectUnauthorized: options.rejectUnauthorized ?? true,
      });
    } catch (error) {
      reject(handshakeError(about, error));
      return;
    }
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    const timer = setTimeout(() => {
      socket.destroy(new NetworkError('ETIMEDOUT', `${about}: no handshake within ${timeoutMs} ms`));
    }, timeoutMs);
    const refused = (error: Error): void => {
      clearTimeout(timer);
      reject(handshakeError(about, error));
    };
    socket.once('error', refused);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.off('error', refused);
      socket.pause();
      resolve(socket);
    });
  });
}

/** A server whose connections are told after their handshake; those that fail are logged and dropped. Throws {@link TlsError}. */
export function tlsServer(options: ListenTls, logger: Logger, secured: (socket: net.Socket) => void): net.Server {
  const { clientCertificate = 'none', handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS } = options;
  try {
    const server = tlsOfNode().createServer({
      ...keysOf(options),
      requestCert: clientCertificate !== 'none',
      rejectUnauthorized: clientCertificate === 'required',
      handshakeTimeout: handshakeTimeoutMs,
      noDelay: true,
      keepAlive: true,
    });
    server.on('tlsClientError', (error, socket) => {
      logger.info('a TLS handshake failed', { error, remoteAddress: socket.remoteAddress });
      socket.destroy();
    });
    server.on('secureConnection', (socket) => {
      if (isShownAndBad(socket)) {
        logger.info('a client showed a certificate that is not trusted', { remoteAddress: socket.remoteAddress });
        socket.destroy();
      } else secured(socket);
    });
    return server;
  } catch (error) {
    throw handshakeError('TLS listener', error);
  }
}

/** With 'requested' Node lets any certificate pass; Kafka (`ssl.client.auth=requested`) only none or a good one. */
function isShownAndBad(socket: tlsModule.TLSSocket): boolean {
  return !socket.authorized && socket.getPeerX509Certificate() !== undefined;
}

function keysOf({ ca, cert, key, passphrase }: DialTls | ListenTls): tlsModule.SecureContextOptions {
  return {
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

function handshakeError(about: string, thrown: unknown): NetworkError {
  if (thrown instanceof NetworkError) return thrown;
  const error = networkErrorOf(thrown instanceof Error ? thrown : new Error(String(thrown)));
  if (BROKEN.has(error.code)) return error;
  const text = TEXTS[error.code] ?? error.message;
  return new TlsError(error.code, `${about}: ${text}`, { cause: thrown });
}
