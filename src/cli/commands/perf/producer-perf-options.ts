import { helpText, usageText } from '../../tools/argument-help.ts';
import { ArgumentFailure, parseArguments, type ArgumentCall } from '../../tools/argument-parser.ts';
import type { ArgumentGrammar } from '../../tools/argument-spec.ts';
import { ILLEGAL_ARGUMENT, javaFailure } from '../../tools/java-failure.ts';
import { propertiesFile } from '../../tools/properties-file.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';

const PROPERTY = 'PROP-NAME=PROP-VALUE';

const grammar: ArgumentGrammar = {
  program: 'kafka-producer-perf-test',
  about:
    'Writes records and tells how fast it went. A transactional id or --transaction-duration-ms has it use transactions.',
  isExclusiveRequired: true,
  groups: { '': 'One of the three says what is written.' },
  options: [
    { flags: ['--bootstrap-server'], metavar: 'BOOTSTRAP-SERVER', text: 'Brokers of the cluster.' },
    { flags: ['--topic'], isRequired: true, metavar: 'TOPIC', text: 'The topic to write to.' },
    { flags: ['--num-records'], isRequired: true, type: 'Long', metavar: 'NUM-RECORDS', text: 'How many records.' },
    {
      flags: ['--payload-delimiter'],
      metavar: 'PAYLOAD-DELIMITER',
      fallback: '\\n',
      text: 'What stands between the values in --payload-file. (default: \\n)',
    },
    {
      flags: ['--throughput'],
      isRequired: true,
      type: 'Double',
      metavar: 'THROUGHPUT',
      text: 'How many records a second, about; -1 is as many as possible.',
    },
    { flags: ['--producer-props'], action: 'several', metavar: PROPERTY, text: 'The old name of --command-property.' },
    { flags: ['--command-property'], action: 'several', metavar: PROPERTY, text: 'Settings of the producer.' },
    { flags: ['--producer.config'], metavar: 'CONFIG-FILE', text: 'The old name of --command-config.' },
    { flags: ['--command-config'], metavar: 'CONFIG-FILE', text: 'A file of settings for the producer.' },
    { flags: ['--print-metrics'], action: 'switch', text: 'Prints what the producer counted. (default: false)' },
    { flags: ['--transactional-id'], metavar: 'TRANSACTIONAL-ID', text: 'Writes in transactions under this id.' },
    {
      flags: ['--transaction-duration-ms'],
      type: 'Long',
      metavar: 'TRANSACTION-DURATION',
      text: 'How long a transaction stays open; 3000 when only the id is given.',
    },
    {
      flags: ['--warmup-records'],
      type: 'Long',
      metavar: 'WARMUP-RECORDS',
      fallback: '0',
      text: 'Leaves so many first records out of a second summary. (default: 0)',
    },
    {
      flags: ['--reporting-interval'],
      type: 'Long',
      metavar: 'INTERVAL-MS',
      fallback: '5000',
      text: 'Milliseconds between two reports. (default: 5000)',
    },
    {
      flags: ['--record-size'],
      type: 'Integer',
      metavar: 'RECORD-SIZE',
      isExclusive: true,
      group: '',
      text: 'Random letters, so many.',
    },
    {
      flags: ['--payload-file'],
      metavar: 'PAYLOAD-FILE',
      isExclusive: true,
      group: '',
      text: 'Values out of this file, by chance.',
    },
    {
      flags: ['--payload-monotonic'],
      action: 'switch',
      isExclusive: true,
      group: '',
      text: 'Growing numbers. (default: false)',
    },
  ],
};

const CLIENT_ID = 'perf-producer-client';
const GENERATED_ID = 'performance-producer-';
const TRANSACTION_MS = 3000;

/** What is written: random letters, values of a file, or numbers. */
export type PerfPayload =
  | { readonly kind: 'random'; readonly size: number }
  | { readonly kind: 'file'; readonly values: readonly Uint8Array[] }
  | { readonly kind: 'numbers' };

/** What `kafka-producer-perf-test` was asked to do. */
export interface ProducerPerf {
  readonly topic: string;
  readonly records: number;
  readonly warmupRecords: number;
  readonly throughput: number;
  readonly reportingIntervalMs: number;
  readonly payload: PerfPayload;
  readonly settings: ReadonlyMap<string, string>;
  /** Undefined: no transactions. */
  readonly transactionMs: number | undefined;
  readonly printsMetrics: boolean;
}

/** Reads the command line; undefined when all is said already. Throws {@link ToolFailure} in Kafka's words. */
export function producerPerfIn(args: readonly string[], world: ToolWorld): ProducerPerf | undefined {
  if (args.length === 0) {
    world.out(helpText(grammar));
    return undefined;
  }
  const parsed = parseArguments(grammar, args);
  if (parsed.kind === 'help') throw new ToolHelp(parsed.text);
  if (parsed.kind === 'version') return undefined;
  const { call } = parsed;
  check(call);
  const payload = payloadIn(call, world);
  const settings = settingsIn(call, world);
  const transactionMs = call.number('transaction-duration-ms');
  const id = call.value('transactional-id') ?? settings.get('transactional.id');
  const isTransactional = transactionMs !== undefined || id !== undefined;
  if (isTransactional) settings.set('transactional.id', id ?? `${GENERATED_ID}${world.runtime.random.next()}`);
  return {
    topic: call.value('topic') ?? '',
    records: call.number('num-records') ?? 0,
    warmupRecords: Math.max(0, call.number('warmup-records') ?? 0),
    throughput: call.number('throughput') ?? -1,
    reportingIntervalMs: call.number('reporting-interval') ?? 0,
    payload,
    settings,
    transactionMs: isTransactional ? (transactionMs ?? TRANSACTION_MS) : undefined,
    printsMetrics: call.has('print-metrics'),
  };
}

/** The help was asked for: it is printed, and the exit code is 1 as with argparse4j in Kafka. */
export class ToolHelp extends ToolFailure {
  override name = 'ToolHelp';
}

function fault(complaint: string): ArgumentFailure {
  return new ArgumentFailure(usageText(grammar), grammar.program, complaint);
}

function check(call: ArgumentCall): void {
  const isPositive = (name: string): boolean => (call.number(name) ?? 1) > 0;
  if (!isPositive('num-records')) throw fault('--num-records should be greater than zero.');
  if ((call.number('warmup-records') ?? 0) >= (call.number('num-records') ?? 0)) {
    throw fault(
      'The value for --warmup-records must be strictly fewer than the number of records in the test, --num-records.',
    );
  }
  for (const name of ['record-size', 'transaction-duration-ms', 'reporting-interval']) {
    if (!isPositive(name)) throw fault(`--${name} should be greater than zero.`);
  }
  const places = ['bootstrap-server', 'command-property', 'producer-props', 'producer.config', 'command-config'];
  if (!places.some((name) => call.has(name))) {
    const names = places.map((name) => `--${name}`);
    throw fault(`At least one of ${names.slice(0, -1).join(', ')} or ${names.at(-1)} must be specified.`);
  }
  for (const [to, from] of [
    ['command-property', 'producer-props'],
    ['command-config', 'producer.config'],
  ] as const) {
    if (call.has(to) && call.has(from)) throw fault(`--${to} and --${from} cannot be specified together.`);
  }
}

function payloadIn(call: ArgumentCall, world: ToolWorld): PerfPayload {
  const size = call.number('record-size');
  const path = call.value('payload-file');
  if (size !== undefined) return { kind: 'random', size };
  if (path === undefined) return { kind: 'numbers' };
  world.out(`Reading payloads from: ${path}`);
  const text = fileText(path, world);
  if (text === '') throw javaFailure(ILLEGAL_ARGUMENT, 'File does not exist or empty file provided.');
  const given = call.value('payload-delimiter') ?? '';
  const values = text.split(given === String.raw`\n` ? '\n' : new RegExp(given));
  if (values.at(-1) === '') values.pop();
  world.out(`Number of records read: ${values.length}`);
  return { kind: 'file', values: values.map((value) => Buffer.from(value)) };
}

/** Empty when there is none. */
function fileText(path: string, world: ToolWorld): string {
  try {
    return world.readFile(path);
  } catch {
    return '';
  }
}

function settingsIn(call: ArgumentCall, world: ToolWorld): Map<string, string> {
  const used = (to: string, from: string): string => {
    if (!call.has(from)) return to;
    world.out(`Option --${from} has been deprecated and will be removed in a future version. Use --${to} instead.`);
    return from;
  };
  const propertyName = used('command-property', 'producer-props');
  const configName = used('command-config', 'producer.config');
  const settings = new Map(propertiesFile(call.value(configName), world));
  for (const property of call.values(propertyName)) {
    const pieces = property.split('=');
    if (pieces.length !== 2) throw javaFailure(ILLEGAL_ARGUMENT, `Invalid property: ${property}`);
    settings.set(pieces[0] ?? '', pieces[1] ?? '');
  }
  const servers = call.value('bootstrap-server');
  if (servers !== undefined) settings.set('bootstrap.servers', servers);
  if (!settings.has('client.id')) settings.set('client.id', CLIENT_ID);
  return settings;
}
