import type { ParsedOptions } from './option-parser.ts';
import { usage } from './usage.ts';

/** An option that goes by a new name since KIP-1147, and its old one. */
export interface Renamed<Name extends string> {
  readonly from: Name;
  readonly to: Name;
}

/**
 * Which of the two names is used. Throws {@link usage} when both are given.
 * @param warn told the warning of the old name.
 */
export function nameInUse<Name extends string>(
  options: ParsedOptions<Name>,
  { from, to }: Renamed<Name>,
  warn: (from: Name, to: Name) => void,
): Name {
  if (!options.has(from)) return to;
  if (options.has(to)) throw usage(options, `Options --${to} and --${from} cannot be specified together.`);
  warn(from, to);
  return from;
}
