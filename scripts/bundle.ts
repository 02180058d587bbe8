import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/**
 * Bundles the program and each public entry into one CommonJS file of its own: hundreds of small modules cost more to
 * load than all of their work at start. One file has nothing left to load later, so a running broker outlives an
 * upgrade of its package; parts that are loaded on demand are evaluated on demand.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'dist', 'bundle');
const READY_WITHIN_MS = 30_000;

const entries = [
  { name: 'cli', source: 'src/cli/main.ts' },
  { name: 'broker', source: 'src/broker/index.ts' },
] as const;

function dependencies(): string[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object };
  return Object.keys(manifest.dependencies);
}

async function bundle(name: string, source: string): Promise<void> {
  const file = join(folder, `${name}.cjs`);
  const build = await rolldown({
    input: join(root, source),
    cwd: root,
    platform: 'node',
    external: [/^node:/, ...dependencies()],
    onLog: (_level, log) => {
      throw new Error(log.message);
    },
  });
  const { output } = await build.generate({
    file,
    format: 'cjs',
    exports: 'named',
    codeSplitting: false,
    sourcemap: true,
  });
  await build.close();
  for (const part of output) {
    if (part.type === 'asset') replace(join(folder, part.fileName), String(part.source));
    else replace(file, `${ascii(part.code).trimEnd()}\n//# build=${digest(part.code)}\n`);
  }
}

/** V8 keeps a text with a single wider letter at two bytes per letter. Our own has them in strings and comments only. */
function ascii(code: string): string {
  return code.replaceAll(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The launcher keys compiled code by it. */
function digest(code: string): string {
  return createHash('sha256').update(code).digest('hex').slice(0, 32);
}

/** At one moment, for a program that starts meanwhile. */
function replace(path: string, text: string): void {
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, path);
}

/** Starts the program once, so that V8's compiled code lies beside it from the first start of a person on. */
async function startOnce(): Promise<void> {
  const program = spawn(process.execPath, [join(root, 'bin', 'posthorn.js'), '--ephemeral', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: READY_WITHIN_MS,
    env: { PATH: process.env['PATH'] },
  });
  program.stdout.once('data', () => program.kill('SIGTERM'));
  const [code] = (await once(program, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the bundled program ended with ${code}`);
}

mkdirSync(folder, { recursive: true });
for (const { name, source } of entries) await bundle(name, source);
await startOnce();
