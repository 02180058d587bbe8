import { helpText } from './argument-help.ts';
import { ArgumentFailure, parseArguments, type ArgumentCall } from './argument-parser.ts';
import type { ArgumentGrammar } from './argument-spec.ts';
import { uncaught } from './java-failure.ts';
import type { Tool } from './tool.ts';
import type { ToolWorld } from './tool-world.ts';

/** A tool that kafkatest reads: the help without arguments, otherwise `work`, whose failures end it as an exception of Java. */
export function verifiableTool(
  name: string,
  grammar: ArgumentGrammar,
  work: (call: ArgumentCall, world: ToolWorld) => Promise<void>,
): Tool {
  return {
    name,
    async run(args, world) {
      if (args.length === 0) {
        world.out(helpText(grammar));
        return 0;
      }
      const parsed = parseArguments(grammar, args);
      if (parsed.kind !== 'call') {
        if (parsed.kind === 'help') world.out(parsed.text);
        return 1;
      }
      try {
        await work(parsed.call, world);
        return 0;
      } catch (error) {
        throw error instanceof ArgumentFailure ? error : uncaught(error);
      }
    },
  };
}
