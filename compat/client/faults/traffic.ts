import assert from 'node:assert/strict';
import type { Consumer, Kafka, Producer } from '../../../src/client/index.ts';
import { string } from '../../../src/client/serializers.ts';

const PARTITIONS = 3;
const SEND_PAUSE_MS = 10;
const LOOK_MS = 50;
const UNTIL_MS = 90_000;

/** Records that are written and read all the while, and what must hold of them at the end. */
export class Traffic {
  readonly topic: string;
  readonly groupId: string;
  readonly #kafka: Kafka;
  readonly #producer: Producer<Uint8Array | null, string>;
  readonly #consumer: Consumer<Uint8Array | null, string | null>;
  /** Values by partition, in the order in which they were sent. */
  readonly #sent: string[][] = Array.from({ length: PARTITIONS }, () => []);
  readonly #seen: string[][] = Array.from({ length: PARTITIONS }, () => []);
  readonly #promises: Promise<unknown>[] = [];
  readonly #stopping = new AbortController();
  #acknowledged = 0;
  #working: Promise<unknown> = Promise.resolve();

  private constructor(kafka: Kafka, name: string) {
    this.topic = name;
    this.groupId = `${name}-group`;
    this.#kafka = kafka;
    this.#producer = kafka.producer({ valueSerializer: string, lingerMs: 2, batchSize: 2000 });
    this.#consumer = kafka.consumer({
      groupId: this.groupId,
      valueDeserializer: string,
      offsetReset: 'earliest',
      autoCommitIntervalMs: 100,
      sessionTimeoutMs: 10_000,
      heartbeatIntervalMs: 500,
      signal: this.#stopping.signal,
    });
  }

  static async start(kafka: Kafka, name: string): Promise<Traffic> {
    const admin = kafka.admin();
    await admin.createTopics([{ name, partitions: PARTITIONS }]);
    admin.close();
    const traffic = new Traffic(kafka, name);
    traffic.#working = Promise.all([traffic.#write(), traffic.#read()]);
    await traffic.progress();
    return traffic;
  }

  /** Waits until a good number more has been written and read: it goes on. */
  async progress(): Promise<void> {
    const [acknowledged, seen] = [this.#acknowledged + 100, this.#seenCount + 100];
    await until(() => this.#acknowledged >= acknowledged && this.#seenCount >= seen, 'writing and reading go on');
  }

  /** Stops writing, has everything read, and holds what was read against what was written. */
  async finish(): Promise<string> {
    this.#stopping.abort('sent enough');
    await this.#working;
    await Promise.all(this.#promises);
    await this.#producer.close();
    await this.#consumer.close();
    const reader = this.#kafka.consumer({ valueDeserializer: string, offsetReset: 'earliest' });
    const read: string[][] = Array.from({ length: PARTITIONS }, () => []);
    reader.assign(read.map((_, partition) => ({ topic: this.topic, partition })));
    const all = this.#sent.reduce((sum, { length }) => sum + length, 0);
    for await (const { partition, value } of reader) {
      read[partition]?.push(value ?? '');
      if (read.reduce((sum, { length }) => sum + length, 0) >= all) break;
    }
    await reader.close();
    assert.deepEqual(read, this.#sent, 'the log is what was sent: nothing lost, repeated or out of order');
    for (const [partition, seen] of this.#seen.entries()) {
      assert.deepEqual(
        [...new Set(seen)],
        this.#sent[partition]?.slice(0, new Set(seen).size),
        'read in order, no gap',
      );
    }
    return `${all} records, ${this.#seenCount} read in the group`;
  }

  get #seenCount(): number {
    return this.#seen.reduce((sum, { length }) => sum + length, 0);
  }

  async #write(): Promise<void> {
    for (let number = 0; !this.#stopping.signal.aborted; number++) {
      const partition = number % PARTITIONS;
      const value = `${partition}-${number}`;
      this.#sent[partition]?.push(value);
      const sending = this.#producer.send({ topic: this.topic, partition, value });
      this.#promises.push(sending.then(() => this.#acknowledged++));
      if (number % PARTITIONS === 0) await sleep(SEND_PAUSE_MS);
    }
  }

  async #read(): Promise<void> {
    await this.#consumer.subscribe([this.topic]);
    for await (const { partition, value } of this.#consumer) this.#seen[partition]?.push(value ?? '');
  }
}

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let waitedMs = 0; !(await condition()); waitedMs += LOOK_MS) {
    if (waitedMs > UNTIL_MS) throw new Error(`it did not come about: ${what}`);
    await sleep(LOOK_MS);
  }
}

export async function sleep(ms: number): Promise<void> {
  await new Promise((done) => {
    setTimeout(done, ms);
  });
}
