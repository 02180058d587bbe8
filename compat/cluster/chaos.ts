import { SeededRandom } from '../../src/base/seeded-random.ts';
import { faults, Rounds, unableReason } from './rounds.ts';

/**
 * A long random sequence of all faults of run.ts on one cluster, with writers, groups and transactions that go on through all of it;
 * between faults members of the groups are killed, stopped, resumed and added as well.
 *
 *   npm run chaos
 *
 * MINUTES (10) of it, SEED (printed): the same sequence of faults, as far as processes can repeat anything; RECORDS of each writer
 * and round (1500). Closes with "N passed, M failed".
 */
const minutes = Number(process.env['MINUTES'] ?? 10);
const seed = Number(process.env['SEED'] ?? Math.floor(Date.now() / 1000));
const records = Number(process.env['RECORDS'] ?? 1500);
const DISTURBANCES_MAX = 3;

const unable = unableReason();
if (unable !== undefined) {
  console.log(`NOT RUN: ${unable}`);
  console.log('0 passed, 0 failed, everything NOT RUN');
  process.exit(0);
}
// What happens next does not depend on how often a fault itself asked for chance.
const order = new SeededRandom(seed);
const rounds = await Rounds.begin({ records, seed, isLong: false, random: new SeededRandom(seed + 1) });
console.log(`${minutes} minutes, seed ${seed}`);
const names = Object.keys(faults);
const happened = new Map<string, number>();
const endMs = performance.now() + minutes * 60_000;
while (performance.now() < endMs) {
  const name = names[order.below(names.length)]!;
  const disturbances = order.below(DISTURBANCES_MAX + 1);
  const disturbed = new SeededRandom(order.below(0x7fff_ffff));
  for (let count = 0; count < disturbances; count++) console.log(`  ${rounds.members.disturb(disturbed)}`);
  await rounds.round(name, faults[name]!);
  happened.set(name, (happened.get(name) ?? 0) + 1);
}
await rounds.end(
  `${[...happened].map(([name, count]) => `${name} ${count}`).join(', ')}; again with SEED=${seed} MINUTES=${minutes}`,
);
process.exit(rounds.failed > 0 || rounds.passed === 0 ? 1 : 0);
