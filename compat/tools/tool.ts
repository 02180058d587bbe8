import { spawnSync } from 'node:child_process';

/** A tool the suites need: how it is called, or why it cannot be had here. */
export type Tool =
  | { readonly name: string; readonly command: string }
  | { readonly name: string; readonly missing: string };

/** The output of a program, undefined when it fails or does not exist. */
export function output(command: string, args: readonly string[], timeoutMs = 60_000): string | undefined {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: timeoutMs, stdio: ['ignore', 'pipe', 'pipe'] });
  return result.status === 0 ? `${result.stdout}${result.stderr}` : undefined;
}

/** Runs a program that has to succeed; its output is in the error when it does not. */
export function must(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string | undefined>; timeoutMs?: number } = {},
): string {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    timeout: options.timeoutMs ?? 600_000,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
  });
  if (result.status === 0) return result.stdout;
  const said = `${result.stdout}${result.stderr}`.trim().slice(-2000);
  throw new Error(
    `${command} ${args.join(' ').slice(0, 200)}: ${result.error?.message ?? result.status ?? result.signal}\n${said}`,
  );
}

let updated = false;

/** Installs Debian packages where that is possible (apt-get, and root); says why not where it is not. */
export function aptInstall(packages: readonly string[]): string | undefined {
  if (output('apt-get', ['--version']) === undefined) return 'there is no apt-get here';
  if (process.getuid?.() !== 0) return `not root: apt-get install ${packages.join(' ')}`;
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  try {
    if (!updated) must('apt-get', ['update', '-q'], { env });
    updated = true;
    must('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], { env });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
