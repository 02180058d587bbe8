import type { ClientRuntime } from '../../client/client-runtime.ts';

/** What a command has of the world besides the cluster; tests give their own. */
export interface ToolWorld {
  readonly runtime: ClientRuntime;
  /** Writes a line to standard output. */
  out(line: string): void;
  /** Writes bytes to standard output as they are; false when nobody reads it any more. */
  write(bytes: Uint8Array | string): boolean;
  /** Writes a line to standard error. */
  err(line: string): void;
  /** Standard input, read only as fast as it is asked for; it ends with the signal. */
  input(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Whether standard input and output are a terminal, with a person at it. */
  readonly isTerminal: boolean;
  /** Calls back at the first signal that ends programs (SIGINT, SIGTERM, SIGHUP); at the second the process ends. */
  onStop(stop: () => void): void;
  /** The text of a file; throws what Node throws. */
  readFile(path: string): string;
  /** The content of a file; throws what Node throws. */
  readBytes(path: string): Uint8Array;
}
