/** One entry of a properties file and the line it begins on, from 1. */
export interface Property {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/**
 * Reads the text of a Java properties file: `=`, `:` or blanks between key and value, `#` and `!` comments, lines that
 * a backslash continues, and the escapes \t \n \r \f and \uXXXX. A backslash before anything else is dropped. The last
 * entry of a key wins; all are returned. Throws SyntaxError, naming the line, on a broken \u escape, as Java does.
 */
export function parseProperties(text: string): readonly Property[] {
  const properties: Property[] = [];
  const lines = text.split(/\r\n|[\n\r]/);
  for (let i = 0; i < lines.length; i++) {
    const line = i + 1;
    let logical = stripIndent(lines[i] as string);
    if (logical === '' || logical.startsWith('#') || logical.startsWith('!')) continue;
    while (isContinued(logical)) {
      i += 1;
      logical = logical.slice(0, -1) + stripIndent(lines[i] ?? '');
    }
    properties.push(parseLine(logical, line));
  }
  return properties;
}

function stripIndent(line: string): string {
  return line.replace(/^[ \t\f]+/, '');
}

function isContinued(line: string): boolean {
  let backslashes = 0;
  while (line[line.length - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

const KEY_END = /(?<!\\)(?:\\\\)*[=: \t\f]/;

function parseLine(logical: string, line: number): Property {
  const end = KEY_END.exec(logical);
  const keyLength = end === null ? logical.length : end.index + end[0].length - 1;
  const rest = logical.slice(keyLength).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '');
  return { key: unescape(logical.slice(0, keyLength), line), value: unescape(rest, line), line };
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescape(text: string, line: number): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|[^])/g, (_, escape: string) => {
    if (escape.length === 5) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    if (escape === 'u') throw new SyntaxError(`line ${line}: \\u must be followed by four hexadecimal digits`);
    return ESCAPES[escape] ?? escape;
  });
}
