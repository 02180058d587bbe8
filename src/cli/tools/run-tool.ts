import * as fs from 'node:fs';
import { nodeClock, nodeTimers } from '../../runtime/node-clock.ts';
import { NodeNetwork } from '../../runtime/node-network.ts';
import { nodeRandom } from '../../runtime/node-random.ts';
import { writeText } from '../../runtime/write-text.ts';
import { STDERR, STDOUT } from '../descriptors.ts';
import { toolNamed } from './all-tools.ts';
import { javaMessage } from './java-error.ts';
import { silentLogger } from './silent-logger.ts';
import { ToolFailure } from './tool-failure.ts';
import type { Tool } from './tool.ts';
import type { ToolWorld } from './tool-world.ts';

/**
 * Runs the command that the first argument names and sets the exit code; 'unknown' when there is none of that name. The launcher
 * in `bin/` calls it. Never rejects.
 */
export async function run([name = '', ...args]: readonly string[]): Promise<'done' | 'unknown'> {
  const tool = toolNamed(name);
  if (tool === undefined) return 'unknown';
  process.exitCode = await exitCodeOf(tool, args, nodeWorld());
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

function nodeWorld(): ToolWorld {
  return {
    runtime: {
      clock: nodeClock,
      timers: nodeTimers,
      random: nodeRandom,
      network: new NodeNetwork(silentLogger),
      logger: silentLogger,
    },
    out: (line) => writeText(STDOUT, `${line}\n`),
    err: (line) => writeText(STDERR, `${line}\n`),
    readFile: (path) => fs.readFileSync(path, 'utf8'),
    readBytes: (path) => fs.readFileSync(path),
  };
}
