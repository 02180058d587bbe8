import type { Fields } from '../protocol/schema.ts';
import type { Timers } from '../runtime/clock.ts';
import type { Address, Network } from '../runtime/network.ts';
import { PeerConnection, PeerFailure, type PeerAnswered, type PeerRequest } from './peer-connection.ts';

const CONNECT_TIMEOUT_MS = 2_000;

/**
 * What a connection to a broker is for: long polls of followers must not hold up what the brokers tell each other. One
 * connection for each broker and purpose.
 */
export type PeerPurpose = 'replication' | 'requests';

export interface PeersOptions {
  readonly network: Network;
  readonly timers: Timers;
  readonly clientId: string;
  readonly responseBytesMax: number;
  /** Where a broker listens for other brokers; undefined when it is not known. */
  readonly addressOf: (brokerId: number) => Address | undefined;
  /** A connection to a broker was refused or broke: it may be gone. */
  readonly lost: (brokerId: number, failure: PeerFailure) => void;
}

/** This broker's connections to the others, made when they are first needed and again after they broke. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #connections = new Map<string, PeerConnection>();
  #isClosed = false;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Sends a request to a broker; `answered` is called later, never from inside this call. */
  send<Req extends Fields, Res extends Fields>(
    brokerId: number,
    purpose: PeerPurpose,
    request: PeerRequest<Req, Res>,
    answered: PeerAnswered<Res>,
  ): void {
    const connection = this.#connection(brokerId, purpose);
    if (connection instanceof PeerFailure) this.#options.timers.soon(() => answered(connection));
    else connection.send(request, answered);
  }

  /** Drops what is connected to a broker: it has left, or is somewhere else now. */
  disconnect(brokerId: number): void {
    for (const purpose of ['replication', 'requests'] as const) this.#connections.get(key(brokerId, purpose))?.close();
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of Array.from(this.#connections.values())) connection.close();
  }

  #connection(brokerId: number, purpose: PeerPurpose): PeerConnection | PeerFailure {
    if (this.#isClosed) return new PeerFailure('closed', 'this broker is closing');
    const { addressOf, network, timers, clientId, responseBytesMax, lost } = this.#options;
    const address = addressOf(brokerId);
    if (address === undefined) return new PeerFailure('broken', `broker ${brokerId} is not known`);
    const name = key(brokerId, purpose);
    const known = this.#connections.get(name);
    if (known !== undefined && known.address.host === address.host && known.address.port === address.port) return known;
    known?.close();
    const connection: PeerConnection = new PeerConnection({
      network,
      timers,
      address,
      clientId,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      responseBytesMax,
      ended: (failure) => {
        if (this.#connections.get(name) === connection) this.#connections.delete(name);
        if (failure.kind === 'refused' || failure.kind === 'broken') lost(brokerId, failure);
      },
    });
    this.#connections.set(name, connection);
    return connection;
  }
}

function key(brokerId: number, purpose: PeerPurpose): string {
  return `${brokerId}/${purpose}`;
}
