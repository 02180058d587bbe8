import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../paths.ts';

/** What V8 compiled in earlier starts; left out, so that the first start is a first one. */
const COMPILED_CODE = '.v8cache';

/**
 * Copies what Posthorn runs from, so that a compilation during the run does not change what is measured. Bundles before:
 * a bundle older than what was compiled would be passed over, and the start measured without it.
 */
export function freezeBuild(workRoot: string): string {
  const home = join(workRoot, 'posthorn');
  mkdirSync(home);
  execFileSync(process.execPath, [join(repositoryRoot, 'dist', 'scripts', 'bundle.js')], { stdio: 'inherit' });
  for (const folder of ['bin', 'dist'])
    cpSync(join(repositoryRoot, folder), join(home, folder), {
      recursive: true,
      preserveTimestamps: true,
      filter: (path) => !path.endsWith(COMPILED_CODE),
    });
  copyFileSync(join(repositoryRoot, 'package.json'), join(home, 'package.json'));
  symlinkSync(join(repositoryRoot, 'node_modules'), join(home, 'node_modules'));
  return home;
}
