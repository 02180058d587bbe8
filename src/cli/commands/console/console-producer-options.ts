import { keyValues } from '../../tools/key-values.ts';
import { OptionFailure, parseOptions, type OptionSpec, type ParsedOptions } from '../../tools/option-parser.ts';
import { propertiesFile } from '../../tools/properties-file.ts';
import { nameInUse, type Renamed } from '../../tools/renamed-options.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { answersVersion, commonOptions, requireOptions, usage } from '../../tools/usage.ts';

/** The one reader that there is. */
export const LINE_READER = 'org.apache.kafka.tools.LineMessageReader';

const specs = {
  ...commonOptions,
  topic: { argument: 'topic', text: 'Required. The topic to write to.' },
  'bootstrap-server': { argument: 'server to connect to', text: 'Required. Any broker of the cluster, as host:port.' },
  sync: { text: 'Waits for each record before the next line is read.' },
  'compression-codec': {
    argument: 'compression-codec',
    isArgumentOptional: true,
    text: 'none, gzip, snappy, lz4 or zstd; gzip when no codec is named.',
  },
  'batch-size': {
    argument: 'size',
    type: 'Integer',
    fallback: '16384',
    text: 'Bytes of records that make a full batch (batch.size).',
  },
  'message-send-max-retries': {
    argument: '',
    type: 'Integer',
    fallback: '3',
    text: 'How often a batch is sent again (retries).',
  },
  'retry-backoff-ms': {
    argument: '',
    type: 'Long',
    fallback: '100',
    text: 'Pause before a batch is sent again (retry.backoff.ms).',
  },
  timeout: {
    argument: 'timeout_ms',
    type: 'Long',
    fallback: '1000',
    text: 'How long a batch waits to become full (linger.ms).',
  },
  'request-required-acks': {
    argument: 'request required acks',
    fallback: '-1',
    text: 'Who has to have a record: -1 or all, 1, 0 (acks).',
  },
  'request-timeout-ms': {
    argument: 'request timeout ms',
    type: 'Integer',
    fallback: '1500',
    text: 'How long one request may take (request.timeout.ms).',
  },
  'metadata-expiry-ms': {
    argument: 'metadata expiration interval',
    type: 'Long',
    fallback: '300000',
    text: 'Age at which what is known of the cluster is asked anew (metadata.max.age.ms).',
  },
  'max-block-ms': {
    argument: 'max block on send',
    type: 'Long',
    fallback: '60000',
    text: 'How long a record waits for metadata or room (max.block.ms).',
  },
  'max-memory-bytes': {
    argument: 'total memory in bytes',
    type: 'Long',
    fallback: '33554432',
    text: 'Bytes of records that wait to be sent (buffer.memory).',
  },
  'max-partition-memory-bytes': {
    argument: 'memory in bytes per partition',
    type: 'Integer',
    fallback: '16384',
    text: 'The old name of --batch-size.',
  },
  'socket-buffer-size': {
    argument: 'size',
    type: 'Integer',
    fallback: '102400',
    text: 'Accepted; the size of socket buffers is left to the system.',
  },
  'line-reader': { argument: 'reader_class', fallback: LINE_READER, text: 'What makes records of lines.' },
  'reader-property': {
    argument: 'prop',
    text: 'key=value for the reader: parse.key, key.separator, parse.headers, headers.delimiter, headers.separator, headers.key.separator, null.marker, ignore.error.',
  },
  property: { argument: 'prop', text: 'The old name of --reader-property.' },
  'reader-config': { argument: 'config file', text: 'A file of settings for the reader.' },
  'command-property': { argument: 'producer_prop', text: 'key=value for the producer.' },
  'producer-property': { argument: 'producer_prop', text: 'The old name of --command-property.' },
  'command-config': { argument: 'config file', text: 'A file of settings for the producer.' },
  'producer.config': { argument: 'config file', text: 'The old name of --command-config.' },
} as const satisfies Record<string, OptionSpec>;

type ProducerOption = keyof typeof specs;
type Options = ParsedOptions<ProducerOption>;

const ABOUT = 'This tool helps to read data from standard input and publish it to Kafka.';

const renamed = {
  reader: { from: 'property', to: 'reader-property' },
  property: { from: 'producer-property', to: 'command-property' },
  config: { from: 'producer.config', to: 'command-config' },
} as const satisfies Record<string, Renamed<ProducerOption>>;

/** Options that stand for settings of the producer: the setting keeps what a file or `--command-property` says, unless the option is given. */
const merged: readonly (readonly [setting: string, option: ProducerOption])[] = [
  ['linger.ms', 'timeout'],
  ['acks', 'request-required-acks'],
  ['request.timeout.ms', 'request-timeout-ms'],
  ['retries', 'message-send-max-retries'],
  ['retry.backoff.ms', 'retry-backoff-ms'],
  ['buffer.memory', 'max-memory-bytes'],
  ['batch.size', 'batch-size'],
  ['metadata.max.age.ms', 'metadata-expiry-ms'],
  ['max.block.ms', 'max-block-ms'],
];

/** What `kafka-console-producer` was asked to do. */
export interface ConsoleProducing {
  readonly topic: string;
  readonly bootstrapServers: string;
  readonly isSync: boolean;
  /** Settings under Kafka's names. */
  readonly producer: ReadonlyMap<string, string>;
  readonly reader: ReadonlyMap<string, string>;
}

/** Reads the command line; undefined when all is said already. Throws {@link ToolFailure} in Kafka's words. */
export function consoleProducingIn(args: readonly string[], world: ToolWorld): ConsoleProducing | undefined {
  const options = parsed(args);
  if (args.length === 0) throw usage(options, ABOUT);
  if (answersVersion(options, ABOUT, world)) return undefined;
  requireOptions(options, ['topic']);
  checkBootstrap(options);
  const warn = (from: string, to: string): void =>
    world.out(`Warning: --${from} is deprecated and will be removed in a future version. Use --${to} instead.`);
  const readerName = nameInUse(options, renamed.reader, warn);
  const propertyName = nameInUse(options, renamed.property, warn);
  const configName = nameInUse(options, renamed.config, warn);
  const topic = options.value('topic') ?? '';
  const batchSize = batchSizeIn(options, world);
  if (options.value('line-reader') !== LINE_READER) {
    throw new ToolFailure(`java.lang.ClassNotFoundException: ${options.value('line-reader')}`);
  }
  const reader = new Map([
    ...propertiesFile(options.value('reader-config'), world),
    ['topic', topic],
    ...keyValues(options.values(readerName)),
  ]);
  const bootstrapServers = options.value('bootstrap-server') ?? '';
  const producer = new Map([
    ...propertiesFile(options.value(configName), world),
    ...keyValues(options.values(propertyName)),
    ['bootstrap.servers', bootstrapServers],
    ['compression.type', options.has('compression-codec') ? (options.value('compression-codec') ?? 'gzip') : 'none'],
  ]);
  if (!producer.has('client.id')) producer.set('client.id', 'console-producer');
  for (const [setting, option] of merged) {
    checkNumber(options, option);
    if (options.has(option) || !producer.has(setting)) producer.set(setting, options.value(option) ?? '');
  }
  if (batchSize !== undefined) producer.set('batch.size', batchSize);
  return { topic, bootstrapServers, isSync: options.has('sync'), producer, reader };
}

function parsed(args: readonly string[]): Options {
  try {
    return parseOptions<ProducerOption>(specs, args);
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    throw usage(parseOptions<ProducerOption>(specs, []), error.message);
  }
}

function isAddress(text: string): boolean {
  return /^(?:.*:\/\/)?(?:\[[^\]]+\]|[^:\s]+):\d+$/.test(text.trim());
}

function checkBootstrap(options: Options): void {
  const servers = options.value('bootstrap-server');
  if (servers === undefined) throw usage(options, 'Error while validating the bootstrap address\n');
  if (!servers.split(',').every(isAddress)) {
    throw usage(options, 'Please provide valid host:port like host1:9091,host2:9092\n');
  }
}

function batchSizeIn(options: Options, world: ToolWorld): string | undefined {
  if (!options.has('max-partition-memory-bytes')) return undefined;
  world.out(
    'Warning: --max-partition-memory-bytes is deprecated and will be removed in Apache Kafka 5.0. Use --batch-size instead.',
  );
  checkNumber(options, 'max-partition-memory-bytes');
  return options.value('max-partition-memory-bytes');
}

function checkNumber(options: Options, option: ProducerOption): void {
  const { type } = options.specs[option];
  if (type !== 'Integer' && type !== 'Long') return;
  try {
    options.integer(option);
  } catch (error) {
    throw error instanceof OptionFailure ? new ToolFailure(error.message) : error;
  }
}
