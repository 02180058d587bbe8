import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { ProcessCluster } from '../brokers/process-cluster.ts';
import { readyClients, type OrderClient } from '../clients/order-client.ts';
import { eachLine, finish, start } from '../clients/processes.ts';
import { unableReason } from './rounds.ts';
import { Scene } from './scene.ts';

/**
 * Consumers read from the replica in their rack (KIP-392): the Java client, librdkafka and franz-go, each with a topic of its own on
 * three brokers in three racks. Proxies count what each broker sends. The follower serves the records and the leader next to nothing;
 * what is not committed is not served, although the follower has it; when the follower is killed its readers go on at the leader, and
 * they come back when it is in sync again.
 *
 *   node dist/compat/cluster/nearest.js
 *
 * CLIENTS="java librdkafka franz-go". Closes with "N passed, M failed".
 */
const RECORDS = 300;
const RECORD_BYTES = 2000;
const ALL_BYTES = RECORDS * RECORD_BYTES;
/** What metadata, groups and empty answers may take meanwhile. */
const BESIDES_BYTES = ALL_BYTES / 4;
const UNCOMMITTED_MS = 1500;

/** A consumer's process, and the numbers in the records that it got. */
class Reader {
  readonly numbers: number[] = [];
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.resume();
    eachLine(child, (line) => {
      const value = line.toString('latin1', line.lastIndexOf(9) + 1);
      this.numbers.push(Number(value.slice(0, value.indexOf(':'))));
    });
  }

  async end(): Promise<void> {
    await finish(this.#child, 5000);
  }
}

/** One client with its topic, of which one follower is in its rack. */
class Story {
  readonly #scene: Scene;
  readonly #topic: string;
  #written = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#topic = scene.topics[0]!;
  }

  async tell(client: OrderClient): Promise<string> {
    const { cluster } = this.#scene;
    await this.#scene.createTopic(this.#topic);
    await this.#scene.healed();
    const leader = await this.#scene.leader();
    const [near, other] = this.#scene.othersThan(leader);
    await this.#write(RECORDS);
    const [fromNear, fromLeader] = [counter(cluster, near!), counter(cluster, leader)];
    const group = `nearest-${client.name}`;
    const job = { bootstrap: cluster.bootstrap, group, topics: [this.#topic], rack: `rack-${near}` };
    const reader = new Reader(start(client.consume(job)));
    try {
      await this.#has(reader);
      const [nearBytes, leaderBytes] = [fromNear(), fromLeader()];
      assert.ok(nearBytes >= ALL_BYTES, `the follower sent ${nearBytes} of ${ALL_BYTES} bytes`);
      assert.ok(leaderBytes < BESIDES_BYTES, `the leader sent ${leaderBytes} bytes`);
      await this.#onlyCommitted(reader, { leader, near: near!, other: other! });
      await cluster.kill(near!);
      await this.#write(RECORDS);
      await this.#has(reader);
      await cluster.start(near!);
      await this.#scene.healed();
      const back = counter(cluster, near!);
      await this.#scene.until('the reader back at its follower', async () => {
        await this.#write(RECORDS / 10);
        await this.#has(reader);
        return back() >= ALL_BYTES / 10;
      });
      const sent = `${kib(nearBytes)} from the follower, ${kib(leaderBytes)} from the leader`;
      return `${this.#written} records; of the first ${RECORDS} ${sent}`;
    } finally {
      await reader.end();
    }
  }

  /** The leader and the near follower have records that the other replica, which is in sync, does not have. */
  async #onlyCommitted(
    reader: Reader,
    { leader, near, other }: { readonly leader: number; readonly near: number; readonly other: number },
  ): Promise<void> {
    const { cluster } = this.#scene;
    const link = cluster.links(leader).brokers;
    link.set({ requests: 'held' }, String(other));
    const before = this.#written;
    await this.#write(RECORDS / 10, 1);
    const log = join(cluster.dataOf(near), `${this.#topic}-0`, '00000000000000000000.log');
    const last = Buffer.from(`${this.#written - 1}:`);
    await this.#scene.until('the new records at the follower', async () => (await readFile(log)).includes(last));
    await pause(UNCOMMITTED_MS);
    const { inSync } = (await this.#scene.partitions())[0]!;
    assert.ok(inSync.includes(other), 'a replica left the set in sync early');
    assert.equal(reader.numbers.length, before, 'records that are not committed were read');
    link.clear();
    await this.#has(reader);
  }

  async #write(count: number, acks: 'all' | 1 = 'all'): Promise<void> {
    const values = Array.from({ length: count }, (_, index) => `${this.#written + index}:`.padEnd(RECORD_BYTES, 'x'));
    await this.#scene.produce(this.#topic, values, acks);
    this.#written += count;
  }

  /** Waits until the reader has all that was written: once, and in order. */
  async #has(reader: Reader): Promise<void> {
    const { numbers } = reader;
    await this.#scene.until(`${this.#written} records read`, async () => numbers.length >= this.#written);
    const wrong = numbers.findIndex((number, index) => number !== index);
    assert.equal(wrong, -1, `read ${numbers[wrong]} where ${wrong} comes`);
  }
}

/** Counts bytes that a broker sends to clients from now on. */
function counter(cluster: ProcessCluster, id: number): () => number {
  const before = cluster.links(id).clients.answeredBytes;
  return () => cluster.links(id).clients.answeredBytes - before;
}

function kib(bytes: number): string {
  return `${Math.round(bytes / 1024)} KiB`;
}

const unable = unableReason();
if (unable !== undefined) {
  console.log(`NOT RUN: ${unable}`);
  console.log('0 passed, 0 failed, everything NOT RUN');
  process.exit(0);
}
const { clients, missing } = readyClients(process.env['CLIENTS']?.split(' ') ?? ['java', 'librdkafka', 'franz-go']);
const random = new SeededRandom(1);
const cluster = await ProcessCluster.start({
  brokers: 3,
  settings: { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' },
});
let passed = 0;
let failed = 0;
for (const client of clients) {
  const began = performance.now();
  const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  const story = new Story(
    new Scene({ cluster, random, isLong: false, topics: [`near-${client.name}`], group: `nearest-${client.name}` }),
  );
  try {
    console.log(`pass ${client.name}: ${await story.tell(client)}, ${seconds()}`);
    passed++;
  } catch (error) {
    console.log(`FAIL ${client.name}, ${seconds()}`);
    console.log(
      String(error instanceof Error ? error.message : error)
        .slice(0, 2000)
        .replace(/^/gm, '    '),
    );
    failed++;
  }
  cluster.clearLinks();
}
await cluster.close(failed > 0);
if (failed > 0) console.log(`the brokers' data and output stay in ${cluster.home}`);
for (const reason of missing) console.log(`NOT RUN: ${reason}`);
console.log(`${passed} passed, ${failed} failed${missing.length === 0 ? '' : `, ${missing.length} clients NOT RUN`}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
