import { setTimeout as pause } from 'node:timers/promises';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { ClientRuntime } from '../../src/client/client-runtime.ts';
import { Cluster } from '../../src/client/cluster.ts';
import { Kafka } from '../../src/client/kafka.ts';
import { listOffsets } from '../../src/protocol/messages/002-list-offsets.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { FaultyNetwork } from '../../test/client/producer/faulty-network.ts';
import { createTopic, readPartition } from '../../test/client/producer/reading.ts';

/** Readers of committed records wait so long for a transaction that is not decided. */
const LOOKS_MAX = 40;
const LOOK_PAUSE_MS = 50;
const LATEST = -1;
const OFFSETS_VERSION = 5;

/** What must hold of the client against any Kafka. Throws where it does not. */
export interface ClientScenario {
  readonly name: string;
  run(world: ClientWorld): Promise<void>;
}

/** One scenario against one cluster: names of its own, and everything it made is closed at its end. */
export class ClientWorld {
  readonly bootstrapServers: string;
  readonly kafka: Kafka;
  readonly cluster: Cluster;
  /** Names of topics, groups and transactional ids begin with it. */
  readonly prefix: string;
  /** The network of every client of {@link kafka}. */
  readonly network: FaultyNetwork;

  constructor(bootstrapServers: string, prefix: string, seed: number) {
    const runtime = nodeRuntime({ level: 'error', fd: 2, pretty: false });
    this.bootstrapServers = bootstrapServers;
    this.prefix = prefix;
    this.network = new FaultyNetwork(runtime.network, new SeededRandom(seed));
    const faulty: ClientRuntime = { ...runtime, network: this.network };
    this.kafka = new Kafka({ bootstrapServers, requestTimeoutMs: 10_000 }, faulty);
    this.cluster = new Cluster(runtime, { bootstrapServers });
  }

  async topic(name: string, partitions: number): Promise<string> {
    const topic = `${this.prefix}-${name}`;
    await createTopic(this.cluster, topic, partitions);
    await this.cluster.topic(topic);
    return topic;
  }

  /** The values in a partition as text, in order; `isCommitted`: those that a read-committed reader sees. */
  async values(topic: string, partition: number, isCommitted = false): Promise<string[]> {
    if (isCommitted) await this.#decided(topic, partition);
    const records = await readPartition(this.cluster, topic, partition, isCommitted);
    return records.map(({ value }) => Buffer.from(value ?? []).toString());
  }

  /** Kafka answers a commit before all its markers are written: waits for them, as long as that may take. */
  async #decided(topic: string, partition: number): Promise<void> {
    for (let look = 0; look < LOOKS_MAX; look++) {
      const [high, stable] = await Promise.all([0, 1].map((isolation) => this.#end(topic, partition, isolation)));
      if (high === stable) return;
      await pause(LOOK_PAUSE_MS);
    }
  }

  async #end(topic: string, partition: number, isolationLevel: number): Promise<number> {
    const { leaderId } = (await this.cluster.topic(topic)).partitions[partition]!;
    const connection = await this.cluster.broker(leaderId);
    const wanted = { partitionIndex: partition, currentLeaderEpoch: -1, timestamp: LATEST };
    const request = { replicaId: -1, isolationLevel, topics: [{ name: topic, partitions: [wanted] }], timeoutMs: 0 };
    const answer = await connection.request(listOffsets, connection.versionFor(listOffsets, OFFSETS_VERSION), request);
    return answer.topics[0]!.partitions[0]!.offset;
  }

  close(): void {
    this.cluster.close();
  }
}
