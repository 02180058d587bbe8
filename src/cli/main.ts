import { HELP, parseCommandLine, UsageError } from './options.ts';
import { serve } from './serve.ts';
import { VERSION } from '../base/version.ts';

async function main(args: readonly string[]): Promise<void> {
  const command = parseCommandLine(args);
  switch (command.kind) {
    case 'help':
      process.stdout.write(HELP);
      return;
    case 'version':
      process.stdout.write(`posthorn ${VERSION}\n`);
      return;
    case 'serve':
      return serve(command.options);
    default:
      command satisfies never;
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isUsage = error instanceof UsageError;
  process.stderr.write(isUsage ? `posthorn: ${error.message}\nTry 'posthorn --help'.\n` : `posthorn: ${String(error)}\n`);
  process.exitCode = isUsage ? 2 : 1;
});
