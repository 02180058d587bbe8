import { parseArgs } from 'node:util';
import { MEMBERS_MAX } from '../config/member-settings.ts';
import { nearestNames } from '../config/nearest.ts';

/** What the command line asked for. */
export interface ServeOptions {
  readonly configFile: string | undefined;
  /** How many brokers this process is to run. */
  readonly brokers: number;
  /** Settings given on the command line, by name; they win over file and environment. */
  readonly overrides: Readonly<Record<string, string>>;
}

export type Command =
  | { readonly kind: 'serve'; readonly options: ServeOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' };

/** The command line is wrong; the text says what and what is allowed. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export const HELP = `posthorn start: a Kafka broker without JVM and Docker

Usage: posthorn [start] [options] [server.properties]
       posthorn metadata export|import|check|jump-epochs (see posthorn metadata --help)

  --port N            listen on this port (9092; 0 takes a free one)
  --host HOST         listen on this address (localhost; 0.0.0.0 opens the broker to others)
  --data-dir DIR      keep the data here (./posthorn-data)
  --ephemeral         keep everything in memory, gone at the end
  --brokers N         run N brokers in this process, on ports after --port (1)
  --health-port N     answer GET /health and /ready on this port
  --config FILE       read settings from a server.properties file
  --override K=V      set one setting; may be repeated and wins over file and environment
  --version, --help

Every setting of Kafka's server.properties works, also as a KAFKA_* environment variable.
Nothing set means the development profile; --override profile=production gives Kafka's own defaults.
posthorn help lists the other commands.
`;

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  'data-dir': { type: 'string' },
  ephemeral: { type: 'boolean' },
  brokers: { type: 'string' },
  'health-port': { type: 'string' },
  config: { type: 'string' },
  override: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** Reads the command line of `posthorn`. Throws {@link UsageError}. */
export function parseCommandLine(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  if (values.help === true) return { kind: 'help' };
  if (values.version === true) return { kind: 'version' };
  const files = positionals[0] === 'start' ? positionals.slice(1) : positionals;
  if (files.length > 1) throw new UsageError(`'${files[1]}' is one argument too many`);
  if (files.length === 1 && values.config !== undefined) throw new UsageError('give one configuration file, not two');
  const overrides = overridesIn(values.override ?? []);
  const listener = listenerIn(values);
  if (listener !== undefined) {
    if (overrides['listeners'] !== undefined)
      throw new UsageError('--host and --port do not go with --override listeners=...');
    overrides['listeners'] = listener;
  }
  if (values['data-dir'] !== undefined) overrides['log.dirs'] = values['data-dir'];
  if (values.ephemeral === true) overrides['posthorn.storage'] = 'memory';
  if (values['health-port'] !== undefined) overrides['posthorn.health.port'] = values['health-port'];
  const brokers = brokersIn(values.brokers);
  return { kind: 'serve', options: { configFile: values.config ?? files[0], brokers, overrides } };
}

function brokersIn(given: string | undefined): number {
  if (given !== undefined && !/^[1-9]$/.test(given)) {
    throw new UsageError(`--brokers takes a number from 1 to ${MEMBERS_MAX}, not '${given}'`);
  }
  return Number(given ?? '1');
}

function overridesIn(given: readonly string[]): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const text of given) {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--override takes NAME=VALUE, not '${text}'`);
    overrides[text.slice(0, at).trim()] = text.slice(at + 1).trim();
  }
  return overrides;
}

/** The one listener that --host and --port describe; undefined when neither was given. */
function listenerIn({ host, port }: { host?: string; port?: string }): string | undefined {
  if (host === undefined && port === undefined) return undefined;
  if (port !== undefined && !/^\d{1,5}$/.test(port))
    throw new UsageError(`--port takes a number from 0 to 65535, not '${port}'`);
  const name = host ?? 'localhost';
  return `PLAINTEXT://${name.includes(':') ? `[${name}]` : name}:${port ?? '9092'}`;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(complaint(error as Error & { code?: string }), { cause: error });
  }
}

function complaint({ code, message }: Error & { code?: string }): string {
  const unknown = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? /'--?([^']*)'/.exec(message)?.[1] : undefined;
  if (unknown === undefined) return message;
  if (unknown.includes('.'))
    return `there is no option --${unknown}; a setting is given with --override ${unknown}=VALUE`;
  const nearest = nearestNames(unknown, Object.keys(OPTIONS)).map((name) => `--${name}`);
  return `there is no option --${unknown}${nearest.length === 0 ? '' : `; did you mean ${nearest.join(' or ')}?`}`;
}
