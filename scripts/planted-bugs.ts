import { plantedBugs } from '../test/testing/planted/planted-bugs.ts';
import { startHunt, type Seeds } from '../test/testing/planted/start-hunt.ts';

/**
 * Shows that the simulator finds bugs: puts each of the planted ones into the broker, in a process of its own, and runs the
 * same seeds until something is found. Afterwards the seeds that it took are clean without a bug.
 *
 *   npm run planted -- [--from S] [--seeds N] [NAME...]
 */
const PROCESSES = 2;
const VIOLATION_SHOWN = 160;
const NEEDED_NUMBER = /^--(?:from|seeds)$/;

const given = process.argv.slice(2);
const numberAfter = (option: string, otherwise: number): number => {
  const at = given.indexOf(option);
  return at < 0 ? otherwise : Number(given[at + 1]);
};
const first = numberAfter('--from', 1);
const seedsMax = numberAfter('--seeds', 200);
const names = given.filter((each, at) => !NEEDED_NUMBER.test(each) && !NEEDED_NUMBER.test(given[at - 1] ?? ''));
const began = performance.now();
let passed = 0;
let failed = 0;
let seedsNeeded = 0;

function told(isGood: boolean, what: string): void {
  if (isGood) passed++;
  else failed++;
  console.log(`${isGood ? '' : 'FAIL '}${what}`);
}

/** Does all of it, {@link PROCESSES} at a time. */
async function doAll(work: readonly (() => Promise<void>)[]): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < work.length) await work[next++]!();
  };
  await Promise.all(Array.from({ length: PROCESSES }, worker));
}

async function guarded(what: string, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => told(false, `${what}: ${String(error)}`));
}

const hunted = names.length === 0 ? plantedBugs : plantedBugs.filter(({ name }) => names.includes(name));
await doAll(
  hunted.map(
    (bug) => () =>
      guarded(bug.name, async () => {
        const { seeds, violation } = await startHunt({ first, count: seedsMax }, bug);
        seedsNeeded = Math.max(seedsNeeded, seeds);
        const outcome =
          violation === null
            ? `not found in ${seeds} seeds`
            : `found with seed ${first + seeds - 1}: ${violation.slice(0, VIOLATION_SHOWN)}`;
        told(violation !== null, `${bug.name}: ${bug.rule}\n    ${outcome}`);
      }),
  ),
);

const share = Math.ceil(seedsNeeded / PROCESSES);
const shares = Array.from({ length: PROCESSES }, (_, at): Seeds => {
  const from = Math.min(at * share, seedsNeeded);
  return { first: first + from, count: Math.min(share, seedsNeeded - from) };
});
await doAll(
  shares.map(
    (seeds) => () =>
      guarded('no bug', async () => {
        const { violation } = await startHunt(seeds);
        const which = `seeds ${seeds.first} to ${seeds.first + seeds.count - 1} without a bug`;
        told(violation === null, violation === null ? `${which}: clean` : `${which}: ${violation}`);
      }),
  ),
);
console.log(`${((performance.now() - began) / 1000).toFixed(0)} s, at most ${seedsNeeded} seeds for a bug`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
