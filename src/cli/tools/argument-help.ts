import {
  argumentName,
  helpArgument,
  takesValue,
  type ArgumentGrammar,
  type ArgumentSpec,
  type SubcommandSpec,
} from './argument-spec.ts';
import { justified } from './justified-text.ts';

/** Lines of help and errors are this wide. */
export const TEXT_WIDTH = 75;
const TEXT_COLUMN = 25;
/** A longer head has its text on the next line. */
const HEAD_MAX = 21;
const PROGRAM_MAX = 30;

/** The line, or lines, that tell how a command or one of its subcommands is called. */
export function usageText(grammar: ArgumentGrammar, subcommand?: SubcommandSpec): string {
  const head = `usage: ${grammar.program}`;
  const isLong = head.length > PROGRAM_MAX;
  const indent = ' '.repeat(isLong ? 6 : head.length);
  const parts =
    subcommand === undefined
      ? ownParts(grammar)
      : [...requiredParts(grammar), subcommand.name, ...ownParts(subcommand)];
  if (subcommand === undefined && grammar.subcommands !== undefined) parts.push(choices(grammar), '...');
  let line = isLong ? indent : head;
  let isFirst = true;
  const lines: string[] = isLong ? [head] : [];
  for (const part of parts) {
    if (!isFirst && line.length + part.length + 1 > TEXT_WIDTH) {
      lines.push(line);
      line = `${indent} ${part}`;
    } else {
      line += ` ${part}`;
      isFirst = false;
    }
  }
  return [...lines, line].join('\n');
}

/** The whole help of a command or of one of its subcommands. */
export function helpText(grammar: ArgumentGrammar, subcommand?: SubcommandSpec): string {
  const { options } = subcommand ?? grammar;
  const about = subcommand === undefined ? grammar.about : subcommand.about;
  const blocks = [usageText(grammar, subcommand)];
  if (about !== undefined) blocks.push(justified(about, TEXT_WIDTH));
  const titled = subcommand === undefined ? grammar.subcommandTitle : undefined;
  if (subcommand === undefined && grammar.subcommands !== undefined && titled === undefined) {
    blocks.push(['positional arguments:', ...subcommandRows(grammar)].join('\n'));
  }
  const plain = [helpArgument, ...options.filter(({ group }) => group === undefined)];
  blocks.push(['optional arguments:', ...plain.map(optionRow)].join('\n'));
  if (titled !== undefined) blocks.push([`${titled.title}:`, ...subcommandRows(grammar)].join('\n'));
  for (const [title, text] of Object.entries((subcommand ?? grammar).groups ?? {})) {
    blocks.push(`${title === '' ? '' : `${title}:\n`}  ${justified(text, TEXT_WIDTH, '  ')}`);
    blocks.push(
      options
        .filter(({ group }) => group === title)
        .map(optionRow)
        .join('\n'),
    );
  }
  return blocks.join('\n\n');
}

/** How the names of all subcommands are shown. */
function choices({ subcommands = [], subcommandTitle }: ArgumentGrammar): string {
  return subcommandTitle?.metavar ?? `{${subcommands.map(({ name }) => name).join(',')}}`;
}

function subcommandRows(grammar: ArgumentGrammar): string[] {
  const rows = (grammar.subcommands ?? []).map(({ name, text }) => row(`  ${name}`, text));
  return [`  ${choices(grammar)}`, ...rows];
}

type Options = Pick<SubcommandSpec, 'options' | 'isExclusiveRequired'>;

function ownParts(own: Options): string[] {
  const plain = own.options.filter(({ isExclusive }) => isExclusive !== true);
  return [...[helpArgument, ...plain].map(shortSyntax), ...exclusiveParts(own)];
}

function requiredParts(own: Options): string[] {
  const required = own.options.filter(({ isRequired, isExclusive }) => isRequired === true && isExclusive !== true);
  return [...required.map(shortSyntax), ...(own.isExclusiveRequired === true ? exclusiveParts(own) : [])];
}

function exclusiveParts({ options, isExclusiveRequired = false }: Options): string[] {
  const exclusive = options.filter(({ isExclusive }) => isExclusive === true).map((option) => bareSyntax(option));
  const isBare = isExclusiveRequired && exclusive.length === 1;
  const [open, close] = isBare ? ['', ''] : isExclusiveRequired ? ['(', ')'] : ['[', ']'];
  return exclusive.flatMap((syntax, index) => {
    const text = `${index === 0 ? open : ''}${syntax}${index === exclusive.length - 1 ? close : ''}`;
    return index === 0 ? [text] : ['|', text];
  });
}

function shortSyntax(option: ArgumentSpec): string {
  return option.isRequired === true ? bareSyntax(option) : `[${bareSyntax(option)}]`;
}

function bareSyntax(option: ArgumentSpec): string {
  return valued(option, option.flags[0]);
}

function valued(option: ArgumentSpec, flag: string): string {
  if (!takesValue(option)) return flag;
  const value = option.metavar ?? argumentName(option).replaceAll('-', '_').toUpperCase();
  return option.action === 'several' ? `${flag} ${value} [${value} ...]` : `${flag} ${value}`;
}

function optionRow(option: ArgumentSpec): string {
  return row(option.flags.map((flag) => valued(option, flag)).join(', '), option.text);
}

function row(head: string, text: string): string {
  const indent = ' '.repeat(TEXT_COLUMN);
  const start = head.length <= HEAD_MAX ? `  ${head}`.padEnd(TEXT_COLUMN) : `  ${head}\n${indent}`;
  return text === '' ? `  ${head}` : start + justified(text, TEXT_WIDTH, indent);
}
