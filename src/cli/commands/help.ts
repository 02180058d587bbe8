import { commandLines } from '../tools/command-list.ts';
import type { ToolEntry } from '../tools/tool-entry.ts';
import type { Tool } from '../tools/tool.ts';

const HEAD = `posthorn: a Kafka in TypeScript, without JVM and Docker

Usage: posthorn [COMMAND] [OPTIONS]
`;
const TAIL = `
Kafka's commands are there under their own names as well: kafka-topics.sh, kafka-topics.
posthorn COMMAND --help tells a command's options; posthorn start --help those of the broker.`;

/** `posthorn --help`: every command in one line. */
export function helpOn(tools: readonly ToolEntry[]): Tool {
  return {
    name: 'help',
    async run(_args, world) {
      const lines = commandLines(tools.map(({ name }) => name));
      const width = Math.max(...lines.map(({ name }) => name.length));
      world.out(HEAD);
      for (const { name, about } of lines) world.out(`  ${name.padEnd(width)}  ${about}`.trimEnd());
      world.out(TAIL);
      return 0;
    },
  };
}
