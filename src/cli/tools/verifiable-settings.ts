import { usageText } from './argument-help.ts';
import { ArgumentFailure, type ArgumentCall } from './argument-parser.ts';
import type { ArgumentGrammar } from './argument-spec.ts';
import { MissingFile } from './properties-file.ts';
import { readSettings } from './read-settings.ts';
import type { ToolWorld } from './tool-world.ts';

/** The settings of `--command-config` or of the name it had before; what is wrong with them is told as what is wrong with arguments. */
export function verifiableSettings(
  grammar: ArgumentGrammar,
  call: ArgumentCall,
  oldName: string,
  world: ToolWorld,
): ReadonlyMap<string, string> {
  const fault = (complaint: string): ArgumentFailure =>
    new ArgumentFailure(usageText(grammar), grammar.program, complaint);
  const old = call.value(oldName);
  if (old !== undefined && call.has('command-config')) {
    throw fault(`Options --${oldName} and --command-config are mutually exclusive.`);
  }
  try {
    return readSettings(world, call.value('command-config'), { flag: oldName, path: old });
  } catch (error) {
    throw error instanceof MissingFile ? fault(error.message) : error;
  }
}
