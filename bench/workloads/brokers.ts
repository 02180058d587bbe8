import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { firstAnswer } from '../client/first-answer.ts';
import type { BrokerProcess, BrokerSettings, Side, SideName } from '../sides/side.ts';
import type { BenchContext } from '../workload.ts';

/** Where the two have different names for the same thing. */
export type SettingsOf = (side: SideName) => BrokerSettings;

/** Those of the workload before, which the next one takes over when it asks for the same ones. */
let kept: Brokers | undefined;

/** Ends brokers that wait for a workload to take them over: whoever starts its own is to be alone with them. */
export async function endKept(): Promise<void> {
  const ended = kept;
  kept = undefined;
  await ended?.end();
}

async function keep(brokers: Brokers): Promise<void> {
  await endKept();
  kept = brokers;
}

/** Brokers of a workload that runs all its rounds against the same processes. */
export class Brokers {
  /** What they were started with. */
  readonly #key: string;
  readonly #mayKeep: boolean;
  readonly #running: ReadonlyMap<SideName, BrokerProcess>;
  readonly #homes: ReadonlyMap<SideName, string>;

  private constructor(
    { key, mayKeep }: { readonly key: string; readonly mayKeep: boolean },
    running: ReadonlyMap<SideName, BrokerProcess>,
    homes: ReadonlyMap<SideName, string>,
  ) {
    this.#key = key;
    this.#mayKeep = mayKeep;
    this.#running = running;
    this.#homes = homes;
  }

  /**
   * Starts each side in an empty directory of its own and waits for its first answer; where workloads share brokers, only
   * unless the workload before left the same ones.
   */
  static async start(context: BenchContext, settings: BrokerSettings | SettingsOf = {}): Promise<Brokers> {
    const settingsOf = (side: SideName): BrokerSettings => (typeof settings === 'function' ? settings(side) : settings);
    const key = JSON.stringify(context.sides.map(({ name }) => [name, settingsOf(name)]));
    if (kept !== undefined && kept.#key === key && kept.areAlive()) {
      const taken = kept;
      kept = undefined;
      return taken;
    }
    const running = new Map<SideName, BrokerProcess>();
    const homes = new Map<SideName, string>();
    for (const side of context.sides) {
      const home = await newHome(context, side.name);
      homes.set(side.name, home);
      await side.prepare(home);
      const broker = await side.launch(home, settingsOf(side.name));
      await firstAnswer(broker);
      running.set(side.name, broker);
    }
    return new Brokers({ key, mayKeep: context.sharesBrokers }, running, homes);
  }

  of(side: SideName): BrokerProcess {
    const broker = this.#running.get(side);
    if (broker === undefined) throw new Error(`${side} does not take part`);
    if (!broker.isAlive()) throw new Error(`${side} has ended:\n${broker.output()}`);
    return broker;
  }

  /** The directory of a side, with its data in it. */
  homeOf(side: SideName): string {
    const home = this.#homes.get(side);
    if (home === undefined) throw new Error(`${side} does not take part`);
    return home;
  }

  areAlive(): boolean {
    return [...this.#running.values()].every((broker) => broker.isAlive());
  }

  /** The workload is done with them. */
  async stop(): Promise<void> {
    if (this.#mayKeep) await keep(this);
    else await this.end();
  }

  async end(): Promise<void> {
    for (const broker of this.#running.values()) await broker.stop();
    for (const home of this.#homes.values()) await rm(home, { recursive: true, force: true });
  }
}

/** An empty directory for one broker. */
export async function newHome(context: BenchContext, side: SideName): Promise<string> {
  await endKept();
  return mkdtemp(join(context.workRoot, `${side}-`));
}

export function sideOf(context: BenchContext, name: SideName): Side {
  const side = context.sides.find((each) => each.name === name);
  if (side === undefined) throw new Error(`${name} does not take part`);
  return side;
}
