import { posix } from 'node:path';
import { floors, packagesForAll, worldUses, worldly } from './floors.ts';
import { blankNonCode, importsOf, lineAt } from './source-text.ts';

/** Sources by path relative to the repository (`src/wire/frame.ts`). */
export type Sources = ReadonlyMap<string, string>;

/**
 * Holds the sources against the floors: imports within the folder or downwards, only listed packages, no circles (type
 * imports count), the outside world only through `src/runtime/`. Returns one line per fault, empty when all is well.
 */
export function layerFaults(sources: Sources): string[] {
  const faults: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, source] of sources) {
    const targets: string[] = [];
    for (const { specifier, line } of importsOf(source)) {
      const target = resolveImport(path, specifier);
      if (target !== undefined && sources.has(target)) targets.push(target);
      const fault = path.startsWith('src/') ? importFault(path, specifier, target) : undefined;
      if (fault !== undefined) faults.push(`${path}:${line}: ${fault}`);
      else if (target !== undefined && !sources.has(target)) faults.push(`${path}:${line}: no file ${target}`);
    }
    graph.set(path, targets);
    faults.push(...worldFaults(path, source));
  }
  for (const circle of circles(graph)) faults.push(`circle: ${circle.join(' -> ')}`);
  return faults;
}

/** The file that a relative import names, undefined for a package. */
function resolveImport(path: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(path), specifier)) : undefined;
}

function importFault(path: string, specifier: string, target: string | undefined): string | undefined {
  const folder = folderOf(path);
  const own = floors[folder];
  if (own === undefined) return `folder src/${folder} has no floor`;
  if (target === undefined) {
    return isAllowedPackage(specifier, own.packages) ? undefined : `src/${folder} may not use ${specifier}`;
  }
  if (!target.startsWith('src/')) return `src imports ${target}`;
  const other = folderOf(target);
  if (other === folder) return undefined;
  const floor = floors[other]?.floor;
  if (floor !== undefined && floor < own.floor) return undefined;
  return `floor ${own.floor} (${folder}) imports floor ${floor ?? '?'} (${other})`;
}

function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function isAllowedPackage(specifier: string, allowed: readonly string[]): boolean {
  if (specifier.startsWith('node:') && allowed.includes('node:*')) return true;
  const name = specifier.startsWith('node:')
    ? specifier
    : specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
  return allowed.includes(name) || packagesForAll.includes(name);
}

function worldFaults(path: string, source: string): string[] {
  if (!path.startsWith('src/') || worldly.includes(folderOf(path))) return [];
  const code = blankNonCode(source);
  return worldUses.flatMap(({ what, pattern }) =>
    [...code.matchAll(pattern)].map((match) => `${path}:${lineAt(code, match.index)}: ${what} outside src/runtime`),
  );
}

/** One circle of each knot of files that import each other. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const onPath: string[] = [];
  const visit = (path: string): void => {
    const at = onPath.indexOf(path);
    if (at >= 0) {
      found.push([...onPath.slice(at), path]);
      return;
    }
    if (done.has(path)) return;
    onPath.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    onPath.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return found;
}
