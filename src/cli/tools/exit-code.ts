import { javaMessage } from './java-error.ts';
import { ToolFailure } from './tool-failure.ts';
import type { Tool } from './tool.ts';
import type { ToolWorld } from './tool-world.ts';

/** Runs a command; what it throws is told on standard error. */
export async function exitCodeOf(tool: Tool, args: readonly string[], world: ToolWorld): Promise<number> {
  try {
    return await tool.run(args, world);
  } catch (error) {
    world.err(javaMessage(error));
    return error instanceof ToolFailure ? error.exitCode : 1;
  }
}
