import { keyValues } from '../../tools/key-values.ts';
import { parseOptions, type OptionSpec, type ParsedOptions } from '../../tools/option-parser.ts';
import { propertiesFile } from '../../tools/properties-file.ts';
import { nameInUse, type Renamed } from '../../tools/renamed-options.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { answersVersion, commonOptions, requireOptions, usage } from '../../tools/usage.ts';
import { DEFAULT_FORMATTER } from './formatter-names.ts';

const PROPERTIES =
  'print.timestamp, print.key, print.value, print.offset, print.partition, print.headers, print.epoch, print.delivery, key.separator, line.separator, headers.separator, null.literal, key.deserializer, value.deserializer, headers.deserializer';

const specs = {
  ...commonOptions,
  'bootstrap-server': { argument: 'server to connect to', text: 'Required. Any broker of the cluster, as host:port.' },
  topic: { argument: 'topic', text: 'The topic to read.' },
  include: { argument: 'Java regex (String)', text: 'The topics to read, as a regular expression.' },
  partition: { argument: 'partition', type: 'Integer', text: 'Reads this partition alone, from its end or --offset.' },
  offset: {
    argument: 'consume offset',
    fallback: 'latest',
    text: 'Where to begin in --partition: an offset, earliest or latest.',
  },
  'from-beginning': { text: 'Begins with the oldest record where the group has no offset yet.' },
  'max-messages': { argument: 'num_messages', type: 'Integer', text: 'Ends after so many records.' },
  'timeout-ms': { argument: 'timeout_ms', type: 'Long', text: 'Ends when no record has come for so long.' },
  group: { argument: 'consumer group id', text: 'The group to read in; one of its own when left out.' },
  'isolation-level': {
    argument: '',
    fallback: 'read_uncommitted',
    text: 'read_committed leaves out what transactions have not committed.',
  },
  formatter: { argument: 'class', fallback: DEFAULT_FORMATTER, text: 'What makes text of records.' },
  'formatter-property': { argument: 'prop', text: `key=value for the formatter: ${PROPERTIES}.` },
  property: { argument: 'prop', text: 'The old name of --formatter-property.' },
  'formatter-config': { argument: 'config file', text: 'A file of settings for the formatter.' },
  'key-deserializer': { argument: 'deserializer for keys', text: "A class of Kafka's serialization package." },
  'value-deserializer': { argument: 'deserializer for values', text: "A class of Kafka's serialization package." },
  'skip-message-on-error': { text: 'Goes on after a record that cannot be shown.' },
  'enable-systest-events': { text: 'Tells when the consumer has shut down.' },
  'command-property': { argument: 'consumer_prop', text: 'key=value for the consumer.' },
  'consumer-property': { argument: 'consumer_prop', text: 'The old name of --command-property.' },
  'command-config': { argument: 'config file', text: 'A file of settings for the consumer.' },
  'consumer.config': { argument: 'config file', text: 'The old name of --command-config.' },
} as const satisfies Record<string, OptionSpec>;

type ConsumerOption = keyof typeof specs;
type Options = ParsedOptions<ConsumerOption>;

const ABOUT = 'This tool helps to read data from Kafka topics and outputs it to standard output.';
const GENERATED_GROUPS = 100_000;

const renamed = {
  property: { from: 'consumer-property', to: 'command-property' },
  config: { from: 'consumer.config', to: 'command-config' },
} as const satisfies Record<string, Renamed<ConsumerOption>>;

/** Where to begin in a partition. */
export type ConsoleStart = 'earliest' | 'latest' | number;

/** What `kafka-console-consumer` was asked to do. */
export interface ConsoleConsuming {
  readonly from:
    | { readonly topic: string; readonly partition: number; readonly start: ConsoleStart }
    | { readonly topic: string }
    | { readonly include: string };
  readonly bootstrapServers: string;
  /** Settings under Kafka's names. */
  readonly consumer: ReadonlyMap<string, string>;
  readonly formatter: { readonly name: string; readonly properties: ReadonlyMap<string, string> };
  readonly timeoutMs: number | undefined;
  readonly isSkippingErrors: boolean;
  readonly tellsShutdown: boolean;
  /** Undefined: without end. Throws when it is no number: Kafka looks at it when it begins to read. */
  messagesMax(): number | undefined;
}

/** Reads the command line; undefined when all is said already. Throws {@link ToolFailure} in Kafka's words. */
export function consoleConsumingIn(args: readonly string[], world: ToolWorld): ConsoleConsuming | undefined {
  const options = parsed(args);
  if (args.length === 0) throw usage(options, ABOUT);
  if (answersVersion(options, ABOUT, world)) return undefined;
  checkWhatIsRead(options);
  const names = namesInUse(options, world);
  const fromFile = propertiesFile(options.value(names.config), world);
  const extra = keyValues(options.values(names.property));
  const group = groupIn(options, [fromFile.get('group.id'), extra.get('group.id')]);
  const consumer = consumerProperties(options, new Map([...fromFile, ...extra]), group, world);
  const from = whatIsRead(options);
  const timeoutMs = options.integer('timeout-ms');
  return {
    from,
    bootstrapServers: options.value('bootstrap-server') ?? '',
    consumer,
    formatter: { name: options.value('formatter') ?? '', properties: formatterProperties(options, world) },
    timeoutMs: timeoutMs === undefined || timeoutMs < 0 ? undefined : timeoutMs,
    isSkippingErrors: options.has('skip-message-on-error'),
    tellsShutdown: options.has('enable-systest-events'),
    messagesMax: () => {
      const most = options.integer('max-messages');
      return most === -1 ? undefined : most;
    },
  };
}

/** A fault found with the formatter is told as one of the command line. */
export function formatterUsage(message: string): ToolFailure {
  return usage(parseOptions<ConsumerOption>(specs, []), message);
}

function parsed(args: readonly string[]): Options {
  try {
    return parseOptions<ConsumerOption>(specs, args);
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    throw formatterUsage(error.message);
  }
}

function checkWhatIsRead(options: Options): void {
  if (options.has('topic') === options.has('include')) {
    throw usage(options, 'Exactly one of the following arguments is required: [topic], [include]');
  }
  if (options.has('partition')) {
    if (!options.has('topic')) throw usage(options, 'The topic is required when partition is specified.');
    if (options.has('from-beginning') && options.has('offset')) {
      throw usage(options, 'Options from-beginning and offset cannot be specified together.');
    }
  } else if (options.has('offset')) throw usage(options, 'The partition is required when offset is specified.');
  requireOptions(options, ['bootstrap-server']);
}

function namesInUse(options: Options, world: ToolWorld): { property: ConsumerOption; config: ConsumerOption } {
  for (const { from, to } of [renamed.property, renamed.config]) {
    if (options.has(from) && options.has(to)) {
      throw usage(options, `Options --${from} and --${to} cannot be specified together.`);
    }
  }
  const warn = (from: string, to: string): void => world.out(deprecation(from, to));
  return {
    property: nameInUse(options, renamed.property, warn),
    config: nameInUse(options, renamed.config, warn),
  };
}

function deprecation(from: string, to: string): string {
  return `Option --${from} is deprecated and will be removed in a future version. Use --${to} instead.`;
}

/** The group, if one is named; all places that name it have to agree. */
function groupIn(options: Options, elsewhere: readonly (string | undefined)[]): string | undefined {
  const named = [options.value('group'), ...elsewhere].filter((group) => group !== undefined);
  const groups = [...new Set(named)];
  if (groups.length > 1) {
    const detected = groups.map((group) => `'${group}'`).join(', ');
    throw usage(
      options,
      `The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer.config') do not match. Detected group ids: ${detected}`,
    );
  }
  if (groups.length > 0 && options.has('partition')) {
    throw usage(options, 'Options group and partition cannot be specified together.');
  }
  return groups[0];
}

function consumerProperties(
  options: Options,
  given: ReadonlyMap<string, string>,
  group: string | undefined,
  world: ToolWorld,
): ReadonlyMap<string, string> {
  const properties = new Map(given);
  const isFromBeginning = options.has('from-beginning');
  const reset = properties.get('auto.offset.reset');
  if (reset === undefined) properties.set('auto.offset.reset', isFromBeginning ? 'earliest' : 'latest');
  else if (isFromBeginning && reset !== 'earliest') {
    throw new ToolFailure(
      `Can't simultaneously specify --from-beginning and 'auto.offset.reset=${reset}', please remove one option`,
    );
  }
  const setDefault = (name: string, value: string): void => {
    if (!properties.has(name)) properties.set(name, value);
  };
  setDefault('client.id', 'console-consumer');
  setDefault('group.protocol', 'classic');
  if (options.has('isolation-level')) properties.delete('isolation.level');
  setDefault('isolation.level', options.value('isolation-level') ?? '');
  // Offsets of a group that nobody knows are of no use.
  if (group === undefined) setDefault('enable.auto.commit', 'false');
  const generated = `console-consumer-${Math.floor(world.runtime.random.next() * GENERATED_GROUPS)}`;
  properties.set('group.id', group ?? generated);
  return properties;
}

function whatIsRead(options: Options): ConsoleConsuming['from'] {
  const start = startIn(options);
  const include = options.value('include');
  if (include !== undefined) return { include };
  const topic = options.value('topic') ?? '';
  const partition = options.integer('partition');
  return partition === undefined ? { topic } : { topic, partition, start };
}

function startIn(options: Options): ConsoleStart {
  if (!options.has('offset')) return options.has('from-beginning') ? 'earliest' : 'latest';
  const text = options.value('offset') ?? '';
  const named = text.toLowerCase();
  if (named === 'earliest' || named === 'latest') return named;
  const offset = Number(text);
  if (/^\+?\d+$/.test(text) && Number.isSafeInteger(offset)) return offset;
  throw usage(
    options,
    `The provided offset value '${text}' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.`,
  );
}

function formatterProperties(options: Options, world: ToolWorld): ReadonlyMap<string, string> {
  if (options.has('property')) {
    if (options.has('formatter-property')) {
      throw usage(options, 'Options --property and --formatter-property cannot be specified together.');
    }
    world.out(deprecation('property', 'formatter-property'));
  }
  const properties = new Map(propertiesFile(options.value('formatter-config'), world));
  for (const side of ['key', 'value'] as const) {
    const name = options.value(`${side}-deserializer`) ?? '';
    if (name !== '') properties.set(`${side}.deserializer`, name);
  }
  const given = keyValues(options.values(options.has('property') ? 'property' : 'formatter-property'));
  return new Map([...properties, ...given]);
}
