import { register } from 'node:module';
import { plantedBugs } from './planted-bugs.ts';

/**
 * Runs the simulator on seed after seed, with a planted bug or, without a name, with none, until something is found wrong:
 *
 *   node hunt.js FIRST COUNT [NAME]
 *
 * Prints one line of JSON: {@link Catch}.
 */
export interface Catch {
  /** How many seeds were run, that of the finding included. */
  readonly seeds: number;
  /** What was found; null when nothing was. */
  readonly violation: string | null;
}

const [first, count] = process.argv.slice(2, 4).map(Number) as [number, number];
const name = process.argv[4];
if (name !== undefined) {
  const bug = plantedBugs.find((each) => each.name === name);
  if (bug === undefined) throw new Error(`no planted bug is called ${name}`);
  const data = { edits: bug.edits, root: new URL('../../../src/', import.meta.url).href };
  register(new URL('planting-hooks.js', import.meta.url), { data });
}
// Not before the hooks are there: what is loaded is loaded for good.
const { simulate } = await import('../../../src/testing/simulator/simulate.ts');
let violation: string | undefined;
let seeds = 0;
while (violation === undefined && seeds < count) {
  const outcome = await simulate(first + seeds);
  violation = outcome.violation;
  seeds++;
}
const caught: Catch = { seeds, violation: violation ?? null };
console.log(JSON.stringify(caught));
process.exit(0);
