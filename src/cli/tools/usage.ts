import { optionHelp } from './option-help.ts';
import { parseOptions, type OptionSpec, type OptionSpecs, type ParsedOptions } from './option-parser.ts';
import { ToolFailure } from './tool-failure.ts';
import type { ToolWorld } from './tool-world.ts';

/** The release of Kafka whose commands these are; `--version` tells it. */
export const KAFKA_VERSION = '4.3.1';
/** The same, as the commands built on argparse4j tell it. */
export const KAFKA_BUILD = `${KAFKA_VERSION} (Commit:26b251a451ce941d)`;

/** Every command has them. */
export const commonOptions = {
  help: { text: 'Tells how this command is used.' },
  version: { text: 'Tells which release of Kafka this command follows.' },
} as const satisfies Record<string, OptionSpec>;

export type CommonOption = keyof typeof commonOptions;

/** Ends the command with a message and the table of options (CommandLineUtils.printUsageAndExit). */
export function usage<Name extends string>(options: ParsedOptions<Name>, message: string): ToolFailure {
  return new ToolFailure(`${message}\n${optionHelp(options.specs)}`);
}

/** Does something with a command line that may be wrong: then the message comes with the table of options. */
export function orUsage<T>(specs: OptionSpecs, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    throw new ToolFailure(`${error.message}\n${optionHelp(specs)}`);
  }
}

/** Reads a command line for a command whose Java ends with an exception that nobody catches when it is wrong. */
export function parseUncaught<Name extends string>(
  specs: Readonly<Record<Name, OptionSpec>>,
  args: readonly string[],
): ParsedOptions<Name> {
  try {
    return parseOptions<Name>(specs, args);
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    throw new ToolFailure(`Exception in thread "main" joptsimple.${exceptionOf(error.message)}: ${error.message}`);
  }
}

function exceptionOf(message: string): string {
  if (message.endsWith('requires an argument')) return 'OptionMissingRequiredArgumentException';
  return message.includes('unavailable') ? 'UnavailableOptionException' : 'UnrecognizedOptionException';
}

/** Answers `--help` and `--version`; true when there is nothing left to do. */
export function answersVersion<Name extends string>(
  options: ParsedOptions<Name | CommonOption>,
  about: string,
  world: ToolWorld,
): boolean {
  if (options.has('help')) throw usage(options, about);
  if (!options.has('version')) return false;
  world.out(KAFKA_VERSION);
  return true;
}

/** Throws {@link usage} unless each of these is given. */
export function requireOptions<Name extends string>(options: ParsedOptions<Name>, required: readonly Name[]): void {
  for (const name of required) {
    if (!options.has(name)) throw usage(options, `Missing required argument "[${name}]"`);
  }
}

/** Throws {@link usage} when `used` is given together with one of the others. */
export function forbidWith<Name extends string>(
  options: ParsedOptions<Name>,
  used: Name,
  others: readonly Name[],
): void {
  if (!options.has(used)) return;
  for (const name of others) {
    if (options.has(name)) throw usage(options, `Option "[${used}]" can't be used with option "[${name}]"`);
  }
}
