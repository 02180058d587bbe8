import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Places of the repository, as seen from the compiled `dist/compat/`. */
export const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));
export const compatRoot = join(repositoryRoot, 'compat');

/** Downloaded tools and built programs; git ignores it, and a second run finds it filled. */
export const cacheRoot = process.env['COMPAT_CACHE'] ?? join(compatRoot, '.cache');
