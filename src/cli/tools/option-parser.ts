import { ToolFailure } from './tool-failure.ts';

/** One option of a command, without its leading dashes. */
export interface OptionSpec {
  /** What its argument is called in the help; none: it takes no argument. */
  readonly argument?: string;
  /** The type that the help shows and that the value must have; a string when left out. */
  readonly type?: 'String' | 'Integer' | 'Long' | 'Double';
  /** The only values there are, in capitals as the help shows them; any case is taken. */
  readonly choices?: readonly string[];
  /** The argument may be left out. */
  readonly isArgumentOptional?: boolean;
  /** An argument that holds several values, with this between them. */
  readonly separator?: string;
  /** What it stands for when it is not given. */
  readonly fallback?: string;
  /** The command line has to have it. */
  readonly isRequired?: boolean;
  /** Goes with one of these options only. */
  readonly goesWith?: readonly string[];
  /** One sentence for the help. */
  readonly text: string;
}

/** A value of an option is none that it can have. */
export class OptionFailure extends ToolFailure {
  override name = 'OptionFailure';
  /** What Java throws. */
  readonly exception: string;

  constructor(exception: 'OptionArgumentConversionException' | 'MultipleArgumentsForOptionException', message: string) {
    super(message);
    this.exception = `joptsimple.${exception}`;
  }
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

const INT32 = { min: -0x8000_0000, max: 0x7fff_ffff } as const;

/**
 * The options given to a command, by Kafka's rules (joptsimple without abbreviations): `--name value`, `--name=value` and
 * `-name value` are the same; an option that needs an argument takes the next word, whatever it is; options may repeat; words that
 * belong to no option are passed over.
 */
export class ParsedOptions<Name extends string = string> {
  readonly specs: Readonly<Record<Name, OptionSpec>>;
  /** Words that belong to no option. */
  readonly words: readonly string[];
  readonly #given: ReadonlyMap<string, readonly string[]>;

  constructor(
    specs: Readonly<Record<Name, OptionSpec>>,
    given: ReadonlyMap<string, readonly string[]>,
    words: readonly string[],
  ) {
    this.specs = specs;
    this.#given = given;
    this.words = words;
  }

  has(name: Name): boolean {
    return this.#given.has(name);
  }

  /** All values of an option, or its fallback. */
  values(name: Name): readonly string[] {
    const given = this.#given.get(name);
    const { fallback } = this.specs[name];
    return given !== undefined && given.length > 0 ? given : fallback === undefined ? [] : [fallback];
  }

  /** The one value of an option; undefined when there is none. Throws when it was given several times. */
  value(name: Name): string | undefined {
    const values = this.values(name);
    if (values.length > 1) {
      const text = `Found multiple arguments for option ${name}, but you asked for only one`;
      throw new OptionFailure('MultipleArgumentsForOptionException', text);
    }
    return values[0];
  }

  /** The one value, in capitals, of an option that has choices. */
  choice(name: Name): string | undefined {
    const text = this.value(name);
    if (text === undefined || this.specs[name].choices?.includes(text.toUpperCase()) === true)
      return text?.toUpperCase();
    throw new ToolFailure(`Cannot parse argument '${text}' of option ${name}`);
  }

  /** The one value as a whole number. */
  integer(name: Name): number | undefined {
    const text = this.value(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    const isWhole = /^[+-]?\d+$/.test(text) && Number.isSafeInteger(value);
    const isInRange = this.specs[name].type !== 'Integer' || (value >= INT32.min && value <= INT32.max);
    if (isWhole && isInRange) return value;
    const fault = `Cannot parse argument '${text}' of option ${name}`;
    throw new OptionFailure('OptionArgumentConversionException', fault);
  }
}

/** Reads a command line. Throws {@link ToolFailure} with Kafka's words. */
export function parseOptions<Name extends string>(
  specs: Readonly<Record<Name, OptionSpec>>,
  args: readonly string[],
): ParsedOptions<Name> {
  const given = new Map<string, string[]>();
  const words: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') {
      words.push(...args.slice(at + 1));
      break;
    }
    if (!looksLikeOption(arg)) {
      words.push(arg);
      continue;
    }
    const { name, attached } = optionIn(arg);
    const spec = Object.hasOwn(specs, name) ? specs[name as Name] : undefined;
    if (spec === undefined) throw unrecognized(arg, name);
    const values = given.get(name) ?? [];
    given.set(name, values);
    if (spec.argument === undefined) continue;
    let value: string | undefined = attached === '' ? undefined : attached;
    const next = args[at + 1];
    if (value === undefined && next !== undefined && !(spec.isArgumentOptional === true && looksLikeOption(next))) {
      value = next;
      at++;
    }
    if (value !== undefined) values.push(...valuesIn(value, spec.separator));
    else if (spec.isArgumentOptional !== true) throw new ToolFailure(`Option ${name} requires an argument`);
  }
  checkGiven(specs, given);
  return new ParsedOptions(specs, given, words);
}

/** What is required is there, unless the help is asked for, and what goes with others is not without them. */
function checkGiven(specs: OptionSpecs, given: ReadonlyMap<string, readonly string[]>): void {
  const all = Object.entries(specs);
  const missing = all.filter(([name, spec]) => spec.isRequired === true && !given.has(name)).map(([name]) => name);
  if (missing.length > 0 && !given.has('help')) {
    throw new ToolFailure(`Missing required option(s) [${missing.join(', ')}]`);
  }
  const astray = all
    .filter(([name, { goesWith }]) => given.has(name) && goesWith?.some((other) => given.has(other)) === false)
    .map(([name]) => name);
  if (astray.length > 0) {
    throw new ToolFailure(`Option(s) [${astray.join(', ')}] are unavailable given other options on the command line`);
  }
}

function looksLikeOption(word: string): boolean {
  return word.length > 1 && word.startsWith('-') && word !== '--';
}

function optionIn(arg: string): { readonly name: string; readonly attached: string | undefined } {
  const text = arg.slice(arg.startsWith('--') ? 2 : 1);
  const at = text.indexOf('=');
  return at < 0 ? { name: text, attached: undefined } : { name: text.slice(0, at), attached: text.slice(at + 1) };
}

/** A word with one dash is a bundle of options of one letter each, unless it is an option as a whole. */
function unrecognized(arg: string, name: string): ToolFailure {
  return new ToolFailure(`${arg.startsWith('--') ? name : (name[0] ?? '')} is not a recognized option`);
}

function valuesIn(value: string, separator: string | undefined): string[] {
  if (separator === undefined) return [value];
  const parts = value.split(separator).filter((part) => part !== '');
  return parts.length === 0 ? [value] : parts;
}
