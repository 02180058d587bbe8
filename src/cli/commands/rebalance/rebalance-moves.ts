import type { Admin } from '../../../client/admin/admin.ts';
import { KafkaError } from '../../../client/client-error.ts';
import { pause } from '../../../client/retry.ts';
import type { PlannedMove } from '../../../controller/rebalance-plan.ts';
import { writeText } from '../../../runtime/write-text.ts';
import { STDERR } from '../../descriptors.ts';
import { ProgressBar } from '../../tools/progress-bar.ts';
import type { Screen } from '../../tools/screen.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { clearThrottles, movesOf, throttleMoves } from '../reassign-partitions/reassign-throttles.ts';

/** Between two looks at what is under way. */
const LOOK_MS = 250;

export interface MoverParts {
  readonly admin: Admin;
  readonly world: ToolWorld;
  readonly screen: Screen;
  /** Partitions that move at a time. */
  readonly batch: number;
  /** Bytes per second that each broker may spend on it; undefined for no limit. */
  readonly throttle: number | undefined;
  /** Told to stop: what is under way goes on by itself. */
  readonly gone: AbortSignal;
}

/**
 * Carries out a plan, some partitions at a time. The cluster remembers what is under way, and the rest is planned anew
 * from how things are: so whoever goes on after an interruption, the same command or the next controller, misses nothing.
 */
export class Mover {
  readonly #parts: MoverParts;
  readonly #quiet: ToolWorld;

  constructor(parts: MoverParts) {
    this.#parts = parts;
    this.#quiet = { ...parts.world, out: () => {} };
  }

  /** Waits for moves that are under way already. */
  async finishOngoing(): Promise<void> {
    const total = await this.#underWay();
    if (total > 0) await this.#until('moves under way', total, 0, () => this.#underWay());
  }

  /** Throws {@link ToolFailure} when the cluster refuses a move, or on the order to stop. */
  async carryOut(moves: readonly PlannedMove[]): Promise<void> {
    const { admin, batch, throttle } = this.#parts;
    for (let done = 0; done < moves.length; done += batch) {
      const some = moves.slice(done, done + batch);
      if (throttle !== undefined) await this.#hold(some, throttle);
      await this.#start(some);
      await this.#until('moving partitions', moves.length, done, () => this.#underWay(some));
      // Who is first now leads from now on, without waiting for the controller's look at the balance.
      await admin.electLeaders('preferred', some);
    }
    if (throttle !== undefined) await clearThrottles(admin, moves.map(target), this.#quiet);
  }

  async #hold(some: readonly PlannedMove[], throttle: number): Promise<void> {
    const current = some.map(({ topic, partition, from }) => ({ topic, partition, replicas: from }));
    await throttleMoves(this.#parts.admin, movesOf(new Map(), some.map(target), current), throttle, this.#quiet);
  }

  async #start(some: readonly PlannedMove[]): Promise<void> {
    const outcomes = await this.#parts.admin.alterReassignments(some.map(target));
    for (const partitions of outcomes.values()) {
      for (const outcome of partitions.values())
        if (outcome instanceof KafkaError) throw new ToolFailure(outcome.message);
    }
  }

  async #underWay(some?: readonly PlannedMove[]): Promise<number> {
    let count = 0;
    const ongoing = await this.#parts.admin.listReassignments(some);
    for (const partitions of ongoing.values()) count += partitions.size;
    return count;
  }

  async #until(about: string, total: number, done: number, underWay: () => Promise<number>): Promise<void> {
    const { world, screen, batch, gone } = this.#parts;
    const bar = new ProgressBar(
      { runtime: world.runtime, draw: (text) => writeText(STDERR, text) },
      screen,
      about,
      total,
    );
    const size = Math.min(batch, total - done);
    for (let left = await underWay(); left > 0; left = await underWay()) {
      bar.at(done + Math.max(0, size - left));
      await pause(world.runtime, LOOK_MS, gone).catch(() => {});
      if (gone.aborted) break;
    }
    bar.end();
    if (!gone.aborted) return;
    const rest = 'what is under way goes on by itself; the same command goes on with the rest';
    throw new ToolFailure(
      `stopped: ${rest}${this.#parts.throttle === undefined ? '' : ', and takes the throttle away'}`,
    );
  }
}

function target({ topic, partition, to }: PlannedMove): {
  topic: string;
  partition: number;
  replicas: readonly number[];
} {
  return { topic, partition, replicas: to };
}
