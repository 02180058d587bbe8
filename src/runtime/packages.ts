import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/**
 * A package or Node module that is loaded at its first use, so that start-up does not pay for it. The caller casts it
 * to its type; a package that cannot be loaded throws at that first use.
 */
export function lazyPackage(name: string): () => unknown {
  let loaded: unknown;
  return () => (loaded ??= require(name));
}

/** A file that lies beside the entry of a package, such as its WebAssembly code. */
export function readPackageFile(name: string, file: string): Buffer {
  return readFileSync(join(dirname(require.resolve(name)), file));
}

/** A fresh copy of a module that lies beside the entry of a package: its state is shared with no one. */
export function freshPackageModule(name: string, file: string): unknown {
  const path = join(dirname(require.resolve(name)), file);
  delete require.cache[path];
  const loaded: unknown = require(path);
  delete require.cache[path];
  return loaded;
}

/**
 * Packages that few need: the program brings their code along in a file of its own beside the bundle, so that nobody
 * installs them for nothing. Loaded at first use, in the order of `names`.
 */
export function lazyBundledPackages(file: string, names: readonly string[]): () => readonly unknown[] {
  const isBundled = import.meta.url.endsWith('.cjs');
  let loaded: readonly unknown[] | undefined;
  return () =>
    (loaded ??= isBundled
      ? (require(`./${file}`) as { packages: readonly unknown[] }).packages
      : names.map((name) => require(name) as unknown));
}
