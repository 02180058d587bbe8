import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { ProcessCluster } from '../brokers/process-cluster.ts';
import { createTopicsToKeep } from '../clients/admin.ts';
import { readyClients } from '../clients/order-client.ts';
import { finish } from '../clients/processes.ts';
import { readTopic } from '../clients/read-topic.ts';
import { startWriter, verifyTopic, writeOrders, type Writer } from '../clients/serving-writer.ts';
import { Verifier, type Expectation } from '../matrix/verifier.ts';
import { unableReason } from './rounds.ts';
import { Scene } from './scene.ts';

/**
 * Three brokers lose power at once, with all that their disks had not synced (lossy-disk.ts), while librdkafka, the Java client and
 * franz-go write with acks=all. With flush policy `group` nothing that was acknowledged is lost. With `os` what is older than half a
 * minute is there, and of what came later each partition has a beginning, the same on all replicas.
 *
 *   node dist/compat/cluster/power.js
 *
 * FLUSH="group os", RECORDS of each client (1500), SEED (the day's number). Closes with "N passed, M failed".
 */
const records = Number(process.env['RECORDS'] ?? 1500);
const seed = Number(process.env['SEED'] ?? Math.floor(Date.now() / 86_400_000));
const random = new SeededRandom(seed);
const PARTITIONS = 3;
const LOSSES = 3;
const RATE = 400;
/** A partition is synced each half minute at least. */
const SYNCED_MS = 35_000;
const DONE_MS = 120_000;

class Stage {
  readonly #cluster: ProcessCluster;
  readonly #writers: readonly Writer[];
  readonly #orders: { readonly file: string; readonly expected: Expectation };

  static async open(flushPolicy: string): Promise<Stage> {
    const cluster = await ProcessCluster.start({ brokers: 3, settings: { 'posthorn.flush.policy': flushPolicy } });
    const started = await Promise.all(clients.map((client) => startWriter(client, cluster.bootstrap)));
    const file = join(cluster.home, 'orders.tsv');
    const expected = await writeOrders(file, records, seed);
    return new Stage(
      cluster,
      started.filter((writer) => writer !== undefined),
      { file, expected },
    );
  }

  private constructor(
    cluster: ProcessCluster,
    writers: readonly Writer[],
    orders: { readonly file: string; readonly expected: Expectation },
  ) {
    this.#cluster = cluster;
    this.#writers = writers;
    this.#orders = orders;
  }

  /** Each client begins to write all orders to a topic of its own; answers the topics. */
  async write(title: string, rate: number): Promise<string[]> {
    const topics = this.#writers.map(({ client }) => `${title}-${client.name}`);
    await createTopicsToKeep(this.#cluster.bootstrap, topics, PARTITIONS);
    for (const [index, writer] of this.#writers.entries()) {
      writer.process.stdin?.write(`${topics[index]} none ${this.#orders.file} ${rate}\n`);
    }
    await this.#scene(topics).begun();
    return topics;
  }

  /** All that the clients write is acknowledged. */
  async written(): Promise<void> {
    for (const { client, answer, said } of this.#writers) {
      const told = await answer(DONE_MS);
      assert.equal(told, `done ${records} 0`, `${client.name}: ${said()}`);
    }
  }

  /** Answers how many bytes were lost. */
  async losePower(): Promise<number> {
    const { ids } = this.#cluster;
    const lost = await this.#cluster.losePower(ids, random);
    await Promise.all(ids.map((id) => this.#cluster.start(id)));
    return lost;
  }

  /** All replicas of the topics are in sync again, and the same. */
  async healed(topics: readonly string[]): Promise<void> {
    await this.#scene(topics).healed();
    for (const topic of topics) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const [first, ...others] = await Promise.all(this.#cluster.ids.map((id) => this.#log(id, topic, partition)));
        for (const other of others) assert.ok(first!.equals(other), `replicas of ${topic}-${partition} differ`);
      }
    }
  }

  /** Every order is in the topics once. */
  async holdsAll(topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      const found = await verifyTopic(
        this.#cluster.bootstrap,
        { topic, partitions: PARTITIONS },
        this.#orders.expected,
      );
      assert.deepEqual(found, [], topic);
    }
  }

  /** Of each key the topics have the first orders, once; answers how many are missing. */
  async holdsBeginnings(topics: readonly string[]): Promise<number> {
    let missing = 0;
    for (const topic of topics) {
      const verifier = new Verifier(new Map([[topic, this.#orders.expected]]), 1);
      for await (const line of readTopic(this.#cluster.bootstrap, topic, PARTITIONS)) verifier.take(line, 0);
      assert.deepEqual(verifier.faults, []);
      assert.equal(verifier.repeats, 0);
      missing += records - verifier.recordsOfMember[0]!;
    }
    return missing;
  }

  async close(hasFailed: boolean): Promise<void> {
    await Promise.all(this.#writers.map((writer) => finish(writer.process, 3000)));
    await this.#cluster.close(hasFailed);
    if (hasFailed) console.log(`    the brokers' data and output stay in ${this.#cluster.home}`);
  }

  #scene(topics: readonly string[]): Scene {
    return new Scene({ cluster: this.#cluster, random, isLong: false, topics, group: '' });
  }

  async #log(id: number, topic: string, partition: number): Promise<Buffer> {
    return readFile(join(this.#cluster.dataOf(id), `${topic}-${partition}`, '00000000000000000000.log'));
  }
}

/** By flush policy; answers what was seen. */
const cases: Readonly<Record<string, (stage: Stage) => Promise<string>>> = {
  group: async (stage) => {
    let lost = 0;
    for (let loss = 0; loss < LOSSES; loss++) {
      const topics = await stage.write(`loss-${loss}`, RATE);
      await pause(random.below(2000));
      lost += await stage.losePower();
      await stage.written();
      await stage.healed(topics);
      await stage.holdsAll(topics);
    }
    return `${LOSSES} losses of power, ${lost} bytes were not on the disks, nothing acknowledged was lost`;
  },
  os: async (stage) => {
    const early = await stage.write('early', 0);
    await stage.written();
    await pause(SYNCED_MS);
    const late = await stage.write('late', 0);
    await stage.written();
    const lost = await stage.losePower();
    await stage.healed([...early, ...late]);
    await stage.holdsAll(early);
    const missing = await stage.holdsBeginnings(late);
    const after = await stage.write('after', 0);
    await stage.written();
    await stage.holdsAll(after);
    return `${lost} bytes were not on the disks, ${missing} of ${records * late.length} records of the last seconds lost, none older`;
  },
};

const unable = unableReason();
if (unable !== undefined) {
  console.log(`NOT RUN: ${unable}`);
  console.log('0 passed, 0 failed, everything NOT RUN');
  process.exit(0);
}
const { clients, missing } = readyClients(['librdkafka', 'java', 'franz-go']);
let passed = 0;
let failed = 0;
for (const policy of process.env['FLUSH']?.split(' ') ?? Object.keys(cases)) {
  const run = cases[policy];
  if (run === undefined) throw new Error(`no flush policy ${policy}: ${Object.keys(cases).join(' ')}`);
  const began = performance.now();
  const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  const stage = await Stage.open(policy);
  const failedBefore = failed;
  try {
    console.log(`pass all lose power, flush policy ${policy}: ${await run(stage)}, ${seconds()}`);
    passed++;
  } catch (error) {
    console.log(`FAIL all lose power, flush policy ${policy}, ${seconds()}`);
    console.log(
      String(error instanceof Error ? error.message : error)
        .slice(0, 2000)
        .replace(/^/gm, '    '),
    );
    failed++;
  }
  await stage.close(failed > failedBefore);
}
for (const reason of missing) console.log(`NOT RUN: ${reason}`);
console.log(`${passed} passed, ${failed} failed${missing.length === 0 ? '' : `, ${missing.length} clients NOT RUN`}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
