import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from '../../src/base/seeded-random.ts';
import { ProcessCluster } from '../brokers/process-cluster.ts';
import { createTopicsToKeep } from '../clients/admin.ts';
import { readyClients, type OrderClient } from '../clients/order-client.ts';
import { finish } from '../clients/processes.ts';
import { startWriter, verifyTopic, writeOrders, type Writer } from '../clients/serving-writer.ts';
import type { Expectation } from '../matrix/verifier.ts';
import { etcd } from '../tools/etcd.ts';
import type { Fault, Faults } from './fault.ts';
import { clockFaults } from './faults/clock.ts';
import { diskFaults } from './faults/disks.ts';
import { linkFaults } from './faults/links.ts';
import { processFaults } from './faults/processes.ts';
import { proposalFaults } from './faults/proposals.ts';
import { storeFaults } from './faults/store.ts';
import { topicFaults } from './faults/topics.ts';
import { Members } from './members.ts';
import { Scene } from './scene.ts';

const BROKERS = 3;
const ETCD_MEMBERS = 3;
const PARTITIONS = 3;
const RATE_MAX = 600;
const LASTS_MS = 5000;
/** How long writers may take to be done after what befell the cluster. */
const FINISH_MS = 120_000;
const SHOWN_MAX = 8;

/** All that can befall the cluster, by the name that FAULTS takes. */
export const faults: Faults = {
  ...processFaults,
  ...linkFaults,
  ...storeFaults,
  ...proposalFaults,
  ...diskFaults,
  ...clockFaults,
  ...topicFaults,
};

export interface RoundsOptions {
  /** Records of each client and round. */
  readonly records: number;
  readonly random: SeededRandom;
  readonly seed: number;
  readonly isLong: boolean;
}

/** Why no cluster can run here. */
export function unableReason(): string | undefined {
  try {
    etcd();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * A cluster, and idempotent clients that write to it with acks=all, to topics of three replicas of which two have to be in sync.
 * In each round they write to topics of their own while a fault happens; then all that was acknowledged has to be there, once, in the
 * order of its keys, all replicas have to be in sync again, and no client may have been told of an error.
 */
export class Rounds {
  passed = 0;
  failed = 0;
  readonly missing: readonly string[];
  readonly cluster: ProcessCluster;
  readonly members: Members;
  readonly #options: RoundsOptions;
  readonly #clients: readonly OrderClient[];
  readonly #file: string;
  #expected: Expectation | undefined;
  #writers: Writer[] = [];
  /** What the writers were started with: brokers come and go. */
  #bootstrap = '';
  #count = 0;

  static async begin(options: RoundsOptions): Promise<Rounds> {
    const { clients, missing } = readyClients(['librdkafka', 'java', 'franz-go']);
    const cluster = await ProcessCluster.start({ brokers: BROKERS, etcdMembers: ETCD_MEMBERS });
    const members = await Members.start(() => cluster.bootstrap);
    const rounds = new Rounds(options, { clients, missing, cluster, members });
    rounds.#expected = await writeOrders(rounds.#file, options.records, options.seed);
    return rounds;
  }

  private constructor(
    options: RoundsOptions,
    parts: {
      readonly clients: readonly OrderClient[];
      readonly missing: readonly string[];
      readonly cluster: ProcessCluster;
      readonly members: Members;
    },
  ) {
    this.#options = options;
    this.#clients = parts.clients;
    this.missing = parts.missing;
    this.cluster = parts.cluster;
    this.members = parts.members;
    this.#file = join(parts.cluster.home, 'orders.tsv');
  }

  async round(name: string, fault: Fault): Promise<void> {
    const { cluster } = this;
    const began = performance.now();
    await this.#startWriters();
    const topics = this.#writers.map(({ client }) => `${name}-${client.name}-${this.#count}`);
    this.#count++;
    const scene = new Scene({ ...this.#options, cluster, topics, group: this.members.group });
    const found: string[] = [];
    let figure = '';
    let isWriting = false;
    try {
      await scene.allThere();
      await createTopicsToKeep(cluster.bootstrap, topics, PARTITIONS);
      this.#write(topics, fault);
      isWriting = true;
      await scene.begun();
      await pause(this.#options.random.below(500));
      figure = (await fault.happen(scene)) ?? '';
    } catch (error) {
      found.push(error instanceof Error ? error.message : String(error));
    }
    cluster.clearLinks();
    if (isWriting) found.push(...(await this.#judge(topics, scene)));
    this.members.tend();
    this.#verdict(figure === '' ? name : `${name}: ${figure}`, found, began);
    await scene.deleteTopics(found.length === 0 ? topics : []);
  }

  /** Lets the other clients finish, judges what they saw, and ends everything. */
  async end(note?: string): Promise<void> {
    const began = performance.now();
    const { faults: found, did } = await this.members.finish();
    this.#verdict(`groups and transactions through all of it: ${did}`, found, began);
    await this.#endWriters();
    await this.cluster.close(this.failed > 0);
    if (this.failed > 0) await this.members.keep(join(this.cluster.home, 'history.jsonl'));
    if (this.failed > 0) console.log(`the brokers' data and output stay in ${this.cluster.home}`);
    if (note !== undefined) console.log(note);
    for (const reason of this.missing) console.log(`NOT RUN: ${reason}`);
    const unmet = this.missing.length === 0 ? '' : `, ${this.missing.length} clients NOT RUN`;
    console.log(`${this.passed} passed, ${this.failed} failed${unmet}`);
  }

  async #startWriters(): Promise<void> {
    const isGone = this.#writers.some(
      ({ process: { exitCode, signalCode } }) => exitCode !== null || signalCode !== null,
    );
    if (this.#bootstrap === this.cluster.bootstrap && !isGone) return;
    await this.#endWriters();
    this.#bootstrap = this.cluster.bootstrap;
    const started = await Promise.all(this.#clients.map((client) => startWriter(client, this.#bootstrap)));
    this.#writers = started.filter((writer) => writer !== undefined);
  }

  async #endWriters(): Promise<void> {
    await Promise.all(this.#writers.map((writer) => finish(writer.process, 3000)));
    this.#writers = [];
  }

  #write(topics: readonly string[], { lastsMs }: Fault): void {
    const { records, isLong } = this.#options;
    const forMs = lastsMs?.(isLong) ?? LASTS_MS;
    const rate = Math.min(RATE_MAX, Math.ceil((records / forMs) * 1000));
    for (const [index, writer] of this.#writers.entries()) {
      writer.process.stdin?.write(`${topics[index]} none ${this.#file} ${rate}\n`);
    }
  }

  async #judge(topics: readonly string[], scene: Scene): Promise<string[]> {
    const { records } = this.#options;
    const found: string[] = [];
    for (const { client, answer, said } of this.#writers) {
      const told = await answer(FINISH_MS);
      if (told !== `done ${records} 0`) found.push(`${client.name}: ${told}; ${said()}`);
    }
    for (const topic of topics) {
      const read = verifyTopic(this.cluster.bootstrap, { topic, partitions: PARTITIONS }, this.#expected!);
      found.push(...(await read.catch((error: unknown) => [String(error)])));
    }
    await scene.healed().catch((error: unknown) => found.push(String(error)));
    return found;
  }

  #verdict(what: string, found: readonly string[], began: number): void {
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${found.length === 0 ? 'pass' : 'FAIL'} ${what}, ${seconds} s`);
    for (const fault of found.slice(0, SHOWN_MAX)) console.log(fault.slice(0, 600).replace(/^/gm, '    '));
    if (found.length === 0) this.passed++;
    else this.failed++;
  }
}
