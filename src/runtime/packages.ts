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
