import type { OptionSpec, OptionSpecs } from './option-parser.ts';

const WIDTH = 80;
const GAP = 1;
const INDENT = 2;

/** The table of options, in the order and layout of Kafka's help. */
export function optionHelp(specs: OptionSpecs): string {
  const rows = Object.entries(specs)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, spec]) => [headOf(name, spec), textOf(spec)] as const);
  const title = Object.values(specs).some(({ isRequired }) => isRequired) ? 'Option (* = required)' : 'Option';
  const left = Math.min(WIDTH / 2 - GAP, Math.max(title.length, ...rows.map(([head]) => head.length)));
  const right = WIDTH - GAP - left;
  const heads = [[title, 'Description'] as const, ['-'.repeat(title.length), '-----------'] as const];
  const lines = [...heads, ...rows].flatMap(([head, text]) => {
    const names = wrapped(head, left);
    const texts = wrapped(text, right);
    return Array.from({ length: Math.max(names.length, texts.length) }, (_, index) =>
      `${(names[index] ?? '').padEnd(left + GAP)}${texts[index] ?? ''}`.trimEnd(),
    );
  });
  return lines.join('\n');
}

function headOf(
  name: string,
  { argument, type = 'String', choices, isArgumentOptional, isRequired }: OptionSpec,
): string {
  const flag = `${isRequired === true ? '* ' : ''}--${name}`;
  if (argument === undefined) return flag;
  const what = `${choices === undefined ? type : `[${choices.join(',')}]`}${argument === '' ? '' : `: ${argument}`}`;
  return `${flag} ${isArgumentOptional === true ? `[${what}]` : `<${what}>`}`;
}

function textOf({ text, fallback }: OptionSpec): string {
  return fallback === undefined ? text : `${text} (default: ${fallback})`;
}

/** Where a word that fills more than a line may be broken: behind a comma or a colon, as joptsimple does it. */
const SOFT_BREAK = /(?<=[,:])(?=\S)/;

/** Lines of at most `width` letters; those after the first are indented. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  const add = (part: string, gap: string): void => {
    if (line.trim() !== '' && line.length + gap.length + part.length > width) {
      lines.push(line);
      line = ' '.repeat(INDENT) + part;
    } else line = line === '' ? part : `${line}${gap}${part}`;
  };
  for (const word of text.split(' ')) {
    if (word.length + INDENT <= width) add(word, ' ');
    else for (const [index, part] of word.split(SOFT_BREAK).entries()) add(part, index === 0 ? ' ' : '');
  }
  return [...lines, line];
}
