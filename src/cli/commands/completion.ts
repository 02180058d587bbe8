import { demoAbout, demoSpecs } from '../demo/demo-options.ts';
import { HELP } from '../options.ts';
import { commandLines } from '../tools/command-list.ts';
import { ownHelp } from '../tools/own-help.ts';
import { ToolFailure } from '../tools/tool-failure.ts';
import type { ToolEntry } from '../tools/tool-entry.ts';
import type { Tool } from '../tools/tool.ts';
import type { ToolWorld } from '../tools/tool-world.ts';
import { COMPLETION_SHELLS, completionScript, type CompletedCommand } from './completion-scripts.ts';

const ABOUT = `Prints what a shell needs to complete commands and options; put one of these where your shell starts:

  eval "$(posthorn completion bash)"
  eval "$(posthorn completion zsh)"
  posthorn completion fish | source`;

/** Help of the commands that run a broker: those are no tools. */
const elsewhere: Readonly<Record<string, string>> = { start: HELP, demo: ownHelp(demoSpecs, demoAbout) };

const OPTION = /--[a-z][a-z\d-]+/g;

/** `posthorn completion`: made from what each command tells of its options, so that it cannot differ. */
export function completionOf(tools: readonly ToolEntry[], jsonListings: readonly ToolEntry[]): Tool {
  return {
    name: 'completion',
    async run([shell = '--help', ...more], world) {
      if (shell === '--help') {
        world.out(ABOUT);
        return 0;
      }
      const known = COMPLETION_SHELLS.find((name) => name === shell);
      if (known === undefined || more.length > 0) {
        const given = [shell, ...more].join(' ');
        throw new ToolFailure(`there is completion for ${COMPLETION_SHELLS.join(', ')}, not for '${given}'`);
      }
      world.out(completionScript(known, await completedCommands(tools, jsonListings, world)));
      return 0;
    },
  };
}

/**
 * Every command with its options.
 * @param jsonListings commands that take `--json` beside Kafka's options.
 */
export async function completedCommands(
  all: readonly ToolEntry[],
  jsonListings: readonly ToolEntry[],
  world: ToolWorld,
): Promise<CompletedCommand[]> {
  const tools = new Map(all.map((entry) => [entry.name.replace(/^kafka-/, ''), entry]));
  const commands: CompletedCommand[] = [];
  for (const { name, about } of commandLines(all.map((entry) => entry.name))) {
    const entry = tools.get(name);
    const hasJson = jsonListings.some((listing) => listing.name === entry?.name);
    const isOwn = entry === undefined || entry.name === name;
    const text = entry === undefined ? elsewhere[name] : await helpOf(await entry.load(), world);
    commands.push({ name, about, isKafkas: !isOwn, options: optionsIn(`${text ?? ''}${hasJson ? ' --json' : ''}`) });
  }
  return commands;
}

/** The options that a help text names, each once, in order. */
export function optionsIn(help: string): string[] {
  return [...new Set(help.match(OPTION))].toSorted();
}

/** What a command says to `--help`: some print it, some end with it. */
async function helpOf(tool: Tool, world: ToolWorld): Promise<string> {
  const told: string[] = [];
  const note = (line: string | Uint8Array): boolean => told.push(String(line)) > 0;
  const listening: ToolWorld = { ...world, out: note, err: note, write: note };
  try {
    await tool.run(['--help'], listening);
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    told.push(error.message);
  }
  return told.join('\n');
}
