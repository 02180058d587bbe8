import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

/**
 * Makes one CommonJS file of the program, `posthorn/broker` and `posthorn/testing`, and one of `posthorn/client`: hundreds of small modules cost more to load than all
 * of their work at start. One file has nothing left to load later, so a running broker outlives an upgrade of its
 * package; parts that are loaded on demand are evaluated on demand. CommonJS, because its compiled code can be kept
 * (see the launcher), and because both `import` and `require` take it, also inside test runners that know no modules.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'dist', 'bundle');
const types = join(folder, 'types');
const FILE = 'posthorn.cjs';
const READY_WITHIN_MS = 30_000;

/** An ApiVersions request of version 0: size, API key, version, correlation id, no client id. */
const API_VERSIONS = Buffer.from('0000000a0012000000000001ffff', 'hex');

/** Public entries that are parts of the program, by name, with the module that each one is. */
const entries = { broker: 'src/broker/index', testing: 'src/testing/index' } as const;

function dependencies(): string[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'peerDependencies',
    object
  >;
  return [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
}

/** @param beside public entries that it takes from their own files, by folder: what they define must be there once. */
async function bundle(module: string, name: string, beside: readonly string[] = []): Promise<void> {
  const entriesBeside = new Map(beside.map((entry) => [join(root, 'src', entry, 'index.ts'), `./${entry}.cjs`]));
  const build = await rolldown({
    input: join(root, module),
    cwd: root,
    platform: 'node',
    external: [/^node:/, ...dependencies()],
    plugins: [
      {
        name: 'beside',
        resolveId: (source, importer) => {
          const id = importer === undefined ? undefined : entriesBeside.get(join(dirname(importer), source));
          return id === undefined ? null : { id, external: true };
        },
      },
    ],
    onLog: (_level, log) => {
      throw new Error(log.message);
    },
  });
  const { output } = await build.generate({
    file: join(folder, name),
    format: 'cjs',
    exports: 'named',
    codeSplitting: false,
    sourcemap: true,
  });
  await build.close();
  for (const part of output) {
    if (part.type === 'asset') replace(join(folder, part.fileName), String(part.source));
    else replace(join(folder, name), `${ascii(part.code).trimEnd()}\n//# build=${digest(part.code)}\n`);
  }
}

/** A public entry names what it takes from the bundle one by one, so that `import` sees the names as well. */
async function writeEntry(name: string, module: string): Promise<void> {
  const url = pathToFileURL(join(root, 'dist', `${module}.js`)).href;
  const names = Object.keys((await import(url)) as object);
  const lines = names.map((exported) => `exports.${exported} = bundle.${exported};\n`);
  replace(join(folder, `${name}.cjs`), `'use strict';\nconst bundle = require('./${FILE}');\n${lines.join('')}`);
  copyTypes(`${module}.d.ts`);
}

const copied = new Set<string>();

/** The declarations that an entry needs, and no others: marked as CommonJS, which the bundle is. */
function copyTypes(path: string): void {
  if (copied.has(path)) return;
  copied.add(path);
  const target = join(types, relative('src', path));
  const text = readFileSync(join(root, 'dist', path), 'utf8');
  mkdirSync(dirname(target), { recursive: true });
  for (const [, imported] of text.matchAll(/from '(\.[^']*)\.ts'/g))
    copyTypes(`${join(dirname(path), imported!)}.d.ts`);
  replace(target, text.replaceAll(/from '(\.[^']*)\.ts'/g, `from '$1.js'`).replace(/\/\/# sourceMappingURL=.*\n?/, ''));
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

/**
 * Starts the program once and asks it what every client asks first, so that V8's compiled code for both lies beside it
 * from the first start of a person on.
 */
async function startOnce(): Promise<void> {
  const launcher = join(root, 'bin', 'posthorn.js');
  const program = spawn(process.execPath, [launcher, '--ephemeral', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: READY_WITHIN_MS,
    env: { PATH: process.env['PATH'] },
  });
  const ended = once(program, 'exit') as Promise<[number | null]>;
  program.stdout.once('data', (banner: Buffer) => {
    const port = Number(/ready on \S+:(\d+)/.exec(banner.toString())?.[1]);
    const socket = connect(port, '127.0.0.1', () => socket.write(API_VERSIONS));
    socket.once('error', () => program.kill('SIGTERM'));
    socket.once('data', () => {
      socket.destroy();
      // The commands as well, once.
      const listing = [launcher, 'kafka-topics', '--bootstrap-server', `127.0.0.1:${port}`, '--list'];
      const command = spawn(process.execPath, listing, {
        stdio: 'ignore',
        timeout: READY_WITHIN_MS,
        env: { PATH: process.env['PATH'] },
      });
      command.once('exit', () => program.kill('SIGTERM'));
    });
  });
  const [code] = await ended;
  if (code !== 0) throw new Error(`the bundled program ended with ${code}`);
}

mkdirSync(types, { recursive: true });
replace(join(types, 'package.json'), '{ "type": "commonjs" }\n');
await bundle('scripts/bundle-entry.ts', FILE);
await bundle('src/cli/tools/run-tool.ts', 'commands.cjs');
await bundle('src/cli/demo/run-demo.ts', 'demo.cjs');
await bundle('src/log/cleaning/cleaner-thread.ts', 'cleaner.cjs');
await bundle('scripts/grpc-entry.ts', 'grpc.cjs');
// A file of its own: a broker's start must not pay for the client.
await bundle('src/client/index.ts', 'client.cjs');
copyTypes('src/client/index.d.ts');
await bundle('src/listener/index.ts', 'listener.cjs', ['client']);
copyTypes('src/listener/index.d.ts');
await bundle('src/nest/index.ts', 'nest.cjs', ['listener']);
copyTypes('src/nest/index.d.ts');
for (const [name, module] of Object.entries(entries)) await writeEntry(name, module);
await startOnce();
