import { readFile, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeededRandom } from '../../src/base/seeded-random.ts';

/**
 * Makes of the data that a killed broker left what a loss of power could have left: of the logs of some topics goes what was
 * written after the recovery point that the broker noted, from somewhere on. Answers how many bytes went.
 */
export async function losePower(data: string, topics: readonly string[], random: SeededRandom): Promise<number> {
  const synced = await recoveryPoints(data);
  let lost = 0;
  for (const name of await readdir(data)) {
    // Of a log with a recovery point it is not known here where in the file that is.
    if (!topics.some((topic) => name.startsWith(`${topic}-`)) || (synced.get(name) ?? 0) > 0) continue;
    const segments = (await readdir(join(data, name))).filter((file) => file.endsWith('.log')).toSorted();
    const last = segments.at(-1);
    if (last === undefined) continue;
    const path = join(data, name, last);
    const { size } = await stat(path);
    const kept = random.below(size + 1);
    await truncate(path, kept);
    lost += size - kept;
  }
  return lost;
}

/** By log, named as its directory, the offset up to which all is on the disk. */
async function recoveryPoints(data: string): Promise<Map<string, number>> {
  const points = new Map<string, number>();
  const text = await readFile(join(data, 'recovery-point-offset-checkpoint'), 'utf8').catch(() => '');
  for (const line of text.split('\n').slice(2)) {
    const [topic, partition, offset] = line.split(' ');
    if (offset !== undefined) points.set(`${topic}-${partition}`, Number(offset));
  }
  return points;
}
