/** A program that a page of documentation shows, put together of its blocks. */
export interface SnippetProgram {
  /** The page's path. */
  readonly page: string;
  /** The heading under which it stands. */
  readonly heading: string;
  readonly language: string;
  /** What stands behind the language: `kafkajs` in a block that begins with "ts kafkajs"; '' for most. */
  readonly label: string;
  /** What is before the first heading of the second level: imports, and what all programs of the page begin with. */
  readonly prelude: string;
  readonly code: string;
  /** The lines that it has to print, in order: what its comments `// → text` say. */
  readonly prints: readonly string[];
}

/** Programs name this broker; where they are run, the one that is there takes its place. */
export const SNIPPET_BROKER = 'localhost:9092';

const FENCE = /^```(\w*) ?(.*)$/;
const HEADING = /^#{2,} +(.*)$/;
const PRINTS = /\/\/ → (.*)$/;

/**
 * The programs in a page, in order. Blocks of one language and label under one heading are one program; those before the first such heading are
 * the prelude of all with the same language and label. Throws for a block that does not end.
 */
export function snippetPrograms(page: string, text: string): SnippetProgram[] {
  const preludes = new Map<string, string[]>();
  const programs: { heading: string; language: string; label: string; lines: string[] }[] = [];
  let heading: string | undefined;
  let block: { readonly language: string; readonly label: string; readonly lines: string[] } | undefined;
  for (const line of text.split('\n')) {
    if (block !== undefined) {
      if (line !== '```') {
        block.lines.push(line);
        continue;
      }
      const { language, label, lines } = block;
      block = undefined;
      const before = programs.find(
        (one) => one.heading === heading && one.language === language && one.label === label,
      );
      if (heading === undefined) preludes.set(kindOf(language, label), lines);
      else if (before === undefined) programs.push({ heading, language, label, lines });
      else before.lines.push('', ...lines);
      continue;
    }
    const fence = FENCE.exec(line);
    if (fence !== null) block = { language: fence[1] ?? '', label: fence[2] ?? '', lines: [] };
    else heading = HEADING.exec(line)?.[1] ?? heading;
  }
  if (block !== undefined) throw new Error(`${page}: a block of ${block.language} does not end`);
  return programs.map(({ lines, ...program }) => ({
    page,
    ...program,
    prelude: (preludes.get(kindOf(program.language, program.label)) ?? []).join('\n'),
    code: lines.join('\n'),
    prints: lines.flatMap((line) => PRINTS.exec(line)?.[1] ?? []),
  }));
}

/** Files that a page shows for its programs to find beside them, by name: blocks whose label is a file's name, like "yaml application.yml". */
export function snippetFiles(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(/^```\w+ (\w+\.\w+)\n([^]*?)^```$/gm)].map(([, name, content]) => [name!, content!]),
  );
}

function kindOf(language: string, label: string): string {
  return `${language} ${label}`;
}

/** A name for the program's file; `number` keeps it apart from others. */
export function snippetName({ heading, label }: SnippetProgram, number: number): string {
  const words = `${heading} ${label}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return `${String(number).padStart(2, '0')}-${words}`;
}

/** What a program has not printed of what it should have, in order; undefined when all is there. */
export function missingPrint({ prints }: Pick<SnippetProgram, 'prints'>, printed: string): string | undefined {
  const lines = printed.split('\n').map((line) => line.trimEnd());
  let from = 0;
  for (const wanted of prints) {
    const at = lines.indexOf(wanted, from);
    if (at < 0) return wanted;
    from = at + 1;
  }
  return undefined;
}
