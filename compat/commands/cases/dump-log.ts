import type { CommandCase } from '../case.ts';

const tool = 'kafka-dump-log';

function dumped(args: string, files: CommandCase['files'] = {}): CommandCase {
  return { tool, args: args === '' ? [] : args.split(' '), isBare: true, files };
}

const LOG = '00000000000000000007.log';

/** What lies in real files is compared by dump-directories.ts; here is what goes wrong. */
export const dumpCases: readonly CommandCase[] = [
  ...['', '--help', '--version', '--print-data-log', '--files /nowhere/00000000000000000000.log'].map((args) =>
    dumped(args),
  ),
  ...['--files /nowhere/a.b', '--files /nowhere/00000000000000000000.index'].map((args) => dumped(args)),
  dumped(`--files {file:${LOG}}`, { [LOG]: '' }),
  dumped(`--files {file:${LOG}}`, { [LOG]: 'no batch' }),
  dumped(`--files {file:${LOG}} --value-decoder-class foo`, { [LOG]: '' }),
  dumped('--files {file:00000000000000000007.txnindex}', { '00000000000000000007.txnindex': '' }),
];
