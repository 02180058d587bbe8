import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { firstAnswer } from '../client/first-answer.ts';
import type { BrokerProcess, BrokerSettings, Side, SideName } from '../sides/side.ts';
import type { BenchContext } from '../workload.ts';

/** Brokers of a workload that runs all its rounds against the same processes. */
export class Brokers {
  readonly #running: ReadonlyMap<SideName, BrokerProcess>;
  readonly #homes: readonly string[];

  private constructor(running: ReadonlyMap<SideName, BrokerProcess>, homes: readonly string[]) {
    this.#running = running;
    this.#homes = homes;
  }

  /** Starts each side in an empty directory of its own and waits for its first answer. */
  static async start(context: BenchContext, settings: BrokerSettings = {}): Promise<Brokers> {
    const running = new Map<SideName, BrokerProcess>();
    const homes: string[] = [];
    for (const side of context.sides) {
      const home = await newHome(context, side.name);
      homes.push(home);
      await side.prepare(home);
      const broker = await side.launch(home, settings);
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

  async stop(): Promise<void> {
    for (const broker of this.#running.values()) await broker.stop();
    for (const home of this.#homes) await rm(home, { recursive: true, force: true });
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
