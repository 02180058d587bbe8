import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Places of the repository, as seen from the compiled `dist/bench/`. */
export const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));
export const benchRoot = join(repositoryRoot, 'bench');

/** Compiled Java programs, payloads, profiles and results that are not for keeping; git ignores it. */
export const cacheRoot = join(benchRoot, '.cache');
