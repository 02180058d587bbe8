import { setTimeout as pause } from 'node:timers/promises';
import type { JavaTools, LiveTool, ToolName, ToolOptions, ToolResult } from './java-tool.ts';

/** What a check works with: the tools, aimed at one broker, and names of its own. */
export class Checking {
  readonly bootstrap: string;
  /** The broker's data directory, where it can be read. */
  readonly dataDir: string | undefined;
  readonly #tools: JavaTools;
  readonly #mark: string;
  readonly #live: LiveTool[] = [];

  constructor(tools: JavaTools, bootstrap: string, dataDir: string | undefined, mark: string) {
    this.#tools = tools;
    this.bootstrap = bootstrap;
    this.dataDir = dataDir;
    this.#mark = mark;
  }

  name(name: string): string {
    return `${this.#mark}-${name}`;
  }

  /** Runs a tool against the broker, whatever comes of it. */
  async run(tool: ToolName, args: readonly string[], options?: ToolOptions): Promise<ToolResult> {
    const address = tool === 'kafka-dump-log' ? [] : ['--bootstrap-server', this.bootstrap];
    // kafka-cluster and kafka-features name their command first.
    return this.#tools.run(tool, tool === 'kafka-cluster' ? [...args, ...address] : [...address, ...args], options);
  }

  /** Runs a tool that has to succeed and print lines that fit all patterns. */
  async prints(
    tool: ToolName,
    args: readonly string[],
    patterns: readonly RegExp[],
    options?: ToolOptions,
  ): Promise<string> {
    const { code, text } = await this.run(tool, args, options);
    if (code !== 0) throw new Error(`${tool} ${args.join(' ')} ended with ${code}:\n${text}`);
    expectLines(`${tool} ${args.join(' ')}`, text, patterns);
    return text;
  }

  /** Runs a tool that has to refuse with lines that fit. Some tools refuse with exit code 0. */
  async refuses(tool: ToolName, args: readonly string[], patterns: readonly RegExp[]): Promise<void> {
    const { text } = await this.run(tool, args);
    expectLines(`${tool} ${args.join(' ')}`, text, patterns);
  }

  /** Repeats a tool until it prints lines that fit. */
  async untilPrints(
    tool: ToolName,
    args: readonly string[],
    patterns: readonly RegExp[],
    timeoutMs = 30_000,
  ): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { text } = await this.run(tool, args);
      if (patterns.every((pattern) => pattern.test(text))) return text;
      if (Date.now() > deadline) expectLines(`${tool} ${args.join(' ')} (repeated)`, text, patterns);
      await pause(200);
    }
  }

  /** Starts a tool that runs on until the check is over. */
  start(tool: ToolName, args: readonly string[]): LiveTool {
    const live = this.#tools.start(tool, ['--bootstrap-server', this.bootstrap, ...args]);
    this.#live.push(live);
    return live;
  }

  async endLive(): Promise<void> {
    await Promise.all(this.#live.splice(0).map(async (live) => live.end()));
  }
}

/** One thing that Kafka's tools must be able to do. */
export interface Check {
  readonly name: string;
  run(checking: Checking): Promise<void>;
}

export function expectLines(what: string, text: string, patterns: readonly RegExp[]): void {
  for (const pattern of patterns) {
    if (!pattern.test(text)) throw new Error(`${what}: nothing like ${String(pattern)} in\n${text.slice(0, 3000)}`);
  }
}

export function expectNoLines(what: string, text: string, patterns: readonly RegExp[]): void {
  for (const pattern of patterns) {
    if (pattern.test(text))
      throw new Error(`${what}: there is something like ${String(pattern)} in\n${text.slice(0, 3000)}`);
  }
}
