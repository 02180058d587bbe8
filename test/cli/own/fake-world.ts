import { nodeWorld } from '../../../src/cli/tools/node-world.ts';
import type { Screen } from '../../../src/cli/tools/screen.ts';
import type { ToolWorld } from '../../../src/cli/tools/tool-world.ts';

/** What a command wrote, and the means to tell it to stop. */
export interface FakeWorld extends ToolWorld {
  readonly lines: string[];
  readonly errors: string[];
  /** From now on nobody reads its output. */
  hangUp(): void;
  stop(): void;
}

export function fakeWorld(): FakeWorld {
  const world = nodeWorld();
  const lines: string[] = [];
  const errors: string[] = [];
  const stops: (() => void)[] = [];
  let isRead = true;
  const write = (text: Uint8Array | string): boolean => {
    if (isRead) lines.push(...String(text).replace(/\n$/, '').split('\n'));
    return isRead;
  };
  return {
    ...world,
    lines,
    errors,
    out: (line) => void write(`${line}\n`),
    write,
    err: (line) => void errors.push(line),
    onStop: (stop) => void stops.push(stop),
    hangUp: () => {
      isRead = false;
    },
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}

export const plainScreen: Screen = {
  isTerminal: false,
  isErrorTerminal: false,
  isColoured: false,
  columns: () => 80,
  rows: () => 24,
};

export function terminal(columns: number, rows: number, isColoured = false): Screen {
  return { isTerminal: true, isErrorTerminal: true, isColoured, columns: () => columns, rows: () => rows };
}
