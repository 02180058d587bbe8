/** One option of a command whose Java is built on argparse4j. */
export interface ArgumentSpec {
  /** With their dashes, the first is what the option goes by. */
  readonly flags: readonly [string, ...string[]];
  /** What its value has to be; a text when left out. */
  readonly type?: 'Integer' | 'Long' | 'Short' | 'Double';
  /** All values that it can have. */
  readonly choices?: readonly string[];
  /** `switch` takes no value, `append` may be given several times, `several` takes one value or more, `version` ends the command; `store` when left out. */
  readonly action?: 'store' | 'switch' | 'append' | 'several' | 'version';
  /** What its value is called; its name in capitals when left out. */
  readonly metavar?: string;
  readonly isRequired?: boolean;
  /** At most one of those that have this is given. */
  readonly isExclusive?: boolean;
  readonly fallback?: string;
  /** The title under which the help tells it; with the others when left out. */
  readonly group?: string;
  /** One sentence for the help. */
  readonly text: string;
}

export interface SubcommandSpec {
  readonly name: string;
  /** For the help of the whole. */
  readonly text: string;
  /** For the help of this one. */
  readonly about?: string;
  readonly options: readonly ArgumentSpec[];
  /** One of those that exclude each other has to be given. */
  readonly isExclusiveRequired?: boolean;
  /** What the help says about its groups, by their titles. */
  readonly groups?: Readonly<Record<string, string>>;
}

/** A command with or without subcommands. */
export interface ArgumentGrammar {
  readonly program: string;
  readonly about: string;
  readonly options: readonly ArgumentSpec[];
  readonly isExclusiveRequired?: boolean;
  /** What the help says about its groups, by their titles; one may go without a title. */
  readonly groups?: Readonly<Record<string, string>>;
  readonly subcommands?: readonly SubcommandSpec[];
  /** What stands for the names of all subcommands, and the title above them. */
  readonly subcommandTitle?: { readonly title: string; readonly metavar: string };
}

/** What an option goes by in results: `--dry-run` is `dry-run`. */
export function argumentName({ flags }: ArgumentSpec): string {
  return flags[0].replace(/^-+/, '');
}

/** What errors call an option: all its flags. */
export function textualName({ flags }: ArgumentSpec): string {
  return flags.join('/');
}

export function takesValue({ action = 'store' }: ArgumentSpec): boolean {
  return action !== 'switch' && action !== 'version';
}

export const helpArgument: ArgumentSpec = {
  flags: ['-h', '--help'],
  action: 'switch',
  text: 'show this help message and exit',
};
