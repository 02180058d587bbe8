import type { ClientRuntime } from '../../client/client-runtime.ts';

/** What a command has of the world besides the cluster; tests give their own. */
export interface ToolWorld {
  readonly runtime: ClientRuntime;
  /** Writes a line to standard output. */
  out(line: string): void;
  /** Writes a line to standard error. */
  err(line: string): void;
  /** The text of a file; throws what Node throws. */
  readFile(path: string): string;
  /** As {@link readFile}, as it is. */
  readBytes(path: string): Uint8Array;
}
