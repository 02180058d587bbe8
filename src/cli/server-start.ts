import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { writeText } from '../runtime/write-text.ts';
import { STDOUT } from './descriptors.ts';
import { parseCommandLine } from './options.ts';
import { serve } from './serve.ts';

const USAGE = 'USAGE: kafka-server-start [-daemon] server.properties [--override property=value]*';
const EXIT_FAILED = 1;

/**
 * `kafka-server-start`: a broker with the settings of a file. With `-daemon` it runs on its own, its output in
 * `kafkaServer.out` within LOG_DIR (`./logs`).
 */
export async function serverStart(args: readonly string[]): Promise<'serving' | 'done'> {
  if (args.length === 0) {
    writeText(STDOUT, `${USAGE}\n`);
    process.exitCode = EXIT_FAILED;
    return 'done';
  }
  if (args[0] === '-daemon') {
    startApart(args.slice(1));
    return 'done';
  }
  const command = parseCommandLine(args);
  if (command.kind === 'serve') return serve(command.options);
  writeText(STDOUT, `${USAGE}\n`);
  return 'done';
}

function startApart(args: readonly string[]): void {
  const folder = process.env['LOG_DIR'] ?? 'logs';
  mkdirSync(folder, { recursive: true });
  const output = openSync(join(folder, 'kafkaServer.out'), 'w');
  const [, program = ''] = process.argv;
  spawn(process.execPath, [...process.execArgv, program, ...leading(program), ...args], {
    detached: true,
    stdio: ['ignore', output, output],
  }).unref();
}

/** Under its own name the launcher needs to be told the command. */
function leading(program: string): readonly string[] {
  return /kafka-server-start(?:\.sh)?$/.test(program) ? [] : ['server-start'];
}
