import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../paths.ts';
import { aptInstall, must, output } from './tool.ts';

/** franz-go asks for this Go or a later one. */
const GO_MINOR_MIN = 26;
/** Fetched through the module proxy where the system's Go is older: every Go can download this module. */
const TOOLCHAIN = 'go1.26.0';

/** A Go that is new enough; throws with the reason where none can be had. */
export function go(): string {
  for (const command of ['go', '/usr/local/go/bin/go']) if (minorOf(command) >= GO_MINOR_MIN) return command;
  mkdirSync(cacheRoot, { recursive: true });
  const known = join(cacheRoot, 'go-path');
  const fetched = existsSync(known) ? output('cat', [known])?.trim() : undefined;
  if (fetched !== undefined && minorOf(fetched) >= GO_MINOR_MIN) return fetched;
  let old = ['go', '/usr/local/go/bin/go'].find((command) => minorOf(command) > 0);
  if (old === undefined) {
    const failed = aptInstall(['golang-go']);
    if (failed !== undefined) throw new Error(`no Go: ${failed}`);
    old = 'go';
  }
  const toolchain = fetchToolchain(old);
  writeFileSync(known, toolchain);
  return toolchain;
}

function minorOf(command: string): number {
  return Number(/go1\.(\d+)/.exec(output(command, ['version']) ?? '')?.[1] ?? 0);
}

/** A newer Go as a module; an older one does not know that its programs must be executable. */
function fetchToolchain(old: string): string {
  const machine = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const module = `golang.org/toolchain@v0.0.1-${TOOLCHAIN}.linux-${machine}`;
  const env = { GOFLAGS: '-mod=mod', GO111MODULE: 'on', GOTOOLCHAIN: 'local' };
  const answer = JSON.parse(must(old, ['mod', 'download', '-json', module], { cwd: cacheRoot, env })) as {
    Dir: string;
  };
  const tools = join(answer.Dir, 'pkg', 'tool', `linux_${machine}`);
  for (const folder of [join(answer.Dir, 'bin'), tools]) {
    chmodSync(folder, 0o755);
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o755);
  }
  return join(answer.Dir, 'bin', 'go');
}
