import { toolNamed } from './all-tools.ts';
import { javaMessage } from './java-error.ts';
import { nodeWorld } from './node-world.ts';
import { ToolFailure } from './tool-failure.ts';
import type { Tool } from './tool.ts';
import type { ToolWorld } from './tool-world.ts';

/**
 * Runs the command that the first argument names and sets the exit code; 'unknown' when there is none of that name. The launcher
 * in `bin/` calls it. Never rejects.
 */
export async function run([name = '', ...args]: readonly string[]): Promise<'done' | 'unknown'> {
  const entry = toolNamed(name);
  if (entry === undefined) return 'unknown';
  const exitCode = await exitCodeOf(await entry.load(), args, nodeWorld());
  // A signal has its own.
  process.exitCode ??= exitCode;
  return 'done';
}

/** Runs a command; what it throws is told on standard error. */
export async function exitCodeOf(tool: Tool, args: readonly string[], world: ToolWorld): Promise<number> {
  try {
    return await tool.run(args, world);
  } catch (error) {
    world.err(javaMessage(error));
    return error instanceof ToolFailure ? error.exitCode : 1;
  }
}
