import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { repositoryRoot } from '../paths.ts';

/** What a reader needs to judge the numbers by. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly fileSystem: string;
  readonly node: string;
  readonly java: string;
}

export function describeMachine(directory: string): Machine {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: `Linux ${release()}`,
    fileSystem: fileSystemOf(directory),
    node: process.version,
    java: /version "([^"]+)"/.exec(java.stderr)?.[1] ?? 'unknown',
  };
}

/** The commit that was measured, marked when the tree differs from it. */
export function describeCommit(): string {
  return execFileSync('git', ['describe', '--always', '--dirty', '--exclude', '*'], {
    cwd: repositoryRoot,
    encoding: 'utf8',
  }).trim();
}

function fileSystemOf(directory: string): string {
  let best = { mount: '', kind: 'unknown' };
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const [, mount = '', kind = ''] = line.split(' ');
    const holds = directory === mount || directory.startsWith(mount.endsWith('/') ? mount : `${mount}/`);
    if (holds && mount.length >= best.mount.length) best = { mount, kind };
  }
  return best.kind;
}
