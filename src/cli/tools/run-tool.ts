import { toolNamed } from './all-tools.ts';
import { exitCodeOf } from './exit-code.ts';
import { nodeWorld } from './node-world.ts';

/**
 * Runs the command that the first argument names and sets the exit code; 'unknown' when there is none of that name. The launcher
 * in `bin/` calls it. Never rejects.
 */
export async function run([name = '', ...args]: readonly string[]): Promise<'done' | 'unknown'> {
  const entry = toolNamed(name, args);
  if (entry === undefined) return 'unknown';
  const exitCode = await exitCodeOf(await entry.load(), args, nodeWorld());
  // A signal has its own.
  process.exitCode ??= exitCode;
  return 'done';
}
