import {
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  closeSync,
  writeFileSync,
  ftruncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SeededRandom } from '../../src/base/seeded-random.ts';
import { repositoryRoot } from '../paths.ts';
import type { Noted } from './synced-files.ts';

const preload = pathToFileURL(join(repositoryRoot, 'dist', 'compat', 'brokers', 'synced-files.js')).href;

/**
 * The disk of a broker's process, which loses what was not synced when the power goes: of each file the rest from somewhere on, or it
 * is there and reads as zeros; and files whose names were never synced may be gone. What was removed stays removed.
 */
export class LossyDisk {
  /** Of the broker's process. */
  readonly env: Readonly<Record<string, string>>;
  /** Argument for Node.js. */
  readonly preload = preload;
  readonly #journal: string;

  constructor(journal: string) {
    this.#journal = journal;
    this.env = { SYNCED_FILES: journal };
  }

  /** Lets the power go while no process of the broker's runs. Answers how many bytes are lost below `directory`. */
  losePower(directory: string, random: SeededRandom): number {
    const lost = loseUnsynced(directory, syncedBy(this.#journal), random);
    // What is found after a loss of power lies on the device.
    writeFileSync(this.#journal, [...found(directory)].map((noted) => `${JSON.stringify(noted)}\n`).join(''));
    return lost;
  }

  /** It was replaced by a new one. */
  replaced(): void {
    writeFileSync(this.#journal, '');
  }
}

/** Lengths of files and names in directories that are on the device. */
interface Synced {
  readonly sizes: Map<string, number>;
  readonly names: Map<string, ReadonlySet<string>>;
}

function syncedBy(journal: string): Synced {
  const synced: Synced = { sizes: new Map(), names: new Map() };
  const lines = readFileSync(journal, 'utf8').split('\n');
  // The last one may be half written, where the process was killed.
  for (const line of lines.slice(0, -1)) apply(synced, JSON.parse(line) as Noted);
  return synced;
}

function apply({ sizes, names }: Synced, noted: Noted): void {
  const { path } = noted;
  if ('size' in noted) sizes.set(path, noted.size);
  else if ('names' in noted) names.set(path, new Set(noted.names));
  else if ('cutTo' in noted) sizes.set(path, Math.min(sizes.get(path) ?? 0, noted.cutTo));
  else {
    const to = 'renamedTo' in noted ? noted.renamedTo : undefined;
    move(sizes, path, to);
    move(names, path, to);
  }
}

/** What is known of a path, and of those below it, is known of another from now on, or of none. */
function move<Known>(known: Map<string, Known>, from: string, to: string | undefined): void {
  if (to !== undefined) known.delete(to);
  for (const [path, value] of known) {
    if (path !== from && !path.startsWith(`${from}/`)) continue;
    known.delete(path);
    if (to !== undefined) known.set(to + path.slice(from.length), value);
  }
}

function loseUnsynced(directory: string, synced: Synced, random: SeededRandom): number {
  let lost = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    const isNamed = synced.names.get(directory)?.has(entry.name) === true;
    if (!isNamed && random.below(2) === 0) {
      lost += [...found(path)].reduce((sum, noted) => sum + ('size' in noted ? noted.size : 0), 0);
      rmSync(path, { recursive: true });
    } else if (entry.isDirectory()) {
      lost += loseUnsynced(path, synced, random);
    } else {
      lost += loseTail(path, synced.sizes.get(path) ?? 0, random);
    }
  }
  return lost;
}

function loseTail(path: string, synced: number, random: SeededRandom): number {
  const { size } = statSync(path);
  if (size <= synced) return 0;
  const kept = synced + random.below(size - synced + 1);
  const fd = openSync(path, 'r+');
  ftruncateSync(fd, kept);
  // A file system may have noted the length before the data was there.
  if (random.below(3) === 0) ftruncateSync(fd, size);
  closeSync(fd);
  return size - kept;
}

/** All that lies at a path and below it, as if it had just been synced. */
function* found(path: string): Generator<Noted> {
  const stat = statSync(path);
  if (!stat.isDirectory()) {
    yield { path, size: stat.size };
    return;
  }
  const names = readdirSync(path);
  yield { path, names };
  for (const name of names) yield* found(join(path, name));
}
