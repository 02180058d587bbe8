import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dependencyFaults, type Manifest } from './dependency-notes.ts';
import { layerFaults } from './layers.ts';
import { filesUnder, readAll, trackedFiles } from './repository-files.ts';
import { sizeFaults } from './sizes.ts';
import { textFaults } from './tracked-text.ts';

/** `npm run check`, after the build: every rule of the repository that a machine can hold. Exit code 1 on any fault. */
const root = fileURLToPath(new URL('../../', import.meta.url));
const folders = ['src', 'test', 'scripts', 'bench', 'compat', 'examples'];

const steps: readonly { readonly name: string; readonly run: () => string[] }[] = [
  { name: 'lint', run: () => runTool('oxlint', ['--type-aware', '--deny-warnings', '--format=unix', ...existing()]) },
  { name: 'format', run: () => runTool('oxfmt', ['--check', ...existing()]) },
  { name: 'layers', run: () => layerFaults(readAll(root, filesUnder(root, folders, '.ts'))) },
  { name: 'sizes', run: sizes },
  { name: 'documents', run: generatedDocuments },
  { name: 'text', run: trackedTexts },
  { name: 'dependencies', run: dependencies },
];

function existing(): string[] {
  return folders.filter((folder) => filesUnder(root, [folder], '.ts').length > 0);
}

function runTool(name: string, args: readonly string[]): string[] {
  return runNode([join(root, 'node_modules', name, 'bin', name), ...args]);
}

/** A program's output as faults when it fails. */
function runNode(args: readonly string[]): string[] {
  const result = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (result.status === 0) return [];
  const said = `${result.stdout}${result.stderr}`.trimEnd();
  return [said === '' ? `${args[0]} ended with ${result.status ?? result.signal}` : said];
}

function sizes(): string[] {
  const texts = readAll(root, filesUnder(root, folders, '.ts'));
  return sizeFaults(new Map([...texts].map(([path, text]) => [path, text.split('\n').length - 1])));
}

function generatedDocuments(): string[] {
  const generator = join(root, 'dist', 'scripts', 'generate-docs.js');
  if (!existsSync(join(root, 'scripts', 'generate-docs.ts'))) return [];
  return runNode([generator, '--check']);
}

function trackedTexts(): string[] {
  return [...readAll(root, trackedFiles(root))].flatMap(([path, text]) => textFaults(path, text));
}

function dependencies(): string[] {
  const notes = join(root, 'docs', 'dependencies.md');
  const manifests = ['.', 'bench', 'compat', 'examples']
    .map((folder) => join(root, folder, 'package.json'))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')) as Manifest);
  return dependencyFaults(manifests, existsSync(notes) ? readFileSync(notes, 'utf8') : '');
}

let failed = 0;
for (const { name, run } of steps) {
  const began = performance.now();
  const faults = run();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
  for (const fault of faults) console.log(fault.replace(/^/gm, '     '));
  if (faults.length > 0) failed++;
}
if (failed > 0) {
  console.log(`${failed} of ${steps.length} checks failed`);
  process.exitCode = 1;
}
