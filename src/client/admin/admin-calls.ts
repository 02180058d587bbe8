import type { Api, Fields, Read, Write } from '../../protocol/schema.ts';
import type { BrokerConnection } from '../broker-connection.ts';
import { asKafkaError, BrokerError, KafkaError, TimeoutError } from '../client-error.ts';
import type { Cluster, CoordinatorKind } from '../cluster.ts';
import { events } from '../observe/events.ts';
import { ADMIN_METRICS, countersFor, type Counters } from '../observe/metric-tables.ts';
import { retried } from '../retry.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { Outcome } from './results.ts';

/** Who is asked. It decides which errors of a broker lead to another try, as in the handlers of Kafka's AdminClient. */
export type Asked = 'controller' | 'coordinator' | 'leader' | 'broker';

const CONTROLLER_RETRIES: ReadonlySet<ErrorSpec> = new Set([E.NOT_CONTROLLER, E.THROTTLING_QUOTA_EXCEEDED]);

const RETRIED: Readonly<Record<Asked, (error: BrokerError) => boolean>> = {
  controller: ({ spec }) => CONTROLLER_RETRIES.has(spec),
  coordinator: ({ spec }) => spec.retry === 'findCoordinator' || spec.retry === 'retry',
  leader: ({ retriable }) => retriable,
  broker: ({ spec }) => spec.retry === 'retry' || spec === E.COORDINATOR_NOT_AVAILABLE,
};

/** A broker, and where it is reached. */
export interface BrokerNode {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** Items that are asked for together, by a key of their own. */
export type Items<Item> = ReadonlyMap<string, Item>;

/**
 * How an admin's requests reach brokers and are tried again, until `apiTimeoutMs`. One place for all calls: they say what to
 * ask, whom, and how to read the answer.
 */
export class AdminCalls {
  readonly cluster: Cluster;
  readonly counters: Counters<typeof ADMIN_METRICS> = countersFor(ADMIN_METRICS);

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** Told to brokers that wait for an effect. */
  get timeoutMs(): number {
    return this.cluster.settings.requestTimeoutMs;
  }

  /** Sends a request in the newest version that both sides speak; `body` may depend on it. */
  async ask<Req extends Fields, Res extends Fields>(
    connection: BrokerConnection,
    api: Api<Req, Res>,
    body: Write<Req> | ((version: number) => Write<Req>),
    newest?: number,
  ): Promise<Read<Res>> {
    const version = connection.versionFor(api, newest);
    return connection.request(api, version, typeof body === 'function' ? body(version) : body);
  }

  /** One question to any broker. */
  atAny<T>(about: string, attempt: (connection: BrokerConnection) => Promise<T>): Promise<T> {
    return this.#retried(about, 'broker', async () => attempt(await this.cluster.anyBroker()));
  }

  /** One question to the broker with this id. */
  atBroker<T>(nodeId: number, about: string, attempt: (connection: BrokerConnection) => Promise<T>): Promise<T> {
    return this.#retried(about, 'broker', async () => attempt(await this.brokerOf(nodeId)));
  }

  /** One question to the controller. */
  atController<T>(about: string, attempt: (connection: BrokerConnection) => Promise<T>): Promise<T> {
    return this.#retried(about, 'controller', async () => attempt(await this.controller()));
  }

  /** One question to the coordinator of a key. */
  atCoordinator<T>(
    kind: CoordinatorKind,
    key: string,
    about: string,
    attempt: (connection: BrokerConnection) => Promise<T>,
  ): Promise<T> {
    return this.#retried(
      about,
      'coordinator',
      async () => attempt(await this.cluster.coordinator(kind, key, 'requests')),
      () => this.cluster.forgetCoordinator(kind, key),
    );
  }

  /** The same question to every broker of the cluster; rejects when one of them fails for good. */
  async atEveryBroker<T>(about: string, attempt: (connection: BrokerConnection) => Promise<T>): Promise<T[]> {
    const { brokers } = await this.cluster.refresh([]);
    return Promise.all([...brokers.keys()].map((nodeId) => this.atBroker(nodeId, `${about} at ${nodeId}`, attempt)));
  }

  /** Several items, asked for together; those that fail for now are asked for again. Rejects when nothing was answered. */
  async each<Item, V>(
    about: string,
    asked: Asked,
    items: Items<Item>,
    attempt: (open: Items<Item>) => Promise<Map<string, Outcome<V>>>,
  ): Promise<Map<string, Outcome<V>>> {
    const outcomes = new Map<string, Outcome<V>>();
    if (items.size === 0) return outcomes;
    const open = new Map(items);
    try {
      await this.#retried(about, asked, async () => {
        const answer = await attempt(open);
        let again: KafkaError | undefined;
        for (const key of open.keys()) {
          const outcome = answer.has(key) ? (answer.get(key) as Outcome<V>) : leftOut(about, key);
          outcomes.set(key, outcome);
          if (outcome instanceof KafkaError && isRetried(outcome, asked)) again = outcome;
          else open.delete(key);
        }
        if (again !== undefined) throw again;
      });
    } catch (thrown) {
      if (outcomes.size === 0) throw thrown;
      for (const key of open.keys())
        outcomes.set(key, this.#late(about, asKafkaError(thrown, about), outcomes.get(key)));
    }
    return outcomes;
  }

  /** As {@link each}, every item with the broker that `place` finds for it: one question for each broker, all at once. */
  eachPlaced<Item, V>(
    about: string,
    asked: Asked,
    items: Items<Item>,
    how: {
      readonly place: (open: Items<Item>) => Promise<Map<string, Outcome<BrokerConnection>>>;
      readonly attempt: (connection: BrokerConnection, items: Items<Item>) => Promise<Map<string, Outcome<V>>>;
    },
  ): Promise<Map<string, Outcome<V>>> {
    return this.each(about, asked, items, async (open) => {
      const outcomes = new Map<string, Outcome<V>>();
      const groups = new Map<BrokerConnection, Map<string, Item>>();
      for (const [key, place] of await how.place(open)) {
        const item = open.get(key);
        if (place instanceof KafkaError) outcomes.set(key, place);
        else if (item !== undefined) groups.set(place, (groups.get(place) ?? new Map<string, Item>()).set(key, item));
      }
      await Promise.all(
        [...groups].map(async ([connection, group]) => {
          try {
            for (const [key, outcome] of await how.attempt(connection, group)) outcomes.set(key, outcome);
          } catch (thrown) {
            const error = asKafkaError(thrown, about);
            for (const key of group.keys()) outcomes.set(key, error);
          }
        }),
      );
      return outcomes;
    });
  }

  /** The broker that a connection leads to; its id is -1 as long as it is known by its address only. */
  nodeOf({ address: { host, port } }: BrokerConnection): BrokerNode {
    for (const broker of this.cluster.view.brokers.values()) {
      if (broker.host === host && broker.port === port) return { nodeId: broker.nodeId, host, port };
    }
    return { nodeId: -1, host, port };
  }

  /** A connection to the controller; who that is, is asked anew after a failure. */
  async controller(): Promise<BrokerConnection> {
    if (this.cluster.isViewStale) await this.cluster.refresh([]);
    return this.cluster.controller();
  }

  /** A connection to the broker with this id; brokers are looked up anew after a failure. */
  async brokerOf(nodeId: number): Promise<BrokerConnection> {
    if (this.cluster.isViewStale || !this.cluster.view.brokers.has(nodeId)) await this.cluster.refresh([]);
    return this.cluster.broker(nodeId);
  }

  #late(about: string, reason: KafkaError, last: unknown): KafkaError {
    if (!(last instanceof KafkaError) || !(reason instanceof TimeoutError)) return reason;
    return new TimeoutError(`no success within ${this.cluster.settings.apiTimeoutMs} ms; last: ${last.message}`, {
      cause: last,
      about,
    });
  }

  async #retried<T>(about: string, asked: Asked, attempt: () => Promise<T>, forget?: () => void): Promise<T> {
    const { cluster } = this;
    const timeoutMs = cluster.settings.apiTimeoutMs;
    const beforeRetry = (): void => {
      cluster.expireView();
      forget?.();
    };
    const isWorthIt = (error: KafkaError): boolean => isRetried(error, asked);
    this.counters.calls++;
    try {
      return await retried(cluster, { about, timeoutMs, beforeRetry, isRetried: isWorthIt }, attempt);
    } catch (thrown) {
      const error = asKafkaError(thrown, about);
      this.counters.callsFailed++;
      if (events.error.isHeard) events.error.publish({ clientId: cluster.settings.clientId, about, error });
      throw error;
    }
  }
}

function isRetried(error: KafkaError, asked: Asked): boolean {
  return error instanceof BrokerError ? RETRIED[asked](error) : error.retriable;
}

function leftOut(about: string, key: string): KafkaError {
  return new KafkaError('MALFORMED', `${about}: the broker's answer leaves out ${key}`);
}
