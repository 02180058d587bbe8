import type { Address } from '../runtime/network.ts';
import { BrokerConnection } from './broker-connection.ts';
import { nameOf } from './connection-errors.ts';
import { asKafkaError, KafkaError } from './client-error.ts';
import type { ClientContext } from './client-context.ts';
import { events } from './observe/events.ts';
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
  readonly #context: ClientContext;
  readonly #slots = new Map<string, Slot>();
  #isClosed = false;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** Connections that are open. */
  get openCount(): number {
    let count = 0;
    for (const { connection } of this.#slots.values()) if (connection?.isOpen === true) count++;
    return count;
  }

  /** Requests that wait for their answers. */
  get inFlight(): number {
    let count = 0;
    for (const { connection } of this.#slots.values()) count += connection?.inFlight ?? 0;
    return count;
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
    const { runtime, settings, counters } = this.#context;
    const waitMs = slot.notBeforeMs - runtime.clock.monotonicMs();
    if (waitMs > 0) await pause(runtime, waitMs);
    if (this.#isClosed) throw closedError();
    try {
      const connection = await BrokerConnection.open(this.#context, address, (error) => {
        if (slot.connection === connection) slot.connection = undefined;
        this.#tell(address, 'closed', error.code === 'CLOSED' ? undefined : error);
      });
      counters.connectionsOpened++;
      this.#tell(address, 'opened');
      if (this.#isClosed) connection.close();
      slot.connection = connection;
      slot.failures = 0;
      return connection;
    } catch (thrown) {
      const error = asKafkaError(thrown, `connection to ${nameOf(address)}`);
      counters.connectionsFailed++;
      this.#tell(address, 'failed', error);
      const ms = backoffMs(settings, slot.failures++, runtime.random.next());
      slot.notBeforeMs = runtime.clock.monotonicMs() + ms;
      throw error;
    }
  }

  #tell(address: Address, state: 'opened' | 'failed' | 'closed', error?: KafkaError): void {
    if (!events.connection.isHeard) return;
    const { clientId } = this.#context.settings;
    events.connection.publish({ clientId, state, broker: nameOf(address), error });
  }

  #closeIdle(): void {
    const { runtime, settings } = this.#context;
    const oldestMs = runtime.clock.monotonicMs() - settings.connectionsMaxIdleMs;
    for (const [key, { connection, opening, notBeforeMs }] of this.#slots) {
      if (connection !== undefined && connection.inFlight === 0 && connection.lastUsedMs < oldestMs) connection.close();
      // Of an address that nobody asks for any more, nothing is to be remembered.
      if (connection === undefined && opening === undefined && notBeforeMs < oldestMs) this.#slots.delete(key);
    }
  }
}

function closedError(): KafkaError {
  return new KafkaError('CLOSED', 'the client is closed');
}
