#!/usr/bin/env node
// @ts-check
/**
 * Starts the program under the name it was called by, `posthorn` or one of Kafka's commands, from its bundled file, with the code that V8 compiled in an earlier start: that halves what
 * starting costs on top of Node's own start. The code lies beside the bundle, or in the user's cache folder when that
 * cannot be written. It is only ever a short cut: missing, foreign or damaged, it is passed over.
 */
const fs = require('node:fs');
const { createRequire } = require('node:module');
const { basename, dirname, join } = require('node:path');
const { Script } = require('node:vm');

const SUFFIX = '.v8cache';
/** The code is kept once the program has served this long: by then, what a start needs has been compiled. */
const KEEP_AFTER_MS = 3_000;

/** The one of Kafka's commands that becomes a broker. */
const SERVER_START = /^(?:kafka-)?server-start(?:\.sh)?$/;

const dist = join(__dirname, '..', 'dist');
/** How words are written that may be the name of a command. */
const HELP = new Set(['--help', '-h']);
const COMMAND = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?:\.sh)?$/;

/** The broker, the commands that need none of it, and the one that needs broker and client: a file each, for a start has to be fast. */
const BROKER = { bundle: join(dist, 'bundle', 'posthorn.cjs'), module: '../dist/src/cli/main.js' };
const DEMO = { bundle: join(dist, 'bundle', 'demo.cjs'), module: '../dist/src/cli/demo/run-demo.js' };
const COMMANDS = { bundle: join(dist, 'bundle', 'commands.cjs'), module: '../dist/src/cli/tools/run-tool.js' };

/** @typedef {{ bundle: string, module: string }} Part */
/** @typedef {'serving' | 'done' | 'unknown'} State */
/** @typedef {{ run(args: readonly string[]): Promise<State> }} Program */

/**
 * When the compiler alone ran since the bundle was made, as in development: what it emitted.
 * @param {string} bundle
 */
function isBundleStale(bundle) {
  const emitted = fs.statSync(join(dist, '.tsbuildinfo'), { throwIfNoEntry: false });
  if (emitted === undefined) return false;
  const bundled = fs.statSync(bundle, { throwIfNoEntry: false });
  return bundled === undefined || bundled.mtimeMs < emitted.mtimeMs;
}

/**
 * Where compiled code may lie. The name holds what it depends on: the program's text, Node's version and flags. V8
 * itself refuses what still does not fit.
 * @param {string} bundle
 * @param {string} source
 */
function cachePaths(bundle, source) {
  const build = source.slice(source.lastIndexOf('=') + 1).trim();
  const flags = fingerprint(`${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`);
  const name = `${basename(bundle, '.cjs')}-${build}-${process.version}-${process.arch}-${flags}${SUFFIX}`;
  const home = process.env.XDG_CACHE_HOME ?? (process.env.HOME && join(process.env.HOME, '.cache'));
  const folders = [dirname(bundle), ...(home ? [join(home, 'posthorn')] : [])];
  return folders.map((folder) => join(folder, name));
}

/** @param {string} text */
function fingerprint(text) {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) >>> 0;
  return hash.toString(16);
}

/**
 * Compiled code is run as it is, so it has to be ours: of this user, or as safe as the program itself beside it.
 * @param {string} path
 */
function readCompiled(path) {
  try {
    const isForeign = dirname(path) !== dirname(BROKER.bundle) && fs.statSync(path).uid !== process.getuid?.();
    return isForeign ? undefined : fs.readFileSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Keeps the code in the first folder that takes it, in place of that of other versions.
 * @param {readonly string[]} paths
 * @param {Buffer} code
 */
function keep(paths, code) {
  for (const path of paths) {
    const unfinished = `${path}.${process.pid}`;
    if (attempt(() => write(path, unfinished, code))) return;
    attempt(() => fs.rmSync(unfinished, { force: true }));
  }
}

/**
 * @param {string} path
 * @param {string} unfinished
 * @param {Buffer} code
 */
function write(path, unfinished, code) {
  const folder = dirname(path);
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  fs.writeFileSync(unfinished, code, { mode: 0o644 });
  fs.renameSync(unfinished, path);
  const isOfOther = (/** @type {string} */ name) =>
    [BROKER, COMMANDS, DEMO].some(({ bundle }) => kindOf(bundle) !== kindOf(path) && kindOf(bundle) === kindOf(name));
  for (const name of fs.readdirSync(folder)) {
    if (name.endsWith(SUFFIX) && !isOfOther(name) && join(folder, name) !== path)
      fs.rmSync(join(folder, name), { force: true });
  }
}

/**
 * What a file of compiled code is of: the name of the bundle.
 * @param {string} path
 */
function kindOf(path) {
  return basename(path, '.cjs').split('-', 1)[0];
}

/** @param {() => void} action */
function attempt(action) {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {Part} part
 * @param {readonly string[]} args
 */
async function runBundle({ bundle }, args) {
  const source = fs.readFileSync(bundle, 'latin1');
  const paths = cachePaths(bundle, source);
  let cachedData;
  for (const path of paths) cachedData ??= readCompiled(path);
  const head = '(function (exports, require, module, __filename, __dirname) {';
  const script = new Script(`${head}${source}\n})`, { filename: bundle, columnOffset: -head.length, cachedData });
  const module = { exports: /** @type {Program} */ ({}) };
  script.runInThisContext()(module.exports, createRequire(bundle), module, bundle, dirname(bundle));
  const state = await module.exports.run(args);
  const isShort = bundle === COMMANDS.bundle && state === 'done';
  if (!(isShort || state === 'serving') || (cachedData !== undefined && !script.cachedDataRejected)) return state;
  const keepOnce = () => {
    process.off('exit', keepOnce);
    clearTimeout(timer);
    keep(paths, script.createCachedData());
  };
  const timer = setTimeout(keepOnce, KEEP_AFTER_MS).unref();
  process.on('exit', keepOnce);
  return state;
}

/**
 * @param {Part} part
 * @param {readonly string[]} args
 * @returns {Promise<State>}
 */
async function runPart(part, args) {
  if (isBundleStale(part.bundle)) return (await import(part.module)).run(args);
  // Node maps stack traces to the sources only for what it loaded itself.
  if (process.sourceMapsEnabled) return require(part.bundle).run(args);
  return runBundle(part, args);
}

async function main() {
  const name = basename(process.argv[1] ?? '').replace(/\.c?js$/, '');
  const args = process.argv.slice(2);
  if (SERVER_START.test(name)) return void (await runPart(BROKER, ['server-start', ...args]));
  if (SERVER_START.test(args[0] ?? '')) return void (await runPart(BROKER, ['server-start', ...args.slice(1)]));
  if (name.startsWith('kafka-')) {
    if ((await runPart(COMMANDS, [name, ...args])) !== 'unknown') return;
    process.stderr.write(`posthorn: there is no command ${name}\n`);
    process.exitCode = 1;
    return;
  }
  if (args[0] === 'demo') {
    await runPart(DEMO, args.slice(1));
    return;
  }
  if (args.length === 1 && HELP.has(args[0] ?? '')) {
    await runPart(COMMANDS, ['help']);
    return;
  }
  const isCommand = args[0] !== undefined && args[0] !== 'start' && COMMAND.test(args[0]);
  if (isCommand && (await runPart(COMMANDS, args)) !== 'unknown') return;
  await runPart(BROKER, args);
}

void main();
