import type { BrokerConfig } from '../../config/broker-config.ts';
import type { Timer } from '../../runtime/clock.ts';
import type { Connection, Listener } from '../../runtime/network.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { ClientConnection, plainAddress } from './client-connection.ts';
import type { ListenerAddress } from './listener-addresses.ts';
import { RequestMemory } from './request-memory.ts';
import type { BrokerServices } from '../services.ts';

/** The idle are looked for this many times within connections.max.idle.ms. */
const IDLE_SWEEPS = 4;
const IDLE_SWEEP_MIN_MS = 50;
/** Kernel queue of connections not yet accepted (socket.listen.backlog.size is its setting). */
const UNLIMITED = 0x7fff_ffff;
/** Free ports tried until one is free at both loopback addresses. */
const PORTS_TRIED_MAX = 20;
const LOOPBACKS: readonly string[] = ['127.0.0.1', '::1'];

/** All client connections of a broker, over all its listeners: accepts within the limits, closes the idle. */
export class ClientListeners {
  readonly #runtime: Runtime;
  readonly #config: BrokerConfig;
  readonly #listeners: Listener[] = [];
  readonly #connections = new Map<number, ClientConnection>();
  readonly #memory: RequestMemory;
  readonly #perAddress = new Map<string, number>();
  #nextConnectionId = 1;
  #idleTimer: Timer | undefined;
  #isClosed = false;

  constructor(runtime: Runtime, config: BrokerConfig) {
    this.#runtime = runtime;
    this.#config = config;
    this.#memory = new RequestMemory(config.get('queued.max.request.bytes'));
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Bytes of requests that all connections hold. */
  get requestBytes(): number {
    return this.#memory.usedBytes;
  }

  /** Listens; the port is the one taken when 0 was asked for. Rejects with NetworkError when it cannot. */
  async listen(address: ListenerAddress, broker: BrokerServices): Promise<ListenerAddress> {
    const backlog = this.#config.get('socket.listen.backlog.size');
    const accept = (connection: Connection): ClientConnection | undefined =>
      this.#accept(connection, address.name, broker);
    for (let left = PORTS_TRIED_MAX; ; left--) {
      const listeners = await this.#listenAll(hostsOf(address.host), { port: address.port, backlog }, accept, left > 0);
      if (listeners === undefined) continue;
      this.#listeners.push(...listeners);
      this.#scheduleSweep();
      return { ...address, port: listeners[0]!.port };
    }
  }

  /** Listens at all hosts with one port; undefined when a port that the system chose is taken at one of them. */
  async #listenAll(
    hosts: readonly string[],
    { port, backlog }: { port: number; backlog: number },
    accept: (connection: Connection) => ClientConnection | undefined,
    mayTryAgain: boolean,
  ): Promise<Listener[] | undefined> {
    const listeners: Listener[] = [];
    for (const host of hosts) {
      try {
        const chosen = listeners[0]?.port ?? port;
        listeners.push(await this.#runtime.network.listen({ host, port: chosen, backlog }, accept));
      } catch (error) {
        // localhost means both families, but a machine may have only one.
        if (listeners.length > 0 && isMissingFamily(error)) continue;
        for (const listener of listeners) await listener.close();
        if (port !== 0 || listeners.length === 0 || codeOf(error) !== 'EADDRINUSE' || !mayTryAgain) throw error;
        return undefined;
      }
    }
    return listeners;
  }

  closeConnection(connectionId: number): void {
    this.#connections.get(connectionId)?.close();
  }

  /** Stops accepting and drops all connections; what the kernel has of their answers still leaves. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#idleTimer?.cancel();
    const closing = this.#listeners.map((listener) => listener.close());
    for (const connection of this.#connections.values()) connection.close();
    await Promise.all(closing);
  }

  #accept(connection: Connection, listenerName: string, broker: BrokerServices): ClientConnection | undefined {
    if (this.#isClosed) return undefined;
    const remoteAddress = plainAddress(connection.remoteAddress);
    const ofAddress = this.#perAddress.get(remoteAddress) ?? 0;
    if (this.#connections.size >= this.#limit('max.connections') || ofAddress >= this.#limitOf(remoteAddress)) {
      this.#runtime.logger.warn('connection refused: too many', { remoteAddress, connections: this.#connections.size });
      return undefined;
    }
    const id = this.#nextConnectionId++;
    this.#perAddress.set(remoteAddress, ofAddress + 1);
    const client = new ClientConnection(connection, {
      id,
      listenerName,
      broker,
      memory: this.#memory,
      onClosed: () => this.#forget(id, remoteAddress),
    });
    this.#connections.set(id, client);
    return client;
  }

  #limit(key: 'max.connections' | 'max.connections.per.ip'): number {
    return this.#config.get(key) ?? UNLIMITED;
  }

  /** max.connections.per.ip.overrides names single addresses: "10.0.0.1:5,localhost:100". No names but localhost. */
  #limitOf(remoteAddress: string): number {
    for (const entry of (this.#config.text('max.connections.per.ip.overrides') ?? '').split(',')) {
      const at = entry.lastIndexOf(':');
      const host = entry.slice(0, Math.max(0, at)).trim();
      const isMeant = host === remoteAddress || (host === 'localhost' && LOOPBACKS.includes(remoteAddress));
      if (isMeant) return Number(entry.slice(at + 1));
    }
    return this.#limit('max.connections.per.ip');
  }

  #forget(id: number, remoteAddress: string): void {
    this.#connections.delete(id);
    const left = (this.#perAddress.get(remoteAddress) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(remoteAddress, left);
    else this.#perAddress.delete(remoteAddress);
  }

  #scheduleSweep(): void {
    const idleMs = this.#config.get('connections.max.idle.ms');
    if (idleMs < 0 || this.#idleTimer !== undefined) return;
    const delayMs = Math.max(IDLE_SWEEP_MIN_MS, idleMs / IDLE_SWEEPS);
    this.#idleTimer = this.#runtime.timers.set(Math.min(delayMs, UNLIMITED), () => {
      this.#idleTimer = undefined;
      const oldestMs = this.#runtime.clock.monotonicMs() - idleMs;
      for (const connection of this.#connections.values()) {
        if (connection.lastActiveMs < oldestMs) connection.close();
      }
      this.#scheduleSweep();
    });
  }
}

/** The name localhost stands for both loopback addresses: clients try either first. */
function hostsOf(host: string): readonly string[] {
  if (host === 'localhost') return LOOPBACKS;
  return [host === '' ? '::' : host];
}

function isMissingFamily(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' || code === 'EINVAL';
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}
