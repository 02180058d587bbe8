import type { Tool } from './tool.ts';

/** A command by its name, loaded when it is called. */
export interface ToolEntry {
  /** As Kafka's script is called, without `.sh`; Posthorn's own have one word. */
  readonly name: string;
  load(): Promise<Tool>;
}
