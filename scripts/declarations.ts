import { posix } from 'node:path';

/** An exported thing, as the compiler declares it. */
export interface Declaration {
  readonly name: string;
  readonly kind: 'class' | 'interface' | 'type' | 'function' | 'const';
  /** The declaration file that it stands in. */
  readonly path: string;
  /** Its doc comment as text; '' without one. */
  readonly doc: string;
  /** Whether only its type is exported: of a class, that nobody can make one. */
  readonly isTypeOnly: boolean;
  /** Without `export declare` and its doc comment; what is in it keeps its comments. */
  readonly text: string;
}

/** Something within a class or an interface. */
export interface Member {
  readonly doc: string;
  readonly signature: string;
}

const REEXPORT = /^export (type )?\{([^}]*)\} from '([^']+)'/gms;
const START = /^export (?:declare )?(?:abstract )?(class|interface|type|function|const) (\w+)/;

/**
 * What a module of declarations exports, re-exports followed, in the order in which it names them. `read` gives the text of a declaration
 * file by its path. Throws for a name that it cannot find.
 */
export function exportsOf(path: string, read: (path: string) => string): Declaration[] {
  const text = read(path);
  const own = declarationsIn(path, text);
  const passedOn = [...text.matchAll(REEXPORT)].flatMap(([, allTypes, names = '', from = '']) => {
    const target = posix.join(posix.dirname(path), from).replace(/\.ts$/, '.d.ts');
    const there = exportsOf(target, read);
    return names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .map((entry) => {
        const name = entry.replace(/^type /, '');
        const found = there.find((one) => one.name === name) ?? missing(name, target);
        return { ...found, isTypeOnly: found.isTypeOnly || allTypes !== undefined || name !== entry };
      });
  });
  return [...own, ...passedOn];
}

function missing(name: string, path: string): never {
  throw new Error(`${path} does not export ${name}`);
}

/** The compiler writes one declaration after the other, each from the start of a line, its end at the end of one. */
function declarationsIn(path: string, text: string): Declaration[] {
  const found: Declaration[] = [];
  let comment: string[] = [];
  let lines: string[] | undefined;
  for (const line of text.split('\n')) {
    if (lines === undefined) {
      if (/^\/?\s?\*|^\/\*\*/.test(line)) comment = line.startsWith('/**') ? [line] : [...comment, line];
      else if (START.test(line)) lines = [];
      else comment = [];
    }
    if (lines === undefined) continue;
    lines.push(line);
    if (!isWhole(lines.join('\n'))) continue;
    const [, kind, name = ''] = START.exec(lines[0]!)!;
    const whole = lines.join('\n').replace(/^export (?:declare )?/, '');
    const doc = commentText(comment.join('\n'));
    found.push({ name, kind: kind as Declaration['kind'], path, doc, isTypeOnly: false, text: whole });
    comment = [];
    lines = undefined;
  }
  return found;
}

function isWhole(text: string): boolean {
  return depth(text) === 0 && /[;}]$/.test(text);
}

/** How many brackets are open; those in comments and texts do not count. */
function depth(text: string): number {
  const code = text.replaceAll(/\/\*[^]*?\*\/|'[^'\n]*'/g, '').replaceAll('=>', '');
  let open = 0;
  for (const letter of code) {
    if ('{([<'.includes(letter)) open++;
    else if ('})]>'.includes(letter)) open--;
  }
  return open;
}

/** The members of a class or an interface that others may use, in order. */
export function membersOf({ text }: Pick<Declaration, 'text'>): Member[] {
  const members: Member[] = [];
  let comment: string[] = [];
  let lines: string[] = [];
  for (const line of text.split('\n').slice(1, -1)) {
    const bare = line.replace(/^ {4}/, '');
    if (lines.length === 0 && /^(\/\*\*| \*)/.test(bare)) {
      comment = bare.startsWith('/**') ? [bare] : [...comment, bare];
      continue;
    }
    lines.push(bare);
    if (!isWhole(lines.join('\n'))) continue;
    const signature = lines.join('\n').replace(/;$/, '');
    if (!/^(#private|private )/.test(signature)) members.push({ doc: commentText(comment.join('\n')), signature });
    comment = [];
    lines = [];
  }
  return members;
}

/** The words of a doc comment; a tag begins a line of its own. */
export function commentText(comment: string): string {
  return comment
    .replace(/^\/\*\*/, '')
    .replace(/\*\/$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .filter((line) => line !== '')
    .join(' ')
    .replaceAll(/ @param (\w+) /g, '\n`$1`: ')
    .trim();
}
