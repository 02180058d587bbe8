/** What may be done to a machine in a schedule: for how long it is gone. */
export type Deed = 'stop' | 'power' | 'freeze' | 'kill';

export interface Step {
  /** Which machine, of those that luck has put in a row. */
  readonly who: number;
  readonly deed: Deed;
  /** After the step before, in milliseconds. */
  readonly afterMs: readonly [least: number, most: number];
  readonly forMs: readonly [least: number, most: number];
}

/** Steps that seldom come one after the other by chance, each the way into one of the narrow places of the design. */
export const SCHEDULES = ['lastStanding', 'lastLeader', 'takingTurns', 'remade'] as const;
export type Schedule = (typeof SCHEDULES)[number];

/** Time from the first step until the last one is undone, at most. */
export const SCHEDULE_MS = 16_000;

const STEPS: Readonly<Record<Schedule, readonly Step[]>> = {
  /** One of two in sync loses records, the other goes, and the first is back before it: it must wait. */
  lastStanding: [
    { who: 0, deed: 'stop', afterMs: [0, 500], forMs: [8_000, 11_000] },
    { who: 1, deed: 'power', afterMs: [400, 2000], forMs: [2500, 5000] },
    { who: 2, deed: 'stop', afterMs: [200, 2000], forMs: [6_000, 9_000] },
  ],
  /** The same with who leaves without a word. */
  lastLeader: [
    { who: 0, deed: 'stop', afterMs: [0, 500], forMs: [8_000, 11_000] },
    { who: 1, deed: 'power', afterMs: [400, 2000], forMs: [2500, 5000] },
    { who: 2, deed: 'freeze', afterMs: [200, 2000], forMs: [8_000, 10_000] },
  ],
  /** Each is away for a while, so that sets in sync shrink below their least, grow, and shrink again. */
  takingTurns: [
    { who: 0, deed: 'stop', afterMs: [0, 500], forMs: [2000, 4000] },
    { who: 1, deed: 'stop', afterMs: [300, 1500], forMs: [3000, 6000] },
    { who: 2, deed: 'freeze', afterMs: [1500, 4000], forMs: [6_500, 8_000] },
    { who: 0, deed: 'kill', afterMs: [500, 2500], forMs: [200, 3000] },
  ],
  /** Brokers are away while topics are deleted and made anew. */
  remade: [
    { who: 0, deed: 'kill', afterMs: [1500, 2500], forMs: [3000, 5000] },
    { who: 1, deed: 'stop', afterMs: [3000, 5000], forMs: [3000, 5000] },
    { who: 2, deed: 'kill', afterMs: [3000, 5000], forMs: [2000, 3000] },
  ],
};

export function stepsOf(schedule: Schedule): readonly Step[] {
  return STEPS[schedule];
}
