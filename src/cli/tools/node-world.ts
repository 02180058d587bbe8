import * as fs from 'node:fs';
import { isatty } from 'node:tty';
import { nodeClock, nodeTimers } from '../../runtime/node-clock.ts';
import { NodeNetwork } from '../../runtime/node-network.ts';
import { nodeRandom } from '../../runtime/node-random.ts';
import { writeText } from '../../runtime/write-text.ts';
import { STDERR, STDIN, STDOUT } from '../descriptors.ts';
import { silentLogger } from './silent-logger.ts';
import type { ToolWorld } from './tool-world.ts';

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** Ctrl-C reaches a process once from the terminal and once more from a parent that hands it on. */
const SAME_SIGNAL_MS = 100;

/** The world as Node shows it. */
export function nodeWorld(): ToolWorld {
  return {
    runtime: {
      clock: nodeClock,
      timers: nodeTimers,
      random: nodeRandom,
      network: new NodeNetwork(silentLogger),
      logger: silentLogger,
    },
    out: (line) => writeText(STDOUT, `${line}\n`),
    write: (bytes) => writeText(STDOUT, bytes),
    err: (line) => writeText(STDERR, `${line}\n`),
    input,
    // As Java's System.console: both ends have to be one.
    isTerminal: isatty(STDIN) && isatty(STDOUT),
    onStop,
    readFile: (path) => fs.readFileSync(path, 'utf8'),
    readBytes: (path) => fs.readFileSync(path),
  };
}

function onStop(stop: () => void): void {
  let sinceMs: number | undefined;
  for (const [signal, exitCode] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      const nowMs = nodeClock.monotonicMs();
      if (sinceMs === undefined) {
        sinceMs = nowMs;
        process.exitCode = exitCode;
        stop();
      } else if (nowMs - sinceMs >= SAME_SIGNAL_MS) process.exit(exitCode);
    });
  }
}

async function* input(signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  const { stdin } = process;
  const end = (): void => void stdin.destroy();
  signal.addEventListener('abort', end, { once: true });
  try {
    for await (const chunk of stdin) yield chunk as Uint8Array;
  } catch (error) {
    // What was destroyed says so.
    if (!signal.aborted) throw error;
  }
}
