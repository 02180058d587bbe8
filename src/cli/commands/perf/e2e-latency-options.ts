import { parseOptions, type OptionSpec, type ParsedOptions } from '../../tools/option-parser.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { answersVersion, commonOptions, requireOptions, usage } from '../../tools/usage.ts';

const specs = {
  ...commonOptions,
  'bootstrap-server': { argument: 'bootstrap-server', text: 'Required. Any broker of the cluster, as host:port.' },
  topic: { argument: 'topic-name', text: 'Required. The topic; it is made when it is not there.' },
  'num-records': { argument: 'count', type: 'Integer', text: 'Required. How many records.' },
  'producer-acks': { argument: 'producer-acks', text: 'Required. Who has to have a record: 1 or all.' },
  'record-size': { argument: 'bytes', type: 'Integer', text: 'Required. Bytes of the value.' },
  'command-config': {
    argument: 'config-file',
    isArgumentOptional: true,
    text: 'A file of settings for producer, consumer and admin.',
  },
  'record-key-size': {
    argument: 'bytes',
    type: 'Integer',
    isArgumentOptional: true,
    fallback: '0',
    text: 'Bytes of the key; none when 0.',
  },
  'num-headers': {
    argument: 'count',
    type: 'Integer',
    isArgumentOptional: true,
    fallback: '0',
    text: 'How many headers.',
  },
  'record-header-key-size': {
    argument: 'bytes',
    type: 'Integer',
    isArgumentOptional: true,
    fallback: '0',
    text: "Bytes of a header's key.",
  },
  'record-header-size': {
    argument: 'bytes',
    type: 'Integer',
    isArgumentOptional: true,
    fallback: '0',
    text: "Bytes of a header's value; -1 is null.",
  },
} as const satisfies Record<string, OptionSpec>;

type LatencyOption = keyof typeof specs;
type Options = ParsedOptions<LatencyOption>;

const ABOUT = 'This tool measures end-to-end latency in Kafka by sending messages and timing their reception.';
/** The names of what was given by its place before Kafka 4.2. */
const places = [
  'bootstrap-server',
  'topic',
  'num-records',
  'producer-acks',
  'record-size',
  'command-config',
] as const satisfies readonly LatencyOption[];
const REQUIRED_PLACES = 5;

/** What `kafka-e2e-latency` was asked to do. */
export interface LatencyTest {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly records: number;
  readonly acks: string;
  readonly size: number;
  /** 0: no key. */
  readonly keySize: number;
  readonly headers: { readonly count: number; readonly keySize: number; readonly size: number };
  readonly configFile: string | undefined;
}

/** Reads the command line; undefined when all is said already. Throws {@link ToolFailure} in Kafka's words. */
export function latencyTestIn(args: readonly string[], world: ToolWorld): LatencyTest | undefined {
  const options = parsed(named(args, world));
  if (args.length === 0) throw usage(options, ABOUT);
  if (answersVersion(options, ABOUT, world)) return undefined;
  requireOptions(options, places.slice(0, REQUIRED_PLACES));
  const acks = options.value('producer-acks') ?? '';
  if (acks !== '1' && acks !== 'all') {
    throw usage(
      options,
      "Invalid value for --producer-acks. Latency testing requires synchronous acknowledgement. Please use '1' or 'all'.",
    );
  }
  const whole = (name: LatencyOption, least = 0): number => {
    const value = options.integer(name) ?? 0;
    if (value >= least) return value;
    const allowed = least === 0 ? 'a non-negative integer' : 'a non-negative integer or -1 for null header value';
    throw usage(options, `Value for --${name} must be ${allowed}.`);
  };
  return {
    bootstrapServers: options.value('bootstrap-server') ?? '',
    topic: options.value('topic') ?? '',
    records: whole('num-records'),
    acks,
    size: whole('record-size'),
    keySize: whole('record-key-size'),
    headers: {
      count: whole('num-headers'),
      keySize: whole('record-header-key-size'),
      size: whole('record-header-size', -1),
    },
    configFile: options.value('command-config'),
  };
}

/** Arguments by their places become named ones, with a warning. */
function named(args: readonly string[], world: ToolWorld): readonly string[] {
  if (args.length === 0 || args.some((arg) => arg.startsWith('--') && arg !== '--help' && arg !== '--version')) {
    return args;
  }
  if (args.length !== REQUIRED_PLACES && args.length !== places.length) {
    throw new ToolFailure(
      `Invalid number of arguments. Expected 5 or 6 positional arguments, but got ${args.length}. Usage: bootstrap-server topic num-records producer-acks record-size [optional] command-config`,
    );
  }
  const flags = places.map((name) => `--${name}`);
  world.out(
    `WARNING: Positional argument usage is deprecated and will be removed in Apache Kafka 5.0. Please use named arguments instead: ${flags.join(', ')}`,
  );
  return args.flatMap((arg, index) => [flags[index] ?? '', arg]);
}

function parsed(args: readonly string[]): Options {
  try {
    return parseOptions<LatencyOption>(specs, args);
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    throw usage(parseOptions<LatencyOption>(specs, []), error.message);
  }
}
