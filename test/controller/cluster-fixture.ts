import assert from 'node:assert/strict';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import { BrokerRegistration } from '../../src/controller/broker-registration.ts';
import { Controller } from '../../src/controller/controller.ts';
import { ControllerDuties } from '../../src/controller/controller-duties.ts';
import type { NewTopic, TopicCreation } from '../../src/controller/create-topics.ts';
import type { ItemResult } from '../../src/controller/decision.ts';
import type { ClusterImage } from '../../src/metadata/cluster-image.ts';
import { EmbeddedStore } from '../../src/metadata/embedded-store.ts';
import { MetadataView } from '../../src/metadata/metadata-view.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { silent } from '../runtime/silent-logger.ts';

export const BROKER_ID = 1;

export interface ClusterOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly disk?: MemoryDisk;
  readonly clusterId?: string;
}

/** One broker's controller over a store in memory, in virtual time. */
export class Cluster {
  readonly time: VirtualTime;
  readonly disk: MemoryDisk;
  readonly store: EmbeddedStore;
  readonly view: MetadataView;
  readonly registration: BrokerRegistration;
  readonly controller: Controller;
  readonly config: BrokerConfig;

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const time = new VirtualTime();
    const disk = options.disk ?? newDisk();
    const common = { disk, clock: time, timers: time, logger: silent };
    const store = EmbeddedStore.open({ directory: '/data/metadata', ...common });
    const view = await done(time, MetadataView.open(store, silent, time));
    const random = new SeededRandom(7);
    const registering = BrokerRegistration.start({
      store,
      view,
      brokerId: BROKER_ID,
      clusterId: options.clusterId,
      endpoints: [{ listener: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: 'localhost', port: 9092 }],
      rack: null,
      logDirs: [],
      machine: 'm',
      cleanEpoch: -1,
      clock: time,
      timers: time,
      random,
      logger: silent,
    });
    const registration = await done(time, registering);
    const config = new BrokerConfig({ static: new Map(Object.entries(options.settings ?? {})) });
    const controller = new Controller({ store, view, config, random, brokerId: BROKER_ID, logger: silent });
    return new Cluster({ time, disk, store, view, registration, controller, config });
  }

  private constructor(
    parts: Pick<Cluster, 'time' | 'disk' | 'store' | 'view' | 'registration' | 'controller' | 'config'>,
  ) {
    this.time = parts.time;
    this.disk = parts.disk;
    this.store = parts.store;
    this.view = parts.view;
    this.registration = parts.registration;
    this.controller = parts.controller;
    this.config = parts.config;
  }

  get image(): ClusterImage {
    return this.view.image;
  }

  /** Brings a call to its end. */
  done<T>(promise: Promise<T>): Promise<T> {
    return done(this.time, promise);
  }

  /** Creates topics that must come to be. */
  async create(...topics: readonly NewTopic[]): Promise<void> {
    const results = await this.done(this.controller.createTopics({ topics, validateOnly: false }));
    for (const result of results) assert.equal(result.error.name, 'NONE', String(result.message));
  }

  startDuties(): ControllerDuties {
    const { store, view, config, time, controller } = this;
    const onElected = (): Promise<void> => controller.removeOrphans();
    const common = { brokerId: BROKER_ID, clock: time, timers: time, logger: silent };
    return new ControllerDuties({ store, view, config, onElected, ...common });
  }

  async close(): Promise<void> {
    await this.done(this.registration.close());
    this.view.close();
    await this.done(this.store.close());
  }
}

export function newDisk(): MemoryDisk {
  const disk = new MemoryDisk({ crashable: true });
  disk.makeDirectory('/data');
  disk.syncDirectory('/');
  return disk;
}

export async function done<T>(time: VirtualTime, promise: Promise<T>): Promise<T> {
  // Whoever asked handles a rejection; it may come while time passes.
  promise.catch(() => {});
  await time.settle();
  return promise;
}

/** Asks a controller for one topic. */
export async function createTopic(controller: Controller, wish: NewTopic): Promise<TopicCreation> {
  const [created] = await controller.createTopics({ topics: [wish], validateOnly: false });
  return created!;
}

/** A topic as CreateTopics asks for it: one partition, one replica, unless said otherwise. */
export function topic(name: string, wish: Partial<NewTopic> = {}): NewTopic {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...wish };
}

/** An answer as a client sees it. */
export function answers(results: readonly ItemResult[]): (string | null)[][] {
  return results.map(({ error, message }) => [error.name, message]);
}
