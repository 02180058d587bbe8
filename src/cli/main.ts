import { HELP, parseCommandLine, UsageError } from './options.ts';
import { serve } from './serve.ts';
import { VERSION } from '../base/version.ts';
import { writeText } from '../runtime/write-text.ts';
import { STDERR, STDOUT } from './descriptors.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Whether a broker runs now or the command has done its work (or failed, with the exit code set). */
export type ProgramState = 'serving' | 'done';

/** Runs the command that the arguments ask for; the launcher in `bin/` calls it. Never rejects. */
export async function run(args: readonly string[]): Promise<ProgramState> {
  try {
    return await dispatch(args);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    writeText(STDERR, `posthorn: ${isUsage ? `${error.message}\nTry 'posthorn --help'.` : unexpected(error)}\n`);
    process.exitCode = isUsage ? EXIT_USAGE : EXIT_FAILED;
    return 'done';
  }
}

async function dispatch(args: readonly string[]): Promise<ProgramState> {
  if (args[0] === 'server-start') return (await import('./server-start.ts')).serverStart(args.slice(1));
  if (args[0] === 'metadata') {
    const { metadataCommand } = await import('./metadata-command.ts');
    await metadataCommand(args.slice(1));
    return 'done';
  }
  const command = parseCommandLine(args);
  switch (command.kind) {
    case 'help':
      writeText(STDOUT, HELP);
      return 'done';
    case 'version':
      writeText(STDOUT, `posthorn ${VERSION}\n`);
      return 'done';
    case 'serve':
      return serve(command.options);
    default:
      command satisfies never;
      return 'done';
  }
}

/** A fault of ours: where it happened is what matters. */
function unexpected(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
