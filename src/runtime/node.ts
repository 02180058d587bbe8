import { hostname } from 'node:os';
import type { LogOptions } from './node-logger.ts';
import { nodeClock, nodeTimers } from './node-clock.ts';
import { nodeDisk } from './node-disk.ts';
import { NodeLogger } from './node-logger.ts';
import { NodeNetwork } from './node-network.ts';
import { nodeRandom } from './node-random.ts';
import type { Runtime } from './runtime.ts';

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
    hostName: hostname,
  };
}
