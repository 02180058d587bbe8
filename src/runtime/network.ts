/** A host name or address, and a port. */
export interface Address {
  readonly host: string;
  /** For a listener 0 picks a free one. */
  readonly port: number;
  /** For a listener: connections that the kernel holds until they are accepted. */
  readonly backlog?: number;
}

/** How a dialling end uses TLS. Certificates and keys are PEM text. */
export interface DialTls {
  /** Authorities to trust in place of the system's. */
  readonly ca?: string | readonly string[];
  /** Certificate (with its chain) and key to show to a listener that asks. */
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  /** The name that is asked for (SNI) and that the certificate must carry; the host when left out. */
  readonly serverName?: string;
  /** false takes a trusted certificate for any name; true. */
  readonly isHostNameChecked?: boolean;
  /** false takes any certificate: for tests only. */
  readonly rejectUnauthorized?: boolean;
  /** 10,000. */
  readonly handshakeTimeoutMs?: number;
}

/** How a listener uses TLS. Certificates and keys are PEM text. */
export interface ListenTls {
  readonly cert: string;
  readonly key: string;
  readonly passphrase?: string;
  /** Authorities of the clients' certificates. */
  readonly ca?: string | readonly string[];
  /** Kafka's `ssl.client.auth`: whether clients show a certificate; one that is shown has to be good. 'none' when left out. */
  readonly clientCertificate?: 'none' | 'requested' | 'required';
  /** A connection that has not shaken hands by then is dropped; 10,000. */
  readonly handshakeTimeoutMs?: number;
}

/** Sockets, as brokers and clients need them: bytes land where the owner says, and go out in one write a turn. */
export interface Network {
  /**
   * Rejects with {@link NetworkError} (EADDRINUSE, EACCES ...), with {@link TlsError} for keys that cannot be used. `accept` may
   * return undefined to refuse a connection; with TLS it is called after the handshake.
   */
  listen(
    address: Address,
    accept: (connection: Connection) => ConnectionHandler | undefined,
    tls?: ListenTls,
  ): Promise<Listener>;
  /**
   * Rejects with {@link NetworkError} (ECONNREFUSED, ENOTFOUND ...), with {@link TlsError} when the handshake is refused; with
   * ECANCELED when `signal` fires before the connection is there.
   */
  connect(
    address: Address,
    handler: (connection: Connection) => ConnectionHandler,
    tls?: DialTls,
    signal?: AbortSignal,
  ): Promise<Connection>;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Stops accepting; open connections stay. */
  close(): Promise<void>;
}

/** What the owner of a connection does with its events. Calls come one at a time, never from inside a call to the connection; they must not throw. */
export interface ConnectionHandler {
  /**
   * Where the next bytes are to land; at least one byte long. Asked again right after each {@link received}, long before
   * the bytes come: idle connections may share one place, since bytes land only just before their own `received`.
   */
  landing(): Uint8Array;
  /** `count` bytes landed at the start of the last {@link landing}. */
  received(count: number): void;
  /** All written bytes have left this process, after a {@link Connection.write} that could not be sent at once. */
  drained(): void;
  /** The peer ended or the connection broke; the last call. */
  closed(error?: Error): void;
}

export interface Connection {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The address the peer dialled. */
  readonly localAddress: string;
  readonly localPort: number;
  /**
   * Sends the chunks in order with one system call; they must not change until `sent` is called or the connection closes.
   * Does nothing on a connection that ended.
   */
  write(chunks: readonly Uint8Array[], sent?: () => void): void;
  /** Bytes handed to {@link write} that have not left yet. */
  readonly pendingBytes: number;
  /** Stops and resumes reading from the peer. */
  pause(): void;
  resume(): void;
  /** Ends the connection after what was written is sent; for ever, if the peer does not read: then {@link destroy} it. */
  end(): void;
  /** Drops the connection at once. */
  destroy(): void;
}

export class NetworkError extends Error {
  override name = 'NetworkError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** One end did not trust the other, or does not speak TLS (code NOT_TLS): trying again does not help. */
export class TlsError extends NetworkError {
  override name = 'TlsError';
}
