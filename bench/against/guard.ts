import { ForeignLoad } from '../measure/foreign-load.ts';
import { formatNumber } from '../report/numbers.ts';
import { otherBuild } from './other-build.ts';
import { FOREIGN_CORES_MAX, isSlower, slowdowns, SLOWDOWN_MAX, type Pair, type Slowdown } from './slowdown.ts';
import { BUILDS, trials, type BuildName, type Trial, type TrialContext, type Turns } from './trials.ts';

const WIDTHS = [34, 12, 12, 9] as const;

/**
 * Whether this build is slower than another: both have short turns, one right after the other, and what disturbs one
 * disturbs the other. Prints a table to a trial and closes with "N passed, M failed"; gives M. What seems slower is tried once more
 * from the start, for chance seldom strikes twice.
 */
export async function compareBuilds(
  given: string,
  build: string,
  context: { readonly workRoot: string; note(text: string): void },
): Promise<number> {
  context.note(`the other build: ${given}`);
  const other = otherBuild(given, context.workRoot);
  if (other === undefined) {
    console.log('NOT RUN: this clone has no history, so there is no earlier build to compare with');
    console.log('0 passed, 0 failed');
    return 0;
  }
  console.log(`this build against ${other.title}, slower above ${SLOWDOWN_MAX}`);
  const sides = { roots: { now: build, before: other.root }, workRoot: context.workRoot };
  let failed = 0;
  for (const trial of trials) {
    context.note(trial.name);
    let found = await tryOnce(trial, sides);
    if (found.isSlower) {
      console.log(table(trial, found, 'once more, to be sure'));
      found = await tryOnce(trial, sides);
    }
    if (found.isSlower) failed++;
    console.log(table(trial, found, found.isSlower ? 'SLOWER' : 'ok'));
  }
  console.log(`${trials.length - failed} passed, ${failed} failed`);
  return failed;
}

interface Found {
  readonly slowdowns: readonly Slowdown[];
  readonly foreignCores: number;
  readonly isSlower: boolean;
}

async function tryOnce(trial: Trial, context: TrialContext): Promise<Found> {
  const turns = await trial.open(context);
  try {
    const pairs: Pair[] = [];
    const foreign = new ForeignLoad();
    for (let round = 0; round < trial.rounds; round++) pairs.push(await takeTurns(turns, round));
    const foreignCores = foreign.cores();
    const found = slowdowns(trial.costs, pairs);
    return { slowdowns: found, foreignCores, isSlower: found.some((each) => isSlower(each, foreignCores)) };
  } finally {
    await turns.close();
  }
}

/** Who begins changes from round to round. */
async function takeTurns(turns: Turns, round: number): Promise<Pair> {
  const order: readonly BuildName[] = round % 2 === 0 ? BUILDS : BUILDS.toReversed();
  const first = await turns.turn(order[0] ?? 'now');
  const second = await turns.turn(order[1] ?? 'before');
  return order[0] === 'now' ? { now: first, before: second } : { now: second, before: first };
}

function table({ name, title }: Trial, { slowdowns: found, foreignCores }: Found, verdict: string): string {
  const head = columns(['', 'now', 'before', 'ratio']);
  const rows = found.map(({ cost, now, before, ratio }) =>
    columns([`${cost.title}, ${cost.unit}`, formatNumber(now), formatNumber(before), ratio.toFixed(2)]),
  );
  const busy =
    foreignCores > FOREIGN_CORES_MAX
      ? `  not judged by time: other processes kept ${foreignCores.toFixed(1)} cores busy`
      : '';
  return [`${name}: ${title}: ${verdict}`, head, ...rows, ...(busy === '' ? [] : [busy])].join('\n');
}

function columns(cells: readonly string[]): string {
  return cells
    .map((cell, index) => (index === 0 ? `  ${cell}`.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[index] ?? 0)))
    .join(' ');
}
