/** Where a request came from, for as long as its connection lives. */
export interface Peer {
  /** Unique within this process. */
  readonly connectionId: number;
  readonly listenerName: string;
  readonly remoteAddress: string;
  /** The address and port that the client dialled. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Software name and version as told by ApiVersions (KIP-511); empty before. */
  softwareName: string;
  softwareVersion: string;
  /** Called when a further request waits behind the one in work: a follower's parked fetch is then answered at once. */
  hurry: (() => void) | undefined;
  /** Run once when the connection is gone; a parked request takes itself out when it is answered. */
  readonly onClosed: Set<() => void>;
  /** Keeps the connection's later requests waiting until the function that it returns is called, once. */
  hold(): () => void;
}

/** One request besides its body. */
export interface RequestContext {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  /** Empty when the client gave none. */
  readonly clientId: string;
  readonly peer: Peer;
}
