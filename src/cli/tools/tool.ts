import type { ToolWorld } from './tool-world.ts';

/** One of Kafka's commands. */
export interface Tool {
  /** As Kafka's script is called, without `.sh`. */
  readonly name: string;
  /** Does the work; resolves with the exit code. What it throws is told on standard error, with exit code 1. */
  run(args: readonly string[], world: ToolWorld): Promise<number>;
}
