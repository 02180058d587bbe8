import { simulate } from '../src/testing/simulator/simulate.ts';

/**
 * Runs the simulator.
 *
 *   npm run simulate -- [--seeds N] [--from S] [--trace]
 *
 * One line for each seed that fails, with the command that repeats it; `--trace` prints what happened.
 */
function numberAfter(option: string, otherwise: number): number {
  const at = process.argv.indexOf(option);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

const TRACE_LINES = 60;
const first = numberAfter('--from', 1);
const count = numberAfter('--seeds', 1);
const isTraced = process.argv.includes('--trace');
const began = performance.now();
let failed = 0;
let virtualMs = 0;
let events = 0;
for (let seed = first; seed < first + count; seed++) {
  const outcome = await simulate(seed, isTraced ? { print: (line) => console.log(line) } : {});
  virtualMs += outcome.virtualMs;
  events += outcome.events;
  if (outcome.violation === undefined) continue;
  failed++;
  if (!isTraced) for (const line of outcome.trace.slice(-TRACE_LINES)) console.log(`    ${line.slice(0, 300)}`);
  console.log(`FAIL seed ${seed}: ${outcome.violation}`);
  console.log(`    ${JSON.stringify(outcome.options)}`);
  console.log(`    repeat it: npm run simulate -- --from ${seed} --trace`);
}
const seconds = (performance.now() - began) / 1000;
console.log(
  `${count - failed} passed, ${failed} failed: ${(virtualMs / 60_000).toFixed(0)} virtual minutes, ${events} events, ${seconds.toFixed(1)} s`,
);
process.exit(failed > 0 ? 1 : 0);
