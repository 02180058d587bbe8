import assert from 'node:assert/strict';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { Broker } from '../../src/broker/broker.ts';
import { loadHandler, servedApis } from '../../src/broker/handlers/all.ts';
import { loadConfig } from '../../src/config/load.ts';
import { EmbeddedStore } from '../../src/metadata/embedded-store.ts';
import { metadata } from '../../src/protocol/messages/003-metadata.ts';
import { createTopics } from '../../src/protocol/messages/019-create-topics.ts';
import type { Api, Fields, Read, Write } from '../../src/protocol/schema.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { MemoryNetwork } from '../../src/runtime/memory-network.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { NotingLogger } from '../log/log-fixture.ts';
import { RawClient } from './raw-client.ts';

const ROUNDS_MAX = 20_000;
const STEP_MS = 10;
/** Virtual time that anything in a test may take. */
const PATIENCE_MS = 120_000;

interface Member {
  broker: Broker;
  disk: MemoryDisk;
}

/** Several brokers in virtual time over one embedded store, each with its own disk. */
export class ClusterFixture {
  readonly time = new VirtualTime();
  readonly network = new MemoryNetwork(this.time);
  readonly logger = new NotingLogger();
  readonly members = new Map<number, Member>();
  readonly #storeDisk = new MemoryDisk();
  readonly #settings: Readonly<Record<string, string | number | boolean>>;
  store!: EmbeddedStore;

  private constructor(settings: Readonly<Record<string, string | number | boolean>>) {
    this.#settings = settings;
  }

  static async start(
    count: number,
    settings: Readonly<Record<string, string | number | boolean>> = {},
  ): Promise<ClusterFixture> {
    const fixture = new ClusterFixture(settings);
    for (const { key } of servedApis()) await loadHandler(key);
    await loadHandler(58);
    const { time, logger } = fixture;
    fixture.store = EmbeddedStore.open({
      disk: fixture.#storeDisk,
      directory: '/metadata',
      clock: time,
      timers: time,
      logger,
    });
    for (let id = 1; id <= count; id++) await fixture.startBroker(id);
    await fixture.until('all are live', async () => (await fixture.liveBrokers()).length === count);
    return fixture;
  }

  /** Starts a broker on the disk that it had, if it had one. */
  async startBroker(id: number): Promise<void> {
    await this.done(this.beginBroker(id));
  }

  /** As {@link startBroker}, without waiting: one that is not let in is never ready. */
  async beginBroker(id: number): Promise<void> {
    const disk = this.members.get(id)?.disk ?? new MemoryDisk({ crashable: true });
    const { config } = loadConfig({
      overrides: {
        listeners: `PLAINTEXT://127.0.0.1:${this.port(id)}`,
        'log.dirs': '/data',
        'node.id': id,
        'auto.create.topics.enable': false,
        'offsets.topic.num.partitions': 3,
        'transaction.state.log.num.partitions': 3,
        ...this.#settings,
      },
    });
    const runtime = {
      clock: this.time,
      timers: this.time,
      random: new SeededRandom(id),
      disk,
      network: this.network,
      logger: this.logger,
      hostName: () => `host${id}.example`,
    };
    const broker = await Broker.start({ config, runtime, store: this.store });
    this.members.set(id, { broker, disk });
  }

  port(id: number): number {
    return 9090 + id;
  }

  /** kill -9: what it wrote stays, its sockets break, it does nothing more. */
  async kill(id: number): Promise<void> {
    const member = this.members.get(id)!;
    member.disk = member.disk.kill();
    await this.done(member.broker.close().catch(() => {}));
  }

  async stop(id: number): Promise<void> {
    await this.done(this.members.get(id)!.broker.close());
  }

  async close(): Promise<void> {
    for (const { broker } of this.members.values()) await this.done(broker.close().catch(() => {}));
    await this.done(this.store.close());
  }

  /** Lets time pass until `condition` holds. */
  async until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
    const deadlineMs = this.time.monotonicMs() + PATIENCE_MS;
    for (;;) {
      const asked = Promise.resolve(condition());
      if (await this.done(asked)) return;
      assert(this.time.monotonicMs() < deadlineMs, `${what}: never`);
      await this.time.run(STEP_MS);
    }
  }

  /** Lets promises, events and time run until `promise` is settled. */
  async done<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = (): void => void (isSettled = true);
    promise.then(settled, settled);
    for (let round = 0; ; round++) {
      await this.time.settle();
      if (isSettled) return promise;
      assert(round < ROUNDS_MAX, 'a call does not end');
      await this.time.run(STEP_MS);
    }
  }

  async call<Req extends Fields, Res extends Fields>(
    id: number,
    api: Api<Req, Res>,
    version: number,
    body: Write<Req>,
  ): Promise<Read<Res>> {
    const client = await this.done(RawClient.connect(this.network, this.port(id), '127.0.0.1'));
    const response = await this.done(client.send(api, version, body).response);
    client.close();
    await this.time.settle();
    return response;
  }

  async liveBrokers(): Promise<number[]> {
    const { entries } = await this.done(this.store.range('live/'));
    return entries.map(({ key }) => Number(key.slice('live/'.length)));
  }

  async createTopic(name: string, shape: { partitions?: number; replicas?: number; at?: number } = {}): Promise<void> {
    const { partitions = 1, replicas = 3, at = 1 } = shape;
    const { topics } = await this.call(at, createTopics, 7, {
      topics: [{ name, numPartitions: partitions, replicationFactor: replicas, assignments: [], configs: [] }],
      timeoutMs: 1000,
      validateOnly: false,
    });
    assert.equal(topics[0]?.errorCode, 0, String(topics[0]?.errorMessage));
  }

  /** A partition as broker `at` tells it. */
  async partition(topic: string, index = 0, at = 1) {
    const { topics } = await this.call(at, metadata, 12, {
      topics: [{ topicId: ZERO_UUID, name: topic }],
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    });
    return topics[0]!.partitions.find(({ partitionIndex }) => partitionIndex === index)!;
  }
}
