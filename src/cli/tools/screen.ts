import { isatty } from 'node:tty';
import { STDERR, STDOUT } from '../descriptors.ts';

/** Used where a terminal does not tell its size. */
const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;

/** What standard output is shown on. */
export interface Screen {
  readonly isTerminal: boolean;
  /** A person sees standard error, also when standard output goes elsewhere. */
  readonly isErrorTerminal: boolean;
  /** On a terminal that has colours, unless NO_COLOR says otherwise; FORCE_COLOR wins over both. */
  readonly isColoured: boolean;
  /** As it is now: windows change. */
  columns(): number;
  rows(): number;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;

export type Colour = keyof typeof CODES;

const OF_NAMES: readonly Colour[] = ['cyan', 'green', 'magenta', 'blue', 'yellow'];
const HASH_FACTOR = 31;

export function nodeScreen(): Screen {
  const isTerminal = isatty(STDOUT);
  return {
    isTerminal,
    isErrorTerminal: isatty(STDERR),
    isColoured: hasColours(process.env, isTerminal),
    columns: () => process.stdout.columns || COLUMNS_DEFAULT,
    rows: () => process.stdout.rows || ROWS_DEFAULT,
  };
}

/** By the conventions of no-color.org and force-color.org. */
export function hasColours(environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const { FORCE_COLOR: force = '', NO_COLOR: none = '', TERM: terminal = '' } = environment;
  if (force !== '') return force !== '0';
  return isTerminal && none === '' && terminal !== 'dumb';
}

/** A text in a colour, where there are colours. */
export function painted({ isColoured }: Pick<Screen, 'isColoured'>, colour: Colour, text: string): string {
  return isColoured && text !== '' ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
}

/** The same colour for the same name, today and tomorrow. */
export function colourOf(name: string): Colour {
  let hash = 0;
  for (let index = 0; index < name.length; index++) hash = (hash * HASH_FACTOR + name.charCodeAt(index)) >>> 0;
  return OF_NAMES[hash % OF_NAMES.length]!;
}

/** Text of others as it may be shown: what would steer the terminal, or break the line, is spelled out. */
export function shownSafely(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, spelledOut);
}

/** Text cut to a width, with a mark where something is missing. */
export function fitted(text: string, width: number): string {
  if (text.length <= width) return text;
  return width < 1 ? '' : `${text.slice(0, width - 1)}…`;
}

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function spelledOut(letter: string): string {
  return SHORT[letter] ?? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
