import type { Address } from '../runtime/network.ts';
import { BrokerConnection } from './broker-connection.ts';
import { KafkaError } from './client-error.ts';
import type { ClientSettings } from './client-options.ts';
import type { ClientRuntime } from './client-runtime.ts';
import { backoffMs, pause } from './retry.ts';

/** What a connection is for: a fetch that waits at the broker must not hold up heartbeats and commits. */
export type Purpose = 'requests' | 'fetch' | 'coordination';

interface Slot {
  readonly purpose: Purpose;
  opening: Promise<BrokerConnection> | undefined;
  connection: BrokerConnection | undefined;
  /** Failed attempts in a row, and when the next one may be made. */
  failures: number;
  notBeforeMs: number;
}

/**
 * The connections of one client: at most one for each broker and {@link Purpose}, opened when needed, closed when idle, and not
 * opened again faster than the retry backoff allows.
 */
export class Connections {
  readonly #runtime: ClientRuntime;
  readonly #settings: ClientSettings;
  readonly #slots = new Map<string, Slot>();
  #isClosed = false;

  constructor(runtime: ClientRuntime, settings: ClientSettings) {
    this.#runtime = runtime;
    this.#settings = settings;
  }

  /** An open connection to an address. Rejects with ConnectionError, TimeoutError or CLOSED. */
  async to(address: Address, purpose: Purpose): Promise<BrokerConnection> {
    if (this.#isClosed) throw closedError();
    this.#closeIdle();
    const key = `${address.host}:${address.port} ${purpose}`;
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = { purpose, opening: undefined, connection: undefined, failures: 0, notBeforeMs: 0 };
      this.#slots.set(key, slot);
    }
    if (slot.connection?.isOpen === true) return slot.connection;
    slot.opening ??= this.#open(address, slot).finally(() => {
      slot.opening = undefined;
    });
    return slot.opening;
  }

  /** An open connection with the fewest requests under way; undefined when none is open. */
  leastBusy(): BrokerConnection | undefined {
    let best: BrokerConnection | undefined;
    for (const { connection, purpose } of this.#slots.values()) {
      if (connection?.isOpen !== true || purpose === 'fetch') continue;
      if (best === undefined || connection.inFlight < best.inFlight) best = connection;
    }
    return best;
  }

  close(): void {
    this.#isClosed = true;
    for (const { connection } of this.#slots.values()) connection?.close();
    this.#slots.clear();
  }

  async #open(address: Address, slot: Slot): Promise<BrokerConnection> {
    const waitMs = slot.notBeforeMs - this.#runtime.clock.monotonicMs();
    if (waitMs > 0) await pause(this.#runtime, waitMs);
    if (this.#isClosed) throw closedError();
    try {
      const connection = await BrokerConnection.open(this.#runtime, this.#settings, address, () => {
        if (slot.connection === connection) slot.connection = undefined;
      });
      if (this.#isClosed) connection.close();
      slot.connection = connection;
      slot.failures = 0;
      return connection;
    } catch (error) {
      const ms = backoffMs(this.#settings, slot.failures++, this.#runtime.random.next());
      slot.notBeforeMs = this.#runtime.clock.monotonicMs() + ms;
      throw error;
    }
  }

  #closeIdle(): void {
    const oldestMs = this.#runtime.clock.monotonicMs() - this.#settings.connectionsMaxIdleMs;
    for (const { connection } of this.#slots.values()) {
      if (connection !== undefined && connection.inFlight === 0 && connection.lastUsedMs < oldestMs) connection.close();
    }
  }
}

function closedError(): KafkaError {
  return new KafkaError('CLOSED', 'the client is closed');
}
