import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrokerCluster } from './broker-cluster.ts';
import { kafkaNode } from './kafka.ts';
import { end, freePorts } from './running-broker.ts';
import { clusterSettings, commonSettings } from './settings.ts';

const STOP_MS = 30_000;
const HEAP_MB = 320;
const HOST = '127.0.0.1';
const NODES = 3;

/** Where a node listens. */
export interface KafkaPlace {
  readonly nodeId: number;
  readonly port: number;
  readonly controller: number;
}

/** Settings that differ from node to node. */
export type SettingsOfNode = (place: KafkaPlace) => Promise<Readonly<Record<string, string>>>;

const nodeSettings: Readonly<Record<string, string>> = {
  ...commonSettings,
  ...clusterSettings,
  'offsets.topic.num.partitions': '6',
  'transaction.state.log.num.partitions': '6',
  'broker.session.timeout.ms': '6000',
  'broker.heartbeat.interval.ms': '500',
  'controller.listener.names': 'CONTROLLER',
  'process.roles': 'broker,controller',
};

/** Three nodes of Apache Kafka in one cluster, broker and controller at once, each in a rack of its own. */
export class KafkaCluster implements BrokerCluster {
  readonly bootstrap: string;
  readonly ids: readonly number[];
  readonly #home: string;
  readonly #boots = new Map<number, () => Promise<ChildProcess>>();
  readonly #children = new Map<number, ChildProcess>();

  /** @param own wins over `settings`. */
  static async start(
    settings: Readonly<Record<string, string>> = {},
    own: SettingsOfNode = async () => ({}),
  ): Promise<KafkaCluster> {
    const first = await freePorts(2 * NODES);
    const places = Array.from({ length: NODES }, (_, index) => ({
      nodeId: index + 1,
      port: first + index,
      controller: first + NODES + index,
    }));
    const voters = places.map(({ nodeId, controller }) => `${nodeId}@${HOST}:${controller}`).join(',');
    const cluster = new KafkaCluster(await mkdtemp(join(tmpdir(), 'kafka-cluster-')), places);
    for (const place of places) {
      await cluster.#format(place, {
        ...nodeSettings,
        'controller.quorum.voters': voters,
        ...settings,
        ...(await own(place)),
      });
    }
    await Promise.all(cluster.ids.map((id) => cluster.start(id)));
    return cluster;
  }

  private constructor(home: string, places: readonly KafkaPlace[]) {
    this.#home = home;
    this.ids = places.map(({ nodeId }) => nodeId);
    this.bootstrap = places.map(({ port }) => `${HOST}:${port}`).join(',');
  }

  async start(id: number): Promise<void> {
    const child = await this.#boots.get(id)?.();
    if (child !== undefined) this.#children.set(id, child);
  }

  async stop(id: number): Promise<void> {
    const child = this.#children.get(id);
    if (child !== undefined) await end(child, STOP_MS);
  }

  async kill(id: number): Promise<void> {
    const child = this.#children.get(id);
    if (child === undefined) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async close(): Promise<void> {
    await Promise.all(this.ids.map((id) => this.stop(id)));
    await rm(this.#home, { recursive: true, force: true });
  }

  async #format({ nodeId, port, controller }: KafkaPlace, settings: Readonly<Record<string, string>>): Promise<void> {
    const directory = join(this.#home, String(nodeId));
    await mkdir(directory);
    const properties = {
      'node.id': String(nodeId),
      'broker.rack': `rack-${nodeId}`,
      listeners: `PLAINTEXT://${HOST}:${port},CONTROLLER://${HOST}:${controller}`,
      'advertised.listeners': `PLAINTEXT://${HOST}:${port}`,
      'log.dirs': join(directory, 'data'),
      ...settings,
    };
    this.#boots.set(nodeId, await kafkaNode(directory, properties, port, HEAP_MB));
  }
}
