import { createRequire } from 'node:module';

/** Imported into a process: says at its end which packages and which of Node's larger modules were loaded. */
const { cache } = createRequire(import.meta.url);
const { moduleLoadList } = process as unknown as { moduleLoadList: readonly string[] };
process.on('exit', () => {
  const packages = Object.keys(cache).filter((path) => path.includes('node_modules'));
  const builtIn = moduleLoadList.filter((name) => /^NativeModule (?:http|https|tls|zlib|crypto)$/.test(name));
  process.stderr.write(`${JSON.stringify([...packages, ...builtIn])}\n`);
});
