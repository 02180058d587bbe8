import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Catch } from './hunt.ts';
import type { PlantedBug } from './planted-bug.ts';

const run = promisify(execFile);
const HUNT = fileURLToPath(new URL('hunt.js', import.meta.url));
/** Longest that one process may take; a bug may send the cluster in circles. */
const TIMEOUT_MS = 600_000;

/** Which seeds to try. */
export interface Seeds {
  readonly first: number;
  readonly count: number;
}

/** Has a process of its own run the simulator on these seeds, with a bug or without one, until something is found. */
export async function startHunt({ first, count }: Seeds, bug?: PlantedBug): Promise<Catch> {
  const named = bug === undefined ? [] : [bug.name];
  const { stdout } = await run(process.execPath, [HUNT, String(first), String(count), ...named], {
    timeout: TIMEOUT_MS,
  });
  return JSON.parse(stdout) as Catch;
}
