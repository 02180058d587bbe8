import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseProperties } from '../../config/properties.ts';
import { ToolFailure } from '../tools/tool-failure.ts';
import type { Tool } from '../tools/tool.ts';

const LAUNCHER = /^(?:posthorn(?:\.js)?|kafka-server-start(?:\.sh)?)$/;

const HELP = `Tells the brokers that run on this machine to stop: all of them, or those that are named.

  kafka-server-stop [--node-id=<id>] [--process-role=<role>]

  --node-id=<id>         only the one with this node.id
  --process-role=<role>  only those with these process.roles
  SIGNAL=<name>          in the environment: the signal they get, TERM by default`;

/** A broker that runs: its process, and what it was started with. */
export interface RunningBroker {
  readonly pid: number;
  readonly args: readonly string[];
  /** Relative paths of its arguments begin here. */
  readonly folder: string;
}

/**
 * `kafka-server-stop`: tells running brokers of this machine to stop; all, or those with a node.id or of a role. Who asks for
 * help stops none, unlike in Kafka.
 */
export const serverStopTool: Tool = {
  name: 'kafka-server-stop',
  run(args, world) {
    if (args.includes('--help')) {
      world.out(HELP);
      return Promise.resolve(0);
    }
    const nodeId = valueOf(args, 'node-id');
    const role = valueOf(args, 'process-role');
    if (nodeId !== undefined && role !== undefined) {
      world.out('When both node-id and process-role are provided, the value for node-id will take precedence');
    }
    const brokers = runningBrokers();
    if (brokers.length === 0) {
      world.out('No kafka server to stop');
      return Promise.resolve(1);
    }
    const signal = `SIG${process.env['SIGNAL'] ?? 'TERM'}` as NodeJS.Signals;
    for (const broker of brokers) {
      if (
        isMeant(
          settingsOf(broker, (path) => world.readFile(path)),
          nodeId,
          role,
        )
      )
        process.kill(broker.pid, signal);
    }
    return Promise.resolve(0);
  },
};

function valueOf(args: readonly string[], name: string): string | undefined {
  const found = args.find((arg) => arg.startsWith(`--${name}=`));
  return found?.slice(name.length + 3);
}

/** Whether a broker with these settings is asked for: by its node.id, else by its roles, else all are. */
export function isMeant(
  settings: ReadonlyMap<string, string>,
  nodeId: string | undefined,
  role: string | undefined,
): boolean {
  if (nodeId !== undefined) return (settings.get('node.id') ?? '1') === nodeId;
  return role === undefined || (settings.get('process.roles') ?? 'broker,controller') === role;
}

/** What a broker's file says of it, and what its `--override`s say instead. */
export function settingsOf(
  { args, folder }: RunningBroker,
  readFile: (path: string) => string,
): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  const file = configFileIn(args);
  if (file !== undefined) {
    for (const { key, value } of parseProperties(textOf(resolve(folder, file), readFile)))
      settings.set(key, value.trim());
  }
  for (const [at, arg] of args.entries()) {
    const given = arg === '--override' ? args[at + 1] : /^--override=(.*)$/.exec(arg)?.[1];
    const parts = /^([^=]+)=(.*)$/.exec(given ?? '');
    if (parts !== null) settings.set((parts[1] ?? '').trim(), (parts[2] ?? '').trim());
  }
  return settings;
}

function textOf(path: string, readFile: (path: string) => string): string {
  try {
    return readFile(path);
  } catch {
    throw new ToolFailure(
      'Can not find the configuration file in the current directory. Please make sure the kafka stop process and the start process are called in the same directory.',
    );
  }
}

function configFileIn(args: readonly string[]): string | undefined {
  const at = args.indexOf('--config');
  return at < 0 ? args.find((arg) => arg.endsWith('.properties')) : args[at + 1];
}

/** The arguments of a broker, when a command line is one of a broker of ours; undefined for all else. */
export function brokerArguments(commandLine: readonly string[]): readonly string[] | undefined {
  const at = commandLine.findIndex((word, index) => index > 0 && LAUNCHER.test(basename(word)));
  if (at < 0 || !/^node(?:\.exe)?$/.test(basename(commandLine[0] ?? ''))) return undefined;
  const args = commandLine.slice(at + 1);
  if (basename(commandLine[at] ?? '').startsWith('kafka-')) return args;
  const [first] = args;
  if (first === 'start' || first === 'server-start') return args.slice(1);
  return first === undefined || first.startsWith('-') || first.endsWith('.properties') ? args : undefined;
}

/** Where the system shows processes as files; elsewhere none are found. */
function runningBrokers(): RunningBroker[] {
  return processes().flatMap((pid) => {
    try {
      const args = brokerArguments(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1));
      return args === undefined || pid === process.pid ? [] : [{ pid, args, folder: readlinkSync(`/proc/${pid}/cwd`) }];
    } catch {
      // It has ended meanwhile, or is somebody else's.
      return [];
    }
  });
}

function processes(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}
