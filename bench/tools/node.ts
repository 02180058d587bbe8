import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { launched } from '../sides/side.ts';

const TIMEOUT_MS = 600_000;

/** Runs a program of `bench/client/` in a process of its own and gives what it printed; rejects with its output when it fails. */
export async function runNode(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [pathOf(program), ...args], { timeout: TIMEOUT_MS });
  return stdout;
}

/** Runs a task beside a program of `bench/client/` that lasts; it begins when the program has said something, which it is told. */
export async function besideNode<T>(
  program: string,
  args: readonly string[],
  task: (said: string) => Promise<T>,
): Promise<T> {
  const child = spawn(process.execPath, [pathOf(program), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  launched.add(child);
  try {
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`${program} has ended with ${code}`);
    });
    const [said] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
    return await Promise.race([task(said.toString().trim()), ended]);
  } finally {
    launched.delete(child);
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
  }
}

function pathOf(program: string): string {
  return fileURLToPath(new URL(`../client/${program}.js`, import.meta.url));
}
