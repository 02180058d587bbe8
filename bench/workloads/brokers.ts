import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { firstAnswer } from '../client/first-answer.ts';
import type { BrokerProcess, BrokerSettings, Side, SideName } from '../sides/side.ts';
import type { BenchContext } from '../workload.ts';

/** Where the two have different names for the same thing. */
export type SettingsOf = (side: SideName) => BrokerSettings;

/** Brokers of a workload that runs all its rounds against the same processes. */
export class Brokers {
  readonly #running: ReadonlyMap<SideName, BrokerProcess>;
  readonly #homes: ReadonlyMap<SideName, string>;

  private constructor(running: ReadonlyMap<SideName, BrokerProcess>, homes: ReadonlyMap<SideName, string>) {
    this.#running = running;
    this.#homes = homes;
  }

  /** Starts each side in an empty directory of its own and waits for its first answer. */
  static async start(context: BenchContext, settings: BrokerSettings | SettingsOf = {}): Promise<Brokers> {
    const running = new Map<SideName, BrokerProcess>();
    const homes = new Map<SideName, string>();
    for (const side of context.sides) {
      const home = await newHome(context, side.name);
      homes.set(side.name, home);
      await side.prepare(home);
      const broker = await side.launch(home, typeof settings === 'function' ? settings(side.name) : settings);
      await firstAnswer(broker);
      running.set(side.name, broker);
    }
    return new Brokers(running, homes);
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

  async stop(): Promise<void> {
    for (const broker of this.#running.values()) await broker.stop();
    for (const home of this.#homes.values()) await rm(home, { recursive: true, force: true });
  }
}

/** An empty directory for one broker. */
export async function newHome(context: BenchContext, side: SideName): Promise<string> {
  return mkdtemp(join(context.workRoot, `${side}-`));
}

export function sideOf(context: BenchContext, name: SideName): Side {
  const side = context.sides.find((each) => each.name === name);
  if (side === undefined) throw new Error(`${name} does not take part`);
  return side;
}
