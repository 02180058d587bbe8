import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingPrint, SNIPPET_BROKER, snippetPrograms } from '../../scripts/snippets.ts';
import { javaClass } from '../clients/programs.ts';
import { repositoryRoot } from '../paths.ts';
import { must } from '../tools/tool.ts';

const PROGRAM_MS = 120_000;

/** A program that a page shows in Java. */
export interface JavaSnippet {
  readonly name: string;
  /** Rejects when it fails, or does not print what its comments say. */
  readonly run: () => Promise<void>;
}

/** The Java programs of a page, compiled, for one broker. */
export function javaSnippets(page: string, classPath: string, bootstrap: string): JavaSnippet[] {
  const folder = mkdtempSync(join(tmpdir(), 'java-snippets-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const programs = snippetPrograms(page, readFileSync(join(repositoryRoot, page), 'utf8'))
    .filter(({ language }) => language === 'java')
    .map((program, index) => ({ program, className: `Snippet${index}` }));
  const sources = programs.map(({ program, className }) => {
    const source = join(folder, `${className}.java`);
    const main = `public static void main(String[] args) throws Exception {\n${program.code}\n}`;
    const text = `${program.prelude}\n\npublic class ${className} {\n${main}\n}\n`;
    writeFileSync(source, text.replaceAll(SNIPPET_BROKER, bootstrap));
    return source;
  });
  must('javac', ['-nowarn', '-proc:none', '-cp', classPath, '-d', folder, ...sources]);
  return programs.map(({ program, className }) => ({
    name: `"${program.heading}" of ${page}, in Java`,
    run: async () => {
      const [java = '', ...args] = javaClass(`${folder}:${classPath}`, className);
      const printed = must(java, args, { timeoutMs: PROGRAM_MS });
      const missing = missingPrint(program, printed);
      if (missing !== undefined) throw new Error(`it did not print "${missing}" but:\n${printed}`);
    },
  }));
}
