/**
 * Blanks out what is not code, so that a word in a comment or a string never counts as a use of it. Lengths and line
 * ends stay, and the quotes, so positions still fit. It knows enough of
 * TypeScript for this project's sources: a regular expression literal is recognised by what stands before it.
 */
export function blankNonCode(source: string): string {
  const out = source.split('');
  const blank = (from: number, to: number): void => {
    for (let index = from; index < to; index++) if (out[index] !== '\n') out[index] = ' ';
  };
  let position = 0;
  const templates: number[] = [];
  let depth = 0;
  while (position < source.length) {
    const two = source.slice(position, position + 2);
    const char = source.charAt(position);
    let end = position + 1;
    if (two === '//') {
      end = endOfLine(source, position);
      blank(position, end);
    } else if (two === '/*') {
      const close = source.indexOf('*/', position + 2);
      end = close < 0 ? source.length : close + 2;
      blank(position, end);
    } else if (char === "'" || char === '"') {
      end = endOfQuoted(source, position, char);
      blank(position + 1, end - 1);
    } else if (char === '`' || (char === '}' && templates.at(-1) === depth)) {
      if (char === '}') templates.pop();
      const text = endOfTemplateText(source, position + 1);
      blank(position + 1, text.end);
      if (text.opensExpression) {
        templates.push(depth);
        end = text.end + 2;
      } else {
        end = text.end + 1;
      }
    } else if (char === '/' && regexMayStart(source, position)) {
      end = endOfRegex(source, position);
      blank(position + 1, end - 1);
    } else if (char === '{') {
      depth++;
    } else if (char === '}') {
      depth--;
    }
    position = end;
  }
  return out.join('');
}

function endOfLine(source: string, from: number): number {
  const end = source.indexOf('\n', from);
  return end < 0 ? source.length : end;
}

function endOfQuoted(source: string, from: number, quote: string): number {
  for (let index = from + 1; index < source.length; index++) {
    const char = source[index];
    if (char === '\\') index++;
    else if (char === quote || char === '\n') return index + 1;
  }
  return source.length;
}

function endOfTemplateText(source: string, from: number): { end: number; opensExpression: boolean } {
  for (let index = from; index < source.length; index++) {
    const char = source[index];
    if (char === '\\') index++;
    else if (char === '`') return { end: index, opensExpression: false };
    else if (char === '$' && source[index + 1] === '{') return { end: index, opensExpression: true };
  }
  return { end: source.length, opensExpression: false };
}

function regexMayStart(source: string, position: number): boolean {
  const before = source.slice(Math.max(0, position - 40), position).trimEnd();
  if (before === '') return true;
  return /[(,=:[!&|?{};+*%<>~^-]$/.test(before) || /\b(return|typeof|case|in|of|do|else)$/.test(before);
}

function endOfRegex(source: string, from: number): number {
  let inClass = false;
  for (let index = from + 1; index < source.length; index++) {
    const char = source[index];
    if (char === '\\') index++;
    else if (char === '\n') return index;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return index + 1;
  }
  return source.length;
}

const importForms: readonly RegExp[] = [
  /\b(?:import|export)\b(?:[^'"`;()=]*?)\bfrom\s*(['"])(\s*)\1/g,
  /\bimport\s*(['"])(\s*)\1/g,
  /\bimport\s*\(\s*(['"])(\s*)\1/g,
  /\brequire\s*\(\s*(['"])(\s*)\1/g,
];

/** The module names that a source imports, type imports, re-exports and `import()` included, each with its line. */
export function importsOf(source: string): { specifier: string; line: number }[] {
  // An import's own name is blank as well here, and is read from the source at the same place.
  const code = blankNonCode(source);
  const found: { specifier: string; line: number }[] = [];
  for (const form of importForms) {
    for (const match of code.matchAll(form)) {
      const start = match.index + match[0].lastIndexOf(match[1] ?? '', match[0].length - 2) + 1;
      const specifier = source.slice(start, start + (match[2] ?? '').length);
      found.push({ specifier, line: lineAt(code, match.index) });
    }
  }
  return found.toSorted((a, b) => a.line - b.line);
}

/** The 1-based line of a position. */
export function lineAt(text: string, position: number): number {
  let line = 1;
  for (let index = 0; index < position; index++) if (text.charCodeAt(index) === 10) line++;
  return line;
}
