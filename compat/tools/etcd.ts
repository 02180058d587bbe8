import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../paths.ts';
import { go } from './go.ts';
import { aptInstall, must, output } from './tool.ts';

/** etcd's server as a program of its own: the module has it as a package. */
const MAIN = `package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
`;
const BUILD_MS = 900_000;

/** The program of etcd's server, and beside it etcdctl, from Debian's packages. */
export interface EtcdPrograms {
  readonly etcd: string;
  readonly etcdctl: string;
}

let known: EtcdPrograms | undefined;

/**
 * Debian's etcd (3.4), or the server that ETCD_VERSION names (3.5, 3.6), built from its published Go module. Throws with the reason
 * where it cannot be had.
 */
export function etcd(): EtcdPrograms {
  if (known !== undefined) return known;
  if (!isThere()) {
    const failed = aptInstall(['etcd-server', 'etcd-client']);
    if (failed !== undefined) throw new Error(`no etcd: ${failed}`);
    if (!isThere()) throw new Error('no etcd: the packages etcd-server and etcd-client brought no program that runs');
  }
  const version = process.env['ETCD_VERSION'];
  known = { etcd: version === undefined ? 'etcd' : built(version), etcdctl: 'etcdctl' };
  return known;
}

function isThere(): boolean {
  return output('etcd', ['--version']) !== undefined && output('etcdctl', ['version']) !== undefined;
}

function built(version: string): string {
  if (!/^\d+\.\d+(\.\d+)?$/.test(version))
    throw new Error(`no etcd: ETCD_VERSION=${version} is no version such as 3.6`);
  const home = join(cacheRoot, `etcd-${version}`);
  const program = join(home, 'etcd');
  if (existsSync(program)) return program;
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'main.go'), MAIN);
  writeFileSync(join(home, 'go.mod'), 'module posthorn.example/etcd\n\ngo 1.24\n');
  const options = { cwd: home, env: { GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' }, timeoutMs: BUILD_MS };
  must(go(), ['get', `go.etcd.io/etcd/server/v3@v${version}`], options);
  must(go(), ['build', '-o', 'etcd', '.'], options);
  return program;
}
