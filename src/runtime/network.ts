/** Sockets, as brokers and clients need them: bytes land where the owner says, and go out in one write a turn. */
export interface Network {
  /** Port 0 picks a free one. Rejects with {@link NetworkError} (EADDRINUSE, EACCES ...). */
  listen(
    address: { host: string; port: number },
    accept: (connection: Connection) => ConnectionHandler | undefined,
  ): Promise<Listener>;
  connect(
    address: { host: string; port: number },
    handler: (connection: Connection) => ConnectionHandler,
  ): Promise<Connection>;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Stops accepting; open connections stay. */
  close(): Promise<void>;
}

/** What the owner of a connection does with its events. Calls come one at a time, never from inside a call to the connection. */
export interface ConnectionHandler {
  /** Where the next bytes are to land; asked before every read. At least one byte long. */
  landing(): Uint8Array;
  /** `count` bytes landed at the start of the last {@link landing}. */
  received(count: number): void;
  /** All written bytes have left this process. */
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
  /** Sends the chunks in order; they must not change until `sent` is called or the connection closes. */
  write(chunks: readonly Uint8Array[], sent?: () => void): void;
  /** Bytes handed to {@link write} that have not left yet. */
  readonly pendingBytes: number;
  /** Stops and resumes reading from the peer. */
  pause(): void;
  resume(): void;
  /** Ends the connection after what was written is sent. */
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
