import { Admin } from '../../client/admin/admin.ts';
import type { BrokerConnection } from '../../client/broker-connection.ts';
import { Cluster, type CoordinatorKind } from '../../client/cluster.ts';
import { BrokerError, KafkaError } from '../../client/client-error.ts';
import { backoffMs, pause } from '../../client/retry.ts';
import { errorOf, type ErrorSpec, E, isRetriable } from '../../protocol/errors.ts';
import type { Api, Fields, Read, Write } from '../../protocol/schema.ts';
import { ToolFailure } from './tool-failure.ts';
import type { ToolWorld } from './tool-world.ts';

const CLIENT_ID = 'adminclient-1';
const API_TIMEOUT_MS = 60_000;

/** What a broker refused, in Kafka's words: the message alone, as the commands print it. */
export class BrokerRefusal extends ToolFailure {
  override name = 'BrokerRefusal';
  readonly spec: ErrorSpec;

  constructor(spec: ErrorSpec, told?: string | null) {
    super(told ?? spec.text);
    this.spec = spec;
  }
}

/** Throws the error that a broker told, if it told one. */
export function throwRefusal(errorCode: number, told?: string | null): void {
  const spec = errorOf(errorCode);
  if (spec !== E.NONE) throw new BrokerRefusal(spec, told);
}

/** Which broker a question goes to. */
export type Asked =
  | 'any'
  | 'controller'
  | { readonly broker: number }
  | { readonly coordinator: CoordinatorKind; readonly key: string };

type Body<Req extends Fields> = Write<Req> | ((version: number) => Write<Req>);

/** How the commands reach a cluster: one question, one answer, in the newest version that both sides speak. */
export class ToolAdmin {
  readonly cluster: Cluster;
  /** The admin client on the same connections. */
  readonly typed: Admin;
  readonly timeoutMs: number;

  /** Throws {@link ToolFailure} when the settings are no way to a cluster. */
  constructor(world: ToolWorld, bootstrapServers: string, settings: ReadonlyMap<string, string> = new Map()) {
    this.timeoutMs = Number(settings.get('default.api.timeout.ms') ?? API_TIMEOUT_MS);
    const requestTimeoutMs = settings.get('request.timeout.ms');
    const protocol = settings.get('security.protocol') ?? 'PLAINTEXT';
    if (protocol !== 'PLAINTEXT') {
      throw new ToolFailure(
        `Failed to create new KafkaAdminClient\nsecurity.protocol ${protocol} is not supported here`,
      );
    }
    try {
      this.cluster = new Cluster(world.runtime, {
        bootstrapServers,
        clientId: settings.get('client.id') ?? CLIENT_ID,
        ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs: Number(requestTimeoutMs) }),
      });
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      throw new ToolFailure(`Failed to create new KafkaAdminClient\nCaused by: ${error.message}`);
    }
    this.typed = new Admin(this.cluster);
  }

  /**
   * Asks and gives the answer; tried again while no broker can be reached, until `default.api.timeout.ms`.
   * @param call Kafka's name of the question, for the message when time is up.
   */
  async ask<Req extends Fields, Res extends Fields>(
    call: string,
    asked: Asked,
    api: Api<Req, Res>,
    body: Body<Req>,
  ): Promise<Read<Res>> {
    return this.attempt(call, asked, async (connection) => {
      const version = versionFor(connection, api, call);
      return connection.request(api, version, typeof body === 'function' ? body(version) : body);
    });
  }

  /** Does something with a connection to whom is asked, as {@link ask} does. */
  async attempt<T>(call: string, asked: Asked, act: (connection: BrokerConnection) => Promise<T>): Promise<T> {
    const { runtime, settings } = this.cluster;
    const deadlineMs = runtime.clock.monotonicMs() + this.timeoutMs;
    for (let retries = 0; ; retries++) {
      try {
        return await act(await this.#connection(asked));
      } catch (error) {
        const reason = refusalOf(error);
        if (!isWorthAnotherTry(reason)) throw reason;
        const waitMs = backoffMs(settings, retries, runtime.random.next());
        if (runtime.clock.monotonicMs() + waitMs >= deadlineMs) {
          throw new ToolFailure(`Timed out waiting for a node assignment. Call: ${call}`);
        }
        this.cluster.expireView();
        if (typeof asked === 'object' && 'coordinator' in asked) {
          this.cluster.forgetCoordinator(asked.coordinator, asked.key);
        }
        await pause(runtime, waitMs);
      }
    }
  }

  close(): void {
    this.cluster.close();
  }

  async #connection(asked: Asked): Promise<BrokerConnection> {
    if (asked === 'any') return this.cluster.anyBroker();
    if (asked === 'controller') return this.cluster.controller();
    if ('coordinator' in asked) return this.cluster.coordinator(asked.coordinator, asked.key, 'requests');
    if (this.cluster.isViewStale || !this.cluster.view.brokers.has(asked.broker)) await this.cluster.refresh([]);
    return this.cluster.broker(asked.broker);
  }
}

function versionFor<Req extends Fields, Res extends Fields>(
  connection: BrokerConnection,
  api: Api<Req, Res>,
  call: string,
): number {
  const version = connection.versionOf(api);
  if (version === undefined) throw new ToolFailure(`The node does not support ${api.name} (${call})`);
  return version;
}

function refusalOf(error: unknown): unknown {
  return error instanceof BrokerError ? new BrokerRefusal(error.spec) : error;
}

function isWorthAnotherTry(error: unknown): boolean {
  if (error instanceof BrokerRefusal) return isRetriable(error.spec);
  return error instanceof KafkaError && error.retriable;
}
