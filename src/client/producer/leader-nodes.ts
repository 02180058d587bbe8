import type { BrokerConnection } from '../broker-connection.ts';
import type { Cluster } from '../cluster.ts';
import { backoffMs } from '../retry.ts';

/** A broker as the sender sees it. */
export interface LeaderNode {
  readonly nodeId: number;
  connection: BrokerConnection | undefined;
  isOpening: boolean;
  /** Produce requests without an answer. */
  inFlight: number;
  /** Nothing is sent before this: it throttles, or could not be reached. Monotonic milliseconds. */
  notBeforeMs: number;
  failures: number;
}

/** The brokers that lead what is written, with connections that are opened when first needed. */
export class LeaderNodes {
  readonly #cluster: Cluster;
  readonly #changed: () => void;
  readonly #nodes = new Map<number, LeaderNode>();

  /** @param changed called when a connection was made, or could not be. */
  constructor(cluster: Cluster, changed: () => void) {
    this.#cluster = cluster;
    this.#changed = changed;
  }

  get(nodeId: number): LeaderNode {
    let node = this.#nodes.get(nodeId);
    if (node === undefined) {
      node = { nodeId, connection: undefined, isOpening: false, inFlight: 0, notBeforeMs: 0, failures: 0 };
      this.#nodes.set(nodeId, node);
    }
    return node;
  }

  /** The open connection to a node; undefined while one is being made, and {@link changed} will tell. */
  connectionTo(node: LeaderNode): BrokerConnection | undefined {
    const { connection } = node;
    // A broker that moved to another address has another connection.
    const address = this.#cluster.view.brokers.get(node.nodeId);
    const isSame = connection?.address.host === address?.host && connection?.address.port === address?.port;
    if (connection?.isOpen === true && isSame) return connection;
    node.connection = undefined;
    if (!node.isOpening) {
      node.isOpening = true;
      void this.#open(node);
    }
    return undefined;
  }

  async #open(node: LeaderNode): Promise<void> {
    const { runtime, settings } = this.#cluster;
    try {
      node.connection = await this.#cluster.broker(node.nodeId);
      node.failures = 0;
    } catch {
      node.notBeforeMs = runtime.clock.monotonicMs() + backoffMs(settings, node.failures++, runtime.random.next());
      this.#cluster.expireView();
    } finally {
      node.isOpening = false;
    }
    this.#changed();
  }
}
