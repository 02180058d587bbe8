import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { LogOptions } from './node-logger.ts';
import { nodeClock, nodeTimers } from './node-clock.ts';
import { nodeDisk } from './node-disk.ts';
import { NodeLogger } from './node-logger.ts';
import { NodeNetwork } from './node-network.ts';
import { nodeRandom } from './node-random.ts';
import type { Runtime } from './runtime.ts';

/** Node has raised the limit to the highest allowed; only Linux tells it without a call that Node does not have. */
function openFilesMax(): number | undefined {
  try {
    const match = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return match === null ? undefined : Number(match[1]);
  } catch {
    return undefined;
  }
}

/** The world as Node gives it. */
export function nodeRuntime(log: LogOptions): Runtime {
  const logger = NodeLogger.create(log);
  return {
    clock: nodeClock,
    timers: nodeTimers,
    random: nodeRandom,
    disk: nodeDisk,
    network: new NodeNetwork(logger),
    logger,
    openFilesMax,
    hostName: hostname,
  };
}
