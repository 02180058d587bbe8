import { SeededRandom } from '../../src/base/seeded-random.ts';
import { faults, Rounds, unableReason } from './rounds.ts';

/**
 * Three brokers over three members of etcd, each a process of its own, with proxies in all links between them, under clients of
 * others: one fault after the other happens to the cluster. Idempotent writers may see no error and lose, repeat or reorder nothing
 * (rounds.ts); groups and transactions work through all of it, and their history is judged at the end (members.ts).
 *
 *   node dist/compat/cluster/run.js [--long]
 *
 * RECORDS of each client and round (1200; --long 15,000), FAULTS="stop roll" narrows it, SEED (the day's number), OUTAGE_MS of the
 * store in the long form (120,000). Closes with "N passed, M failed".
 */
const isLong = process.argv.includes('--long');
const records = Number(process.env['RECORDS'] ?? (isLong ? 15_000 : 1200));
const seed = Number(process.env['SEED'] ?? Math.floor(Date.now() / 86_400_000));

const unable = unableReason();
if (unable !== undefined) {
  console.log(`NOT RUN: ${unable}`);
  console.log('0 passed, 0 failed, everything NOT RUN');
  process.exit(0);
}
const ofForm = Object.keys(faults).filter((name) => isLong || faults[name]?.isLong === undefined);
const wanted = process.env['FAULTS']?.split(' ') ?? ofForm;
for (const name of wanted)
  if (faults[name] === undefined) throw new Error(`no fault ${name}: ${Object.keys(faults).join(' ')}`);
const rounds = await Rounds.begin({ records, seed, isLong, random: new SeededRandom(seed) });
console.log(`${records} records of each writer and round, seed ${seed}`);
const left = Object.keys(faults).filter((name) => !ofForm.includes(name) && !wanted.includes(name));
if (left.length > 0) console.log(`NOT RUN: faults ${left.join(' ')} of the cluster: the long form runs them`);
for (const name of wanted) await rounds.round(name, faults[name]!);
await rounds.end();
process.exit(rounds.failed > 0 || rounds.passed === 0 ? 1 : 0);
