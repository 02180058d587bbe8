import assert from 'node:assert/strict';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { Broker } from '../../src/broker/broker.ts';
import { loadHandler, servedApis } from '../../src/broker/handlers/all.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createTopics } from '../../src/protocol/messages/019-create-topics.ts';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { listOffsets } from '../../src/protocol/messages/002-list-offsets.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import type { Api, Fields, Read, Write } from '../../src/protocol/schema.ts';
import { decodeRecords } from '../../src/records/batch-records.ts';
import { batchSizeWithin } from '../../src/records/batch-cursor.ts';
import type { DiskFile } from '../../src/runtime/disk.ts';
import { MemoryDisk, type Unsynced } from '../../src/runtime/memory-disk.ts';
import { MemoryNetwork } from '../../src/runtime/memory-network.ts';
import type { Connection, Listener, Network } from '../../src/runtime/network.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { batchOf, NotingLogger } from '../log/log-fixture.ts';
import { RawClient } from './raw-client.ts';

/** Rounds of events that a call may take before the fixture calls it hung. */
const ROUNDS_MAX = 10_000;
const PORT = 9092;

export interface FixtureOptions {
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  readonly capacityBytes?: number;
}

/** Counts what a broker hands to its sockets. */
class CountingNetwork implements Network {
  readonly #network: MemoryNetwork;
  readonly #accepted = new Set<Connection>();
  writes = 0;

  constructor(network: MemoryNetwork) {
    this.#network = network;
  }

  listen(...[address, accept]: Parameters<Network['listen']>): Promise<Listener> {
    return this.#network.listen(address, (connection) => {
      const write = connection.write.bind(connection);
      connection.write = (...args: Parameters<Connection['write']>) => {
        this.writes++;
        write(...args);
      };
      this.#accepted.add(connection);
      return accept(connection);
    });
  }

  /** Bytes of answers that clients have not taken. */
  get pendingBytes(): number {
    let bytes = 0;
    for (const connection of this.#accepted) bytes += connection.pendingBytes;
    return bytes;
  }

  connect(...args: Parameters<MemoryNetwork['connect']>): Promise<Connection> {
    return this.#network.connect(...args);
  }
}

/** Makes a disk slow to sync, and counts the writes to files whose path contains a text. */
export class HeldDisk {
  readonly #waiting: (() => void)[] = [];
  readonly #writes = new Map<string, number>();
  #heldPath: string | undefined;

  watch(disk: MemoryDisk): void {
    const open = disk.open.bind(disk);
    disk.open = (path, mode) => this.#watched(path, open(path, mode));
  }

  /** From now on syncs of files whose path contains `path` take until {@link release}. */
  hold(path: string): void {
    this.#heldPath = path;
  }

  /** The syncs that were waiting begin; later ones are not held. */
  release(): void {
    this.#heldPath = undefined;
    for (const begin of this.#waiting.splice(0)) begin();
  }

  get heldCount(): number {
    return this.#waiting.length;
  }

  writesTo(path: string): number {
    let count = 0;
    for (const [written, writes] of this.#writes) if (written.includes(path)) count += writes;
    return count;
  }

  #watched(path: string, file: DiskFile): DiskFile {
    const sync = file.sync.bind(file);
    const writeAll = file.writeAll.bind(file);
    file.sync = () => {
      if (this.#heldPath === undefined || !path.includes(this.#heldPath)) return sync();
      return new Promise((resolve, reject) => {
        this.#waiting.push(() => void sync().then(resolve, reject));
      });
    };
    file.writeAll = (...args) => {
      this.#writes.set(path, (this.#writes.get(path) ?? 0) + 1);
      writeAll(...args);
    };
    return file;
  }
}

/** A whole broker in virtual time, on a disk and a network in memory. */
export class BrokerFixture {
  readonly time = new VirtualTime();
  readonly network = new MemoryNetwork(this.time);
  readonly counting = new CountingNetwork(this.network);
  readonly logger = new NotingLogger();
  disk: MemoryDisk;
  readonly held = new HeldDisk();
  broker!: Broker;
  /** Why brokers could not go on. */
  readonly failures: string[] = [];
  readonly #settings: Record<string, string | number | boolean>;

  private constructor({ settings = {}, capacityBytes }: FixtureOptions) {
    this.disk = new MemoryDisk({ crashable: true, ...(capacityBytes === undefined ? {} : { capacityBytes }) });
    this.held.watch(this.disk);
    this.#settings = {
      listeners: `PLAINTEXT://127.0.0.1:${PORT}`,
      'log.dirs': '/data',
      'auto.create.topics.enable': false,
      'offsets.topic.num.partitions': 1,
      ...settings,
    };
  }

  static async start(options: FixtureOptions = {}): Promise<BrokerFixture> {
    const fixture = new BrokerFixture(options);
    await fixture.start();
    return fixture;
  }

  /** Starts a broker on the disk as it is. */
  async start(settings: Readonly<Record<string, string | number | boolean>> = {}): Promise<void> {
    // Loading modules takes real time; here only virtual time is to matter.
    for (const { key } of servedApis()) await loadHandler(key);
    Object.assign(this.#settings, settings);
    const { config } = loadConfig({ overrides: this.#settings });
    const runtime = {
      clock: this.time,
      timers: this.time,
      random: new SeededRandom(11),
      disk: this.disk,
      network: this.counting,
      logger: this.logger,
      hostName: () => 'here.example',
    };
    this.broker = await this.done(Broker.start({ config, runtime, failed: (reason) => this.failures.push(reason) }));
  }

  /** kill -9: the page cache stays. */
  kill(): Promise<void> {
    return this.#die(this.disk.kill());
  }

  /** The power goes. */
  crash(unsynced: Unsynced, seed = 1): Promise<void> {
    return this.#die(this.disk.crash(unsynced, new SeededRandom(seed)));
  }

  /** Stops the broker cleanly; nothing of it may be left. */
  async close(): Promise<void> {
    await this.done(this.broker.close());
    await this.time.settle();
    assert.equal(this.network.openCount, 0, 'connections are left');
    assert.equal(this.time.pending, 0, 'timers are left');
  }

  /** Lets promises and events run until `promise` is settled; no time passes. */
  async done<T>(promise: Promise<T>): Promise<T> {
    for (let round = 0; !(await this.isDone(promise)); round++) {
      assert(round < ROUNDS_MAX, 'a call does not end, and only time could help it');
    }
    return promise;
  }

  /** Whether `promise` is settled once everything that needs no time is done. */
  async isDone(promise: Promise<unknown>): Promise<boolean> {
    let isSettled = false;
    const settled = (): void => void (isSettled = true);
    promise.then(settled, settled);
    await this.time.settle();
    return isSettled;
  }

  async connect(port = PORT, host = '127.0.0.1'): Promise<RawClient> {
    const client = await this.done(RawClient.connect(this.network, port, host));
    await this.time.settle();
    return client;
  }

  /** One request and its answer, on a connection of its own unless one is given. */
  async call<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    body: Write<Req>,
    given?: RawClient,
  ): Promise<Read<Res>> {
    const client = given ?? (await this.connect());
    const response = await this.done(client.send(api, version, body).response);
    if (given === undefined) client.close();
    await this.time.settle();
    return response;
  }

  async createTopic(
    name: string,
    options: { partitions?: number; configs?: Record<string, string> } = {},
  ): Promise<void> {
    const configs = Object.entries(options.configs ?? {}).map(([key, value]) => ({ name: key, value }));
    const { topics } = await this.call(createTopics, 7, {
      topics: [{ name, numPartitions: options.partitions ?? 1, replicationFactor: 1, assignments: [], configs }],
      timeoutMs: 1000,
      validateOnly: false,
    });
    assert.equal(topics[0]?.errorCode, 0, String(topics[0]?.errorMessage));
  }

  /** Everything a reader finds in a partition. */
  async values(topic: string, partition = 0): Promise<string[]> {
    const { responses } = await this.call(fetch, 12, fetchOf(topic, { partition, maxWaitMs: 0 }));
    const answer = responses[0]!.partitions[0]!;
    assert.equal(answer.errorCode, 0);
    return valuesIn(answer.records);
  }

  /** ListOffsets of `timestamp`, the latest offset (-1) unless said otherwise. */
  async offset(topic: string, timestamp = -1, partition = 0): Promise<number> {
    const { topics } = await this.call(listOffsets, 7, {
      replicaId: -1,
      isolationLevel: 0,
      timeoutMs: 0,
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp }] }],
    });
    const answer = topics[0]!.partitions[0]!;
    assert.equal(answer.errorCode, 0);
    return answer.offset;
  }

  /** The process that is gone still has timers and sockets: they come to nothing. */
  async #die(disk: MemoryDisk): Promise<void> {
    const gone = this.broker;
    this.network.reset();
    this.disk = disk;
    this.held.watch(disk);
    this.held.release();
    // What it still does fails at its dead disk; its listener has to go before the next one takes the port.
    await this.done(gone.close().catch(() => {}));
  }
}

/** A produce request of one batch for each value list, version 12 (topic names). */
export function produceOf(
  topic: string,
  values: readonly string[],
  options: { acks?: number; timeoutMs?: number; partition?: number; batch?: Uint8Array } = {},
): Write<(typeof produce)['request']['fields']> {
  const { acks = -1, timeoutMs = 1000, partition = 0, batch = batchOf(values) } = options;
  return {
    transactionalId: null,
    acks,
    timeoutMs,
    topicData: [{ name: topic, topicId: ZERO_UUID, partitionData: [{ index: partition, records: [batch] }] }],
  };
}

export interface FetchOptions {
  readonly partition?: number;
  readonly offset?: number;
  readonly maxWaitMs?: number;
  readonly minBytes?: number;
  readonly sessionId?: number;
  readonly sessionEpoch?: number;
}

/** A fetch of one partition, version 12 (topic names); without a session unless one is named. */
export function fetchOf(topic: string, options: FetchOptions = {}): Write<(typeof fetch)['request']['fields']> {
  const { partition = 0, offset = 0, maxWaitMs = 500, minBytes = 1, sessionId = 0, sessionEpoch = -1 } = options;
  return {
    maxWaitMs,
    minBytes,
    maxBytes: 1 << 26,
    isolationLevel: 0,
    sessionId,
    sessionEpoch,
    topics: [
      {
        topic,
        topicId: ZERO_UUID,
        partitions: [
          {
            partition,
            currentLeaderEpoch: -1,
            fetchOffset: offset,
            lastFetchedEpoch: -1,
            logStartOffset: -1,
            highWatermark: -1,
            partitionMaxBytes: 1 << 20,
          },
        ],
      },
    ],
    forgottenTopicsData: [],
    rackId: '',
  };
}

/** The values of all whole batches in fetched bytes. */
export function valuesIn(records: Uint8Array | null): string[] {
  const values: string[] = [];
  if (records === null) return values;
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  for (let at = 0; at < records.length;) {
    const size = batchSizeWithin(view, at, records.length);
    if (size === 0) break;
    for (const { value } of decodeRecords(records, at)) values.push(Buffer.from(value ?? []).toString());
    at += size;
  }
  return values;
}
