import * as net from 'node:net';
import type * as tlsModule from 'node:tls';
import type { Logger } from './logger.ts';
import type { Address, DialTls, ListenTls } from './network.ts';
import { NetworkError } from './network.ts';
import { lazyPackage } from './packages.ts';
import { handshakeErrorOf } from './tls-faults.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;

const tlsOfNode = lazyPackage('node:tls') as () => typeof tlsModule;

/** Connects and shakes hands. Rejects with {@link NetworkError}, with {@link TlsError} when either end refuses the other. */
export function dialTls({ host, port }: Address, options: DialTls, signal?: AbortSignal): Promise<net.Socket> {
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
      reject(handshakeErrorOf(about, error));
      return;
    }
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    const timer = setTimeout(() => {
      socket.destroy(new NetworkError('ETIMEDOUT', `${about}: no handshake within ${timeoutMs} ms`));
    }, timeoutMs);
    const settled = destroyedBy(signal, socket);
    const refused = (error: Error): void => {
      clearTimeout(timer);
      settled();
      reject(handshakeErrorOf(about, error));
    };
    socket.once('error', refused);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      settled();
      socket.off('error', refused);
      socket.pause();
      resolve(socket);
    });
  });
}

/** Has a signal end a socket that is being connected. Call what it returns once that is settled. */
export function destroyedBy(signal: AbortSignal | undefined, socket: net.Socket): () => void {
  const aborted = (): void => void socket.destroy(new NetworkError('ECANCELED', 'connecting was given up'));
  if (signal?.aborted === true) aborted();
  signal?.addEventListener('abort', aborted, { once: true });
  return () => signal?.removeEventListener('abort', aborted);
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
    throw handshakeErrorOf('TLS listener', error);
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
