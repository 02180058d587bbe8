import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  missingPrint,
  SNIPPET_BROKER,
  snippetFiles,
  snippetName,
  snippetPrograms,
  type SnippetProgram,
} from './snippets.ts';

/**
 * Runs the TypeScript programs that documentation shows: extracted, compiled with the types that the package publishes, each run in a process
 * of its own against a broker, and held to what its comments say that it prints.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM_MS = 60_000;
const run = promisify(execFile);

/** A compiled program. */
export interface ReadyProgram {
  readonly program: SnippetProgram;
  readonly file: string;
}

/** Extracts and compiles the programs of a page. Rejects with what the compiler says. */
export async function readyPrograms(page: string): Promise<ReadyProgram[]> {
  const folder = join(root, 'dist', 'snippets', page.replaceAll(/[^a-z0-9]+/g, '-'));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const text = readFileSync(join(root, page), 'utf8');
  for (const [name, content] of snippetFiles(text)) writeFileSync(join(folder, name), content);
  const programs = snippetPrograms(page, text).filter(({ language }) => language === 'ts');
  const ready = programs.map((program, index) => ({
    program,
    file: join(folder, `${snippetName(program, index)}.js`),
  }));
  for (const { program, file } of ready) {
    writeFileSync(file.replace(/js$/, 'ts'), `${program.prelude}\n\n${program.code}\n`);
  }
  const types = '../../bundle/types';
  const settings = {
    extends: '../../../tsconfig.json',
    compilerOptions: {
      rootDir: '.',
      outDir: '.',
      incremental: false,
      tsBuildInfoFile: null,
      declaration: false,
      sourceMap: false,
      noUnusedLocals: false,
      noPropertyAccessFromIndexSignature: false,
      paths: Object.fromEntries(
        ['broker', 'client', 'listener', 'nest'].map((entry) => [
          `posthorn/${entry}`,
          [`${types}/${entry}/index.d.ts`],
        ]),
      ),
    },
    include: ['*.ts'],
    exclude: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  try {
    await run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder]);
  } catch (error) {
    throw new Error(`programs of ${page} do not compile:\n${(error as { stdout?: string }).stdout}`, { cause: error });
  }
  return ready;
}

/** Runs a program against a broker. Rejects when it fails or does not print what it says. */
export async function runProgram({ program, file }: ReadyProgram, bootstrapServers: string): Promise<void> {
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(SNIPPET_BROKER, bootstrapServers));
  const env = { ...process.env, KAFKA_SERVERS: bootstrapServers };
  const options = { timeout: PROGRAM_MS, killSignal: 'SIGKILL', cwd: dirname(file), env } as const;
  const { stdout, stderr } = await run(process.execPath, [file], options).catch((error: unknown) => {
    const { stdout: said = '', stderr: complained = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`"${program.heading}" of ${program.page} failed:\n${said}${complained}`, { cause: error });
  });
  const missing = missingPrint(program, stdout);
  if (missing === undefined) return;
  throw new Error(`"${program.heading}" of ${program.page} did not print "${missing}" but:\n${stdout}${stderr}`);
}
