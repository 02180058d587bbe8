import { helpText, TEXT_WIDTH, usageText } from './argument-help.ts';
import {
  argumentName,
  helpArgument,
  takesValue,
  textualName,
  type ArgumentGrammar,
  type ArgumentSpec,
  type SubcommandSpec,
} from './argument-spec.ts';
import { justified } from './justified-text.ts';
import { similarWords } from './similar-words.ts';
import { ToolFailure } from './tool-failure.ts';

const RANGES = {
  Short: { min: -0x8000, max: 0x7fff },
  Integer: { min: -0x8000_0000, max: 0x7fff_ffff },
  Long: { min: -(2 ** 63), max: 2 ** 63 - 1 },
} as const;

/** A command line that cannot be: its text is what argparse4j prints; {@link complaint} alone is for those who print something else. */
export class ArgumentFailure extends ToolFailure {
  override name = 'ArgumentFailure';
  readonly complaint: string;

  constructor(usage: string, program: string, complaint: string, similar: readonly string[] = []) {
    const hint = similar.length === 0 ? '' : `\n\nDid you mean:\n${similar.map((word) => `\t${word}`).join('\n')}`;
    // The line's end counts as a letter.
    const told = justified(`${program}: error: ${complaint}\n`, TEXT_WIDTH).trimEnd();
    super(`${usage}\n${told}${hint}`);
    this.complaint = complaint;
  }
}

/** What a command line gave: a call to be done, or a text to print instead. */
export type ParsedArguments =
  | { readonly kind: 'call'; readonly call: ArgumentCall }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' };

/** The options of a command line by their names, `dry-run` for `--dry-run`. */
export class ArgumentCall {
  /** Empty without subcommands. */
  readonly subcommand: string;
  readonly #given: ReadonlyMap<string, readonly string[]>;

  constructor(subcommand: string, given: ReadonlyMap<string, readonly string[]>) {
    this.subcommand = subcommand;
    this.#given = given;
  }

  has(name: string): boolean {
    return this.#given.has(name);
  }

  /** The last value given, or the fallback. */
  value(name: string): string | undefined {
    return this.#given.get(name)?.at(-1);
  }

  values(name: string): readonly string[] {
    return this.#given.get(name) ?? [];
  }

  /** As {@link value}, as a number; its form was checked. */
  number(name: string): number | undefined {
    const text = this.value(name);
    return text === undefined ? undefined : Number(text);
  }
}

/** Ends the parsing early: the help or the version was asked for. */
class Interruption {
  readonly parsed: ParsedArguments;

  constructor(parsed: ParsedArguments) {
    this.parsed = parsed;
  }
}

/**
 * Reads a command line by the rules of argparse4j: `--name value`, `--name=value`, `-nvalue`, beginnings of names that fit one only;
 * what belongs to a subcommand stands after its name. Throws {@link ArgumentFailure}.
 */
export function parseArguments(grammar: ArgumentGrammar, args: readonly string[]): ParsedArguments {
  const parsing = new Parsing(grammar, args);
  try {
    return { kind: 'call', call: parsing.run() };
  } catch (thrown) {
    if (thrown instanceof Interruption) return thrown.parsed;
    throw thrown;
  }
}

class Parsing {
  readonly #grammar: ArgumentGrammar;
  readonly #args: readonly string[];
  readonly #given = new Map<string, string[]>();
  #at = 0;
  /** What is missing is told only when nothing else is wrong. */
  #missing: ArgumentFailure | undefined;

  constructor(grammar: ArgumentGrammar, args: readonly string[]) {
    this.#grammar = grammar;
    this.#args = args;
  }

  run(): ArgumentCall {
    const { subcommands } = this.#grammar;
    this.#read();
    let name = '';
    if (subcommands !== undefined) {
      name = this.#args[this.#at++] ?? '';
      const subcommand = subcommands.find((each) => each.name === name);
      if (subcommand === undefined) throw this.#noSuch(name, subcommands);
      this.#read(subcommand);
    }
    if (this.#missing !== undefined) throw this.#missing;
    return new ArgumentCall(name, this.#given);
  }

  /** Reads options up to the next word that is none, which has to be a subcommand's name. */
  #read(subcommand?: SubcommandSpec): void {
    const { options, isExclusiveRequired } = subcommand ?? this.#grammar;
    const used = new Set<ArgumentSpec>();
    for (const option of options) {
      if (option.fallback !== undefined) this.#given.set(argumentName(option), [option.fallback]);
    }
    let isName = false;
    while (this.#at < this.#args.length && !isName) {
      const word = this.#args[this.#at] ?? '';
      if (!word.startsWith('-') || word === '-') {
        isName = subcommand === undefined && this.#grammar.subcommands !== undefined;
        if (!isName)
          throw this.#failure(`unrecognized arguments: '${this.#args.slice(this.#at).join(' ')}'`, subcommand);
      } else {
        this.#at++;
        this.#option(word, options, used, subcommand);
      }
    }
    if (subcommand === undefined && this.#grammar.subcommands !== undefined && !isName) {
      throw this.#failure('too few arguments', subcommand);
    }
    this.#missing ??= this.#missingOf(options, used, { isExclusiveRequired, subcommand });
  }

  #option(word: string, options: readonly ArgumentSpec[], used: Set<ArgumentSpec>, subcommand?: SubcommandSpec): void {
    const { option, attached } = this.#resolve(word, options, subcommand);
    const rival = [...used].find(({ isExclusive }) => isExclusive === true && option.isExclusive === true);
    if (rival !== undefined && rival !== option) {
      const complaint = `argument ${textualName(option)}: not allowed with argument ${textualName(rival)}`;
      throw this.#failure(complaint, subcommand);
    }
    used.add(option);
    const name = argumentName(option);
    if (!takesValue(option)) {
      if (attached !== undefined) {
        throw this.#failure(`argument ${textualName(option)}: ignore implicit argument '${attached}'`, subcommand);
      }
      if (option === helpArgument) throw new Interruption({ kind: 'help', text: helpText(this.#grammar, subcommand) });
      if (option.action === 'version') throw new Interruption({ kind: 'version' });
      this.#given.set(name, ['true']);
      return;
    }
    const next = this.#args[this.#at];
    const isNext = attached === undefined && next !== undefined && (!next.startsWith('-') || /^-\d+$/.test(next));
    if (isNext) this.#at++;
    const value = attached ?? (isNext ? next : undefined);
    if (value === undefined) throw this.#failure(`argument ${textualName(option)}: expected one argument`, subcommand);
    const wrong = unreadable(option, value);
    if (wrong !== undefined) throw this.#failure(`argument ${textualName(option)}: ${wrong}`, subcommand);
    if (option.action === 'several') {
      this.#given.set(name, [value, ...this.#moreValues()]);
      return;
    }
    const before = option.action === 'append' && used.has(option) ? (this.#given.get(name) ?? []) : [];
    this.#given.set(name, [...before, value]);
  }

  /** Words up to the next option. */
  #moreValues(): string[] {
    const values: string[] = [];
    for (let word = this.#args[this.#at]; word !== undefined && !word.startsWith('-'); word = this.#args[this.#at]) {
      values.push(word);
      this.#at++;
    }
    return values;
  }

  #resolve(
    word: string,
    options: readonly ArgumentSpec[],
    subcommand?: SubcommandSpec,
  ): { readonly option: ArgumentSpec; readonly attached: string | undefined } {
    const all = [helpArgument, ...options];
    const equals = word.indexOf('=');
    const flag = equals < 0 ? word : word.slice(0, equals);
    const attached = equals < 0 ? undefined : word.slice(equals + 1);
    const exact = all.find(({ flags }) => flags.includes(flag));
    if (exact !== undefined) return { option: exact, attached };
    const flags = all.flatMap((option) => option.flags.map((each) => ({ option, each })));
    const fitting = flags.filter(({ each }) => each.startsWith(flag));
    const [first] = fitting;
    if (first !== undefined && fitting.length === 1) return { option: first.option, attached };
    if (first !== undefined) {
      const names = fitting.map(({ each }) => each).toSorted();
      throw this.#failure(`ambiguous option: ${flag} could match ${names.join(', ')}`, subcommand);
    }
    const short = /^-[^-]/.test(word) ? all.find((option) => option.flags.includes(word.slice(0, 2))) : undefined;
    if (short !== undefined && takesValue(short)) return { option: short, attached: word.slice(2) };
    const long = flags.map(({ each }) => each).filter((each) => each.startsWith('--'));
    const similar = word.replace(/^-+/, '').length < 2 ? [] : similarWords(word, long);
    throw this.#failure(`unrecognized arguments: '${word}'`, subcommand, similar);
  }

  #missingOf(
    options: readonly ArgumentSpec[],
    used: ReadonlySet<ArgumentSpec>,
    own: { readonly isExclusiveRequired: boolean | undefined; readonly subcommand: SubcommandSpec | undefined },
  ): ArgumentFailure | undefined {
    // Of several that are missing argparse4j tells the last.
    const missing = options.findLast((option) => option.isRequired === true && !used.has(option));
    if (missing !== undefined) return this.#failure(`argument ${textualName(missing)} is required`, own.subcommand);
    const rivals = options.filter(({ isExclusive }) => isExclusive === true);
    if (own.isExclusiveRequired !== true || rivals.some((option) => used.has(option))) return undefined;
    return this.#failure(`one of the arguments ${rivals.map(textualName).join(' ')} is required`, own.subcommand);
  }

  #noSuch(name: string, subcommands: readonly SubcommandSpec[]): ArgumentFailure {
    const names = subcommands.map((each) => each.name);
    const listed = names.map((each) => `'${each}'`).join(', ');
    return this.#failure(`invalid choice: '${name}' (choose from ${listed})`, undefined, similarWords(name, names));
  }

  #failure(complaint: string, subcommand?: SubcommandSpec, similar: readonly string[] = []): ArgumentFailure {
    return new ArgumentFailure(usageText(this.#grammar, subcommand), this.#grammar.program, complaint, similar);
  }
}

/** Why a value does not fit the type of its option; undefined when it does. */
function unreadable({ type, choices }: ArgumentSpec, value: string): string | undefined {
  const wrong = unreadableAs(type, value);
  if (wrong !== undefined || choices === undefined || choices.includes(value)) return wrong;
  return `invalid choice: '${value}' (choose from {${choices.join(',')}})`;
}

function unreadableAs(type: ArgumentSpec['type'], value: string): string | undefined {
  if (type === undefined) return undefined;
  const told = `could not convert '${value}' to ${type} (For input string: "${value}")`;
  if (type === 'Double') return value.trim() === '' || Number.isNaN(Number(value)) ? told : undefined;
  const { min, max } = RANGES[type];
  if (!/^[+-]?\d+$/.test(value)) return told;
  if (Number(value) >= min && Number(value) <= max) return undefined;
  return type === 'Short'
    ? `could not convert '${value}' to Short (Value out of range. Value:"${value}" Radix:10)`
    : told;
}
