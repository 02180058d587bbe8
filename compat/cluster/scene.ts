import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessCluster } from '../brokers/process-cluster.ts';
import type { SeededRandom } from '../../src/base/seeded-random.ts';
import { Kafka, KafkaError, partitionValuesOf, valuesOf, type Admin } from '../../src/client/index.ts';
import { string } from '../../src/client/serializers.ts';

const ANSWER_MS = 3000;
const CALL_MS = 30_000;
/** How long anything may take to come right after a fault. */
const HEAL_MS = 60_000;

/** One partition as a broker sees it. */
export interface PartitionSight {
  readonly topic: string;
  readonly partition: number;
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

export interface SceneOptions {
  readonly cluster: ProcessCluster;
  readonly random: SeededRandom;
  readonly isLong: boolean;
  /** The topics that clients write to. */
  readonly topics: readonly string[];
  /** A group whose members read meanwhile. */
  readonly group: string;
}

/** What a fault finds: the cluster, the topics that clients write to, and who does what in it. */
export class Scene {
  readonly cluster: ProcessCluster;
  readonly random: SeededRandom;
  readonly isLong: boolean;
  readonly topics: readonly string[];
  readonly #group: string;

  constructor({ cluster, random, isLong, topics, group }: SceneOptions) {
    this.cluster = cluster;
    this.random = random;
    this.isLong = isLong;
    this.topics = topics;
    this.#group = group;
  }

  /** Asks the cluster something, by any broker or by a certain one. */
  async ask<Answer>(question: (admin: Admin) => Promise<Answer>, broker?: number): Promise<Answer> {
    const { cluster } = this;
    const one = broker === undefined ? undefined : `127.0.0.1:${cluster.links(broker).clients.port}`;
    const admin = this.#kafka(one ?? cluster.bootstrap).admin();
    try {
      return await question(admin);
    } finally {
      admin.close();
    }
  }

  #kafka(bootstrapServers: string): Kafka {
    const times = { requestTimeoutMs: ANSWER_MS, connectTimeoutMs: ANSWER_MS, apiTimeoutMs: CALL_MS };
    return new Kafka({ bootstrapServers, ...times, logLevel: 'silent' });
  }

  anyBroker(): number {
    return this.cluster.ids[this.random.below(this.cluster.ids.length)]!;
  }

  othersThan(id: number): readonly number[] {
    return this.cluster.ids.filter((each) => each !== id);
  }

  /** All partitions of some topics, as the cluster or one broker sees them. */
  async partitions(topics = this.topics, broker?: number): Promise<PartitionSight[]> {
    const described = valuesOf(await this.ask((admin) => admin.describeTopics(topics), broker));
    return [...described].flatMap(([topic, { partitions }]) =>
      partitions.map(({ partition, leaderId, replicas, inSync }) => ({
        topic,
        partition,
        leader: leaderId,
        replicas,
        inSync,
      })),
    );
  }

  /** The names of all topics, those of the brokers as well. */
  async allTopics(): Promise<string[]> {
    return [...(await this.ask((admin) => admin.listTopics({ includeInternal: true }))).keys()];
  }

  /** Who leads the first partition. */
  async leader(): Promise<number> {
    let leader = -1;
    await this.until('a leader', async () => {
      leader = (await this.partitions())[0]?.leader ?? -1;
      return leader >= 0;
    });
    return leader;
  }

  /** Who follows in the first partition. */
  async follower(): Promise<number> {
    const leader = await this.leader();
    const others = this.othersThan(leader);
    return others[this.random.below(others.length)]!;
  }

  async controller(): Promise<number> {
    return (await this.ask((admin) => admin.describeCluster())).controllerId;
  }

  /** Who coordinates the group that reads. */
  async coordinator(): Promise<number> {
    const [group] = valuesOf(await this.ask((admin) => admin.describeGroups([this.#group]))).values();
    if (group === undefined) throw new Error(`no group ${this.#group}`);
    return group.coordinator.nodeId;
  }

  /** Creates a topic, as often as it takes until it is there. */
  async createTopic(name: string, broker?: number): Promise<void> {
    await this.until(`the new topic ${name}`, async () => {
      const made = await this.ask((admin) => admin.createTopics([{ name, partitions: 1 }]), broker);
      const outcome = made.get(name);
      if (outcome instanceof KafkaError && outcome.code !== 'TOPIC_ALREADY_EXISTS') throw outcome;
      return true;
    });
  }

  /** Deletes topics, as often as it takes until they are gone. */
  async deleteTopics(names: readonly string[], broker?: number): Promise<void> {
    await this.until(`the end of ${names.join(', ')}`, async () => {
      const there = await this.ask((admin) => admin.listTopics(), broker);
      const left = names.filter((name) => there.has(name));
      if (left.length > 0) valuesOf(await this.ask((admin) => admin.deleteTopics(left), broker));
      return left.length === 0;
    });
  }

  /** Gives leaderships to those who are meant to have them. */
  async electPreferred(): Promise<void> {
    await this.ask((admin) => admin.electLeaders('preferred'));
  }

  /** Writes records with our own client. */
  async produce(topic: string, values: readonly string[], acks: 'all' | 1 = 'all'): Promise<void> {
    const producer = this.#kafka(this.cluster.bootstrap).producer<string | null, string | null>({
      keySerializer: string,
      valueSerializer: string,
      acks,
    });
    try {
      await Promise.all(values.map((value) => producer.send({ topic, key: value, value })));
    } finally {
      await producer.close();
    }
  }

  /** Ends of the topics' partitions. */
  async ends(topics = this.topics): Promise<Map<string, Map<number, number>>> {
    const queries = (await this.partitions(topics)).map(({ topic, partition }) => ({
      topic,
      partition,
      at: 'latest' as const,
    }));
    const found = partitionValuesOf(await this.ask((admin) => admin.listOffsets(queries)));
    return new Map(
      [...found].map(([topic, ends]) => [topic, new Map([...ends].map(([index, { offset }]) => [index, offset]))]),
    );
  }

  /** How many committed records the topics have. */
  async records(topics = this.topics): Promise<number> {
    let sum = 0;
    for (const ends of (await this.ends(topics)).values()) for (const end of ends.values()) sum += end;
    return sum;
  }

  /** Waits until no broker is fenced. */
  async allThere(): Promise<void> {
    await this.until('all brokers', async () => {
      const { brokers } = await this.ask((admin) => admin.describeCluster());
      return brokers.length === this.cluster.ids.length;
    });
  }

  /** Waits until each of the topics has records. */
  async begun(): Promise<void> {
    await this.until('records in every topic', async () =>
      [...(await this.ends()).values()].every((ends) => [...ends.values()].some((end) => end > 0)),
    );
  }

  /** Waits until all replicas of the topics are in sync; how long it took. */
  async healed(topics = this.topics): Promise<number> {
    const began = performance.now();
    await this.until('all replicas in sync', async () => {
      const partitions = await this.partitions(topics);
      return partitions.every(({ leader, replicas, inSync }) => leader >= 0 && inSync.length === replicas.length);
    });
    return Math.round(performance.now() - began);
  }

  /** Waits until something holds; questions that fail are asked again. */
  async until(what: string, holds: () => Promise<boolean>, withinMs = HEAL_MS): Promise<void> {
    const deadline = performance.now() + withinMs;
    let last = '';
    for (;;) {
      try {
        if (await holds()) return;
        last = '';
      } catch (error) {
        last = `: ${String(error)}`;
      }
      if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}${last}`);
      await pause(100);
    }
  }
}
