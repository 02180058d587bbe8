import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const skipped = new Set(['node_modules', 'dist', '.git', '.cache', 'posthorn-data', 'coverage']);

/** Paths of the files below the given folders of `root`, relative to it, sorted; generated folders left out. */
export function filesUnder(root: string, folders: readonly string[], suffix: string): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    const absolute = join(root, folder);
    if (!existsSync(absolute)) return;
    for (const entry of readdirSync(absolute, { withFileTypes: true })) {
      if (skipped.has(entry.name)) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (entry.name.endsWith(suffix)) found.push(path);
    }
  };
  for (const folder of folders) walk(folder);
  return found.toSorted();
}

/** The files that git tracks; outside a git clone, all of them. */
export function trackedFiles(root: string): string[] {
  try {
    const listed = execFileSync('git', ['ls-files', '-z'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
    return listed
      .toString()
      .split('\0')
      .filter((path) => path !== '' && existsSync(join(root, path)));
  } catch {
    return filesUnder(root, [''], '');
  }
}

/** The text of each file by its path. */
export function readAll(root: string, paths: readonly string[]): Map<string, string> {
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}
