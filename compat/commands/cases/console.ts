import type { CommandCase } from '../case.ts';

const consumer = 'kafka-console-consumer';
const producer = 'kafka-console-producer';
const made = { tool: 'kafka-topics', args: ['--create', '--topic', '{name}', '--partitions', '1'] } as const;
const lines = 'h1:v1,h2:N\tk1\tvalue one\nN\tN\tN\nh:\t\t\n';
const fed = [
  made,
  {
    tool: producer,
    args: '--topic {name} --reader-property parse.headers=true --reader-property parse.key=true --reader-property null.marker=N'.split(
      ' ',
    ),
    input: lines,
  },
] as const;
const topic = ['--topic', '{name}'] as const;
const all = [...topic, '--from-beginning', '--max-messages', '3'] as const;

function shown(...properties: readonly string[]): CommandCase {
  const given = properties.flatMap((property) => ['--formatter-property', property]);
  return { tool: consumer, args: [...all, ...given], before: fed };
}

function read(more: string, before: CommandCase['before'] = fed): CommandCase {
  return { tool: consumer, args: [...topic, ...more.split(' ')], before };
}

function refused(args: string): CommandCase {
  return { tool: consumer, args: args === '' ? [] : args.split(' '), isReading: true };
}

function written(more: string, input = 'a\nb\n'): CommandCase {
  return { tool: producer, args: [...topic, ...more.split(' ').filter((word) => word !== '')], before: [made], input };
}

const IN_FULL = [
  'print.timestamp=true',
  'print.key=true',
  'print.offset=true',
  'print.partition=true',
  'print.headers=true',
  'print.epoch=true',
  'print.delivery=true',
];

const consumerCases: readonly CommandCase[] = [
  { tool: consumer, args: [], isBare: true },
  { tool: consumer, args: ['--topic', 'a'], isBare: true },
  { tool: consumer, args: ['--version'] },
  ...['', '--foo', '--topic a --include b', '--partition 5', '--topic a --offset 5'].map(refused),
  ...['--topic a --partition 0 --offset -5', '--topic a --partition 0 --offset abc'].map(refused),
  ...['--topic a --partition 0 --group x', '--topic a --partition x', '--topic a --timeout-ms x'].map(refused),
  ...['--topic a --group x --consumer-property group.id=y', '--topic a --formatter foo'].map(refused),
  ...['--topic a --consumer-property a=b --command-property a=b', '--topic a --consumer.config /nowhere'].map(refused),
  ...['--topic a --consumer.config /nowhere --command-config /nowhere', '--topic a --isolation-level foo'].map(refused),
  refused('--topic a --from-beginning --command-property auto.offset.reset=latest'),
  refused('--topic a --property print.key=true --formatter-property print.key=true'),
  refused('--topic a --max-messages abc'),
  shown(),
  shown(...IN_FULL),
  shown('print.key=true', 'print.headers=true', 'null.literal=NIL', 'key.separator=-', 'line.separator=;'),
  shown('print.headers=true', 'headers.separator=|'),
  shown('print.value=false', 'print.offset=true'),
  shown('value.deserializer=org.apache.kafka.common.serialization.IntegerDeserializer'),
  shown('value.deserializer=org.apache.kafka.common.serialization.BytesDeserializer'),
  read('--from-beginning --max-messages 3 --property print.key=true'),
  read('--from-beginning --max-messages 3 --value-deserializer foo'),
  read(
    '--from-beginning --max-messages 3 --skip-message-on-error --value-deserializer org.apache.kafka.common.serialization.LongDeserializer',
  ),
  read('--from-beginning --max-messages 3 --formatter org.apache.kafka.tools.consumer.NoOpMessageFormatter'),
  read('--from-beginning --max-messages 2 --enable-systest-events'),
  read('--from-beginning --max-messages 0'),
  read('--from-beginning --timeout-ms 4000 --group {name}'),
  read('--from-beginning --max-messages 1 --consumer-property group.id={name}'),
  read('--partition 0 --offset 1 --max-messages 1'),
  read('--partition 0 --offset earliest --max-messages 2'),
  read('--partition 0 --timeout-ms 1500'),
  read('--partition 7 --timeout-ms 1500'),
  { tool: consumer, args: ['--include', '{name}.*', '--from-beginning', '--max-messages', '3'], before: fed },
  {
    ...read('--from-beginning --timeout-ms 3000 --group {name}', [
      ...fed,
      { tool: consumer, args: [...topic, '--from-beginning', '--max-messages', '2', '--group', '{name}'] },
    ]),
  },
];

const producerCases: readonly CommandCase[] = [
  { tool: producer, args: [], isBare: true },
  { tool: producer, args: ['--topic', 'x'], isBare: true },
  { tool: producer, args: ['--topic', 'x', '--bootstrap-server', 'foo'], isBare: true },
  { tool: producer, args: [] },
  { tool: producer, args: ['--version'] },
  ...['', '--sync', '--compression-codec', '--compression-codec zstd --sync', '--broker-list a:1'].map((more) =>
    written(more),
  ),
  ...['--property parse.key=true', '--reader-property parse.key=true --reader-property ignore.error=true'].map((more) =>
    written(more),
  ),
  ...['--property a=b --reader-property c=d', '--producer-property a=b --command-property c=d'].map((more) =>
    written(more),
  ),
  ...['--producer-property a=b', '--producer.config /nowhere', '--command-config /nowhere'].map((more) =>
    written(more),
  ),
  ...['--producer.config /nowhere --command-config /nowhere', '--max-partition-memory-bytes 20'].map((more) =>
    written(more),
  ),
  ...['--compression-codec foo', '--request-required-acks 5', '--batch-size abc', '--line-reader foo'].map((more) =>
    written(more),
  ),
  ...['--reader-property null.marker=,', '--reader-property headers.delimiter=,'].map((more) => written(more)),
  written('--reader-property parse.headers=true --reader-property parse.key=true', 'h:v\tk\tv\nhv\tk\tv\n'),
  {
    tool: producer,
    args: [...topic, '--sync'],
    before: [{ tool: 'kafka-topics', args: [...made.args, '--config', 'max.message.bytes=200'] }],
    input: `${'x'.repeat(500)}\n`,
  },
];

/** What our producer wrote is shown by Kafka's consumer in the tests of the whole, and the other way round here. */
export const consoleCases: readonly CommandCase[] = [...consumerCases, ...producerCases];
