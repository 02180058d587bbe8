import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { firstAnswer } from '../client/first-answer.ts';
import { createTopic, deleteTopic, expectRecords } from '../client/topics.ts';
import { runSeconds } from '../measure/process-stats.ts';
import { posthornSide } from '../sides/posthorn.ts';
import type { BrokerProcess } from '../sides/side.ts';
import { loadBatches, readBatches } from '../tools/loads.ts';
import type { Values } from '../workload.ts';
import type { Cost } from './slowdown.ts';

/** Which of the two builds has its turn. */
export const BUILDS = ['now', 'before'] as const;
export type BuildName = (typeof BUILDS)[number];

export interface TrialContext {
  /** Where each build lies. */
  readonly roots: Readonly<Record<BuildName, string>>;
  readonly workRoot: string;
}

export interface Turns {
  turn(build: BuildName): Promise<Values>;
  close(): Promise<void>;
}

/** Something short that both builds do in turn. */
export interface Trial {
  readonly name: string;
  readonly title: string;
  readonly rounds: number;
  readonly costs: readonly Cost[];
  open(context: TrialContext): Promise<Turns>;
}

const PARTITIONS = 4;
const TURN_REQUESTS = 12_000;
const READ_REQUESTS = 30_000;
const PRODUCE = { partitions: PARTITIONS, perRequest: 1, connections: 4, underWay: 5 } as const;
const SHAPE = { batchBytes: 16 * 1024, recordBytes: 1024 } as const;
/** What is deleted goes at once: memory and disk have only one turn's bytes to carry. */
const settings = { 'log.segment.delete.delay.ms': '0' };

const CPU_PER_GB: Cost = { key: 'cpuPerGb', title: 'broker CPU per GB', unit: 's', clock: 'cpu' };
const TIME_PER_GB: Cost = { key: 'secondsPerGb', title: 'time per GB', unit: 's', clock: 'wall' };

const produceTrial: Trial = {
  name: 'produce',
  title: 'prepared batches of 16 KiB, four connections',
  rounds: 15,
  costs: [CPU_PER_GB, TIME_PER_GB],
  open: async (context) => {
    const pair = await BrokerPair.start(context);
    let turns = 0;
    const turn = async (build: BuildName, requests = TURN_REQUESTS): Promise<Values> => {
      const broker = pair.of(build);
      const topic = `turn-${turns++}`;
      await createTopic(broker.port, topic, PARTITIONS);
      const load = { ...PRODUCE, ...SHAPE, port: broker.port, topic, requests };
      const values = await costs(broker, () => loadBatches(load));
      await expectRecords(broker.port, topic, PARTITIONS, values.records);
      await deleteTopic(broker.port, topic);
      return values;
    };
    for (const build of BUILDS) await turn(build);
    return { turn, close: () => pair.stop() };
  },
};

const fetchTrial: Trial = {
  name: 'fetch',
  title: 'a log in the page cache is read, two connections',
  rounds: 15,
  costs: [CPU_PER_GB, TIME_PER_GB],
  open: async (context) => {
    const pair = await BrokerPair.start(context);
    const topic = 'read';
    const offsets = new Map<BuildName, readonly number[]>();
    for (const build of BUILDS) {
      const { port } = pair.of(build);
      await createTopic(port, topic, PARTITIONS);
      const load = { ...PRODUCE, ...SHAPE, port, topic, requests: READ_REQUESTS };
      const { records } = await loadBatches(load);
      offsets.set(
        build,
        Array.from({ length: PARTITIONS }, () => records / PARTITIONS),
      );
    }
    const turn = async (build: BuildName): Promise<Values> => {
      const broker = pair.of(build);
      const read = { port: broker.port, topic, partitions: PARTITIONS, connections: 2 };
      const job = { ...read, offsets: offsets.get(build) ?? [] };
      return costs(broker, () => readBatches(job));
    };
    for (const build of BUILDS) await turn(build);
    return { turn, close: () => pair.stop() };
  },
};

const startTrial: Trial = {
  name: 'start',
  title: 'start on an empty directory to the first answer',
  rounds: 15,
  costs: [
    { key: 'cpuMs', title: 'broker CPU', unit: 'ms', clock: 'cpu' },
    { key: 'startMs', title: 'time', unit: 'ms', clock: 'wall' },
  ],
  open: async ({ roots, workRoot }) => {
    const turn = async (build: BuildName): Promise<Values> => {
      const home = await mkdtemp(join(workRoot, `${build}-`));
      const broker = await posthornSide(roots[build]).launch(home);
      try {
        const startMs = (await firstAnswer(broker)) - broker.spawnedAt;
        return { startMs, cpuMs: runSeconds(broker.pid) * 1000 };
      } finally {
        await broker.stop();
        await rm(home, { recursive: true, force: true });
      }
    };
    // The first start of a build keeps compiled code as it ends, for all that follow.
    for (const build of BUILDS) await turn(build);
    return { turn, close: () => Promise.resolve() };
  },
};

/** What is compared by default: two minutes in all. */
export const trials: readonly Trial[] = [produceTrial, fetchTrial, startTrial];

interface Moved {
  readonly seconds: number;
  readonly bytes: number;
  readonly records: number;
}

interface Costs extends Record<string, number> {
  readonly cpuPerGb: number;
  readonly secondsPerGb: number;
  readonly records: number;
}

async function costs({ pid }: BrokerProcess, task: () => Promise<Moved>): Promise<Costs> {
  const before = runSeconds(pid);
  const { seconds, bytes, records } = await task();
  const gigabytes = bytes / 1e9;
  return { cpuPerGb: (runSeconds(pid) - before) / gigabytes, secondsPerGb: seconds / gigabytes, records };
}

/** A broker of each build; the one without a turn rests. */
class BrokerPair {
  readonly #running: ReadonlyMap<BuildName, { readonly broker: BrokerProcess; readonly home: string }>;

  private constructor(running: ReadonlyMap<BuildName, { readonly broker: BrokerProcess; readonly home: string }>) {
    this.#running = running;
  }

  static async start({ roots, workRoot }: TrialContext): Promise<BrokerPair> {
    const running = new Map<BuildName, { broker: BrokerProcess; home: string }>();
    for (const build of BUILDS) {
      const home = await mkdtemp(join(workRoot, `${build}-`));
      const broker = await posthornSide(roots[build]).launch(home, settings);
      await firstAnswer(broker);
      running.set(build, { broker, home });
    }
    return new BrokerPair(running);
  }

  of(build: BuildName): BrokerProcess {
    const broker = this.#running.get(build)?.broker;
    if (broker === undefined) throw new Error(`${build} does not run`);
    if (!broker.isAlive()) throw new Error(`the broker of the build ${build} has ended:\n${broker.output()}`);
    return broker;
  }

  async stop(): Promise<void> {
    for (const { broker, home } of this.#running.values()) {
      await broker.stop();
      await rm(home, { recursive: true, force: true });
    }
  }
}
