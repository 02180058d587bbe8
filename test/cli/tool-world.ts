import { nodeClock, nodeTimers } from '../../src/runtime/node-clock.ts';
import { NodeNetwork } from '../../src/runtime/node-network.ts';
import { nodeRandom } from '../../src/runtime/node-random.ts';
import type { ToolWorld } from '../../src/cli/tools/tool-world.ts';
import { silent } from '../runtime/silent-logger.ts';

export interface ToldWorld extends ToolWorld {
  /** What was written to standard output. */
  written(): string;
  errors(): string;
  /** As a signal does. */
  stop(): void;
}

/** A world that keeps what a command says, and gives it this input. */
export function toolWorld(input: readonly string[] = []): ToldWorld {
  const told: { readonly out: string[]; readonly err: string[] } = { out: [], err: [] };
  let stop: (() => void) | undefined;
  return {
    runtime: {
      clock: nodeClock,
      timers: nodeTimers,
      random: nodeRandom,
      network: new NodeNetwork(silent),
      logger: silent,
    },
    out: (line) => void told.out.push(`${line}\n`),
    write: (bytes) => {
      told.out.push(Buffer.from(bytes).toString());
      return true;
    },
    err: (line) => void told.err.push(`${line}\n`),
    input: async function* () {
      for (const text of input) yield await Promise.resolve(Buffer.from(text));
    },
    isTerminal: false,
    onStop: (called) => {
      stop = called;
    },
    readFile: (path) => {
      throw new Error(`no file ${path}`);
    },
    readBytes: (path) => {
      throw new Error(`no file ${path}`);
    },
    written: () => told.out.join(''),
    errors: () => told.err.join(''),
    stop: () => stop?.(),
  };
}
