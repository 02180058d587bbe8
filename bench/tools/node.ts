import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const TIMEOUT_MS = 600_000;

/** Runs a program of `bench/client/` in a process of its own and gives what it printed; rejects with its output when it fails. */
export async function runNode(program: string, args: readonly string[]): Promise<string> {
  const path = fileURLToPath(new URL(`../client/${program}.js`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [path, ...args], { timeout: TIMEOUT_MS });
  return stdout;
}
