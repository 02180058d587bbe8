import { TimeoutError } from '../../client/client-error.ts';
import { optionHelp } from './option-help.ts';
import type { OptionSpecs } from './option-parser.ts';
import { ToolFailure } from './tool-failure.ts';
import type { ToolWorld } from './tool-world.ts';

/** What Posthorn's own commands say to `--help`. */
export function ownHelp(specs: OptionSpecs, about: string): string {
  return `${about}\n${optionHelp(specs)}`;
}

/** Every own command has these. */
export const ownOptions = {
  help: { text: 'Tells how this command is used.' },
  'bootstrap-server': { argument: 'host:port', fallback: 'localhost:9092', text: 'Any broker of the cluster.' },
  'command-config': { argument: 'file', text: 'A file of settings for the connection.' },
} as const satisfies OptionSpecs;

/** A word that no option takes. Throws {@link ToolFailure}. */
export function refuseWords(words: readonly string[]): void {
  if (words.length > 0) throw new ToolFailure(`'${words[0]}' is one argument too many`);
}

/** How long an own command looks for its cluster: a person waits. */
export const OWN_TIMEOUT_MS = 10_000;

/** What an own command says when no broker answers; other errors as they are. */
export function ownFailure(error: unknown, bootstrapServers: string): unknown {
  if (!(error instanceof TimeoutError)) return error;
  const last = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return new ToolFailure(`no broker answers at ${bootstrapServers}${last}`);
}

/** Answers `--help` on standard output; true when there is nothing left to do. */
export function answersHelp(
  isAsked: boolean,
  world: ToolWorld,
  { specs, about }: { readonly specs: OptionSpecs; readonly about: string },
): boolean {
  if (isAsked) world.out(ownHelp(specs, about));
  return isAsked;
}
