import { keyValues } from '../../tools/key-values.ts';
import { parseOptions, type OptionSpec, type ParsedOptions } from '../../tools/option-parser.ts';
import { propertiesFile } from '../../tools/properties-file.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { answersVersion, commonOptions, forbidWith, requireOptions, usage } from '../../tools/usage.ts';

const specs = {
  ...commonOptions,
  'bootstrap-server': { argument: 'server to connect to', text: 'Required. Any broker of the cluster, as host:port.' },
  topic: { argument: 'topic', text: 'The topic to read.' },
  include: { argument: 'Java regex (String)', text: 'The topics to read, as a regular expression.' },
  group: { argument: 'gid', text: 'The group to read in; one of its own when left out.' },
  'fetch-size': {
    argument: 'size',
    type: 'Integer',
    fallback: '1048576',
    text: 'Most bytes that one fetch brings of one partition.',
  },
  'from-latest': { text: 'Begins with the newest record where the group has no offset yet.' },
  'socket-buffer-size': {
    argument: 'size',
    type: 'Integer',
    fallback: '2097152',
    text: 'Accepted; the size of socket buffers is left to the system.',
  },
  'command-property': { argument: 'prop1=val1', text: 'key=value for the consumer.' },
  'command-config': { argument: 'config file', text: 'A file of settings for the consumer.' },
  'consumer.config': { argument: 'config file', text: 'The old name of --command-config.' },
  'print-metrics': { text: 'Accepted; the metrics of Java are those of its client.' },
  'show-detailed-stats': { text: 'Tells how it goes at every interval.' },
  timeout: {
    argument: 'milliseconds',
    type: 'Long',
    isArgumentOptional: true,
    fallback: '10000',
    text: 'Ends when no record has come for so long.',
  },
  'num-records': { argument: 'count', type: 'Long', text: 'Required. How many records to read.' },
  messages: { argument: 'count', type: 'Long', text: 'The old name of --num-records.' },
  'reporting-interval': {
    argument: 'interval_ms',
    type: 'Long',
    fallback: '5000',
    text: 'Milliseconds between two reports.',
  },
  'date-format': {
    argument: 'date format',
    fallback: 'yyyy-MM-dd HH:mm:ss:SSS',
    text: 'How times are written, as SimpleDateFormat of Java.',
  },
  'hide-header': { text: 'Leaves out the line above the numbers.' },
} as const satisfies Record<string, OptionSpec>;

type PerfOption = keyof typeof specs;
type Options = ParsedOptions<PerfOption>;

const ABOUT = 'This tool is used to verify the consumer performance.';
const GENERATED_GROUPS = 100_000;

/** What `kafka-consumer-perf-test` was asked to do. */
export interface ConsumerPerf {
  readonly hasHeader: boolean;
  readonly isDetailed: boolean;
  readonly printsMetrics: boolean;
  /** Reads the values: Kafka does when the header is out already. */
  plan(): ConsumerPerfPlan;
}

/** How it is done. */
export interface ConsumerPerfPlan {
  readonly from: { readonly topic: string } | { readonly include: string };
  readonly records: number;
  readonly timeoutMs: number;
  readonly reportingIntervalMs: number;
  readonly dateFormat: string;
  readonly settings: ReadonlyMap<string, string>;
}

/** Reads the command line; undefined when all is said already. Throws {@link ToolFailure} in Kafka's words. */
export function consumerPerfIn(args: readonly string[], world: ToolWorld): ConsumerPerf | undefined {
  const options = parsed(args);
  if (args.length === 0) throw usage(options, ABOUT);
  if (answersVersion(options, ABOUT, world)) return undefined;
  if (options.has('topic') === options.has('include')) {
    throw usage(options, 'Exactly one of the following arguments is required: [topic], [include]');
  }
  requireOptions(options, ['bootstrap-server']);
  forbidWith(options, 'consumer.config', ['command-config']);
  const countName = countNameIn(options, world);
  if (options.has('consumer.config')) world.out(deprecation('consumer.config', 'command-config'));
  return {
    hasHeader: !options.has('hide-header'),
    isDetailed: options.has('show-detailed-stats'),
    printsMetrics: options.has('print-metrics'),
    plan: () => planIn(options, countName, world),
  };
}

function planIn(options: Options, countName: 'num-records' | 'messages', world: ToolWorld): ConsumerPerfPlan {
  const include = options.value('include');
  const reportingIntervalMs = options.integer('reporting-interval') ?? 0;
  if (reportingIntervalMs <= 0) throw new RangeError('Reporting interval must be greater than 0.');
  return {
    from: include === undefined ? { topic: options.value('topic') ?? '' } : { include },
    records: options.integer(countName) ?? 0,
    timeoutMs: options.integer('timeout') ?? 0,
    reportingIntervalMs,
    dateFormat: options.value('date-format') ?? '',
    settings: settingsIn(options, world),
  };
}

function parsed(args: readonly string[]): Options {
  try {
    return parseOptions<PerfOption>(specs, args);
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    throw usage(parseOptions<PerfOption>(specs, []), error.message);
  }
}

function countNameIn(options: Options, world: ToolWorld): 'num-records' | 'messages' {
  if (options.has('num-records') === options.has('messages')) {
    throw usage(options, 'Exactly one of the following arguments is required: [messages], [num-records]');
  }
  if (options.has('num-records')) return 'num-records';
  world.out(deprecation('messages', 'num-records'));
  return 'messages';
}

function deprecation(from: string, to: string): string {
  return `Warning: --${from} is deprecated. Use --${to} instead.`;
}

function settingsIn(options: Options, world: ToolWorld): ReadonlyMap<string, string> {
  const path = options.value('command-config') ?? options.value('consumer.config');
  const settings = new Map([...propertiesFile(path, world), ...keyValues(options.values('command-property'))]);
  const generated = `perf-consumer-${Math.floor(world.runtime.random.next() * GENERATED_GROUPS)}`;
  settings.set('bootstrap.servers', options.value('bootstrap-server') ?? '');
  settings.set('group.id', options.value('group') ?? generated);
  settings.set('max.partition.fetch.bytes', options.value('fetch-size') ?? '');
  settings.set('auto.offset.reset', options.has('from-latest') ? 'latest' : 'earliest');
  if (!settings.has('client.id')) settings.set('client.id', 'perf-consumer-client');
  if (!settings.has('group.protocol')) settings.set('group.protocol', 'classic');
  return settings;
}
