import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { repositoryRoot } from '../paths.ts';

/** What stands for the last release, or the commit before where nothing was released yet. */
export const LAST = 'last';

/** A build of Posthorn that lies somewhere. */
export interface Build {
  readonly root: string;
  /** Which one it is, for people. */
  readonly title: string;
}

/**
 * The build that `given` names: a directory with a build in it, a commit, or {@link LAST}. A commit is built below
 * `workRoot`, with our packages where it asks for the same ones. Undefined when {@link LAST} is nothing: a clone without history.
 */
export function otherBuild(given: string, workRoot: string): Build | undefined {
  if (existsSync(join(given, 'bin', 'posthorn.js'))) {
    const root = resolve(given);
    if (!existsSync(join(root, 'dist', 'bundle'))) throw new Error(`${given} is not built`);
    return { root, title: given };
  }
  const name = given === LAST ? lastName() : given;
  if (name === undefined) return undefined;
  const commit = git('rev-parse', '--verify', '--quiet', `${name}^{commit}`);
  if (commit === undefined) throw new Error(`${name} is neither a directory with a build nor a commit`);
  return { root: buildCommit(commit, workRoot), title: `${name} (${commit.slice(0, 7)})` };
}

/** The newest tag before this commit, else its first parent. */
function lastName(): string | undefined {
  const parent = git('rev-parse', '--verify', '--quiet', 'HEAD^1');
  if (parent === undefined) return undefined;
  return git('describe', '--tags', '--abbrev=0', parent) ?? 'HEAD^1';
}

function buildCommit(commit: string, workRoot: string): string {
  const root = join(workRoot, 'other');
  mkdirSync(root);
  const archive = join(workRoot, 'other.tar');
  if (git('archive', '--output', archive, commit) === undefined) throw new Error(`${commit} cannot be unpacked`);
  execFileSync('tar', ['-xf', archive, '-C', root]);
  const run = (args: readonly string[]): void => void execFileSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (hasOurPackages(root)) symlinkSync(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'));
  else run(['ci', '--no-audit', '--no-fund']);
  run(['run', '--silent', 'build']);
  return root;
}

function hasOurPackages(root: string): boolean {
  const [theirs, ours] = [root, repositoryRoot].map((each) => readFileSync(join(each, 'package-lock.json'), 'utf8'));
  return theirs === ours;
}

/** What git says; undefined when it fails, also where there is no git. */
function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, {
      cwd: repositoryRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
