import { parseOptions, ParsedOptions, type OptionSpec } from '../../tools/option-parser.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { answersVersion, commonOptions, forbidWith, requireOptions, usage } from '../../tools/usage.ts';

const specs = {
  ...commonOptions,
  'bootstrap-server': { argument: 'server to connect to', text: 'Required. Any broker of the cluster, as host:port.' },
  'command-config': { argument: 'command config property file', text: 'A file of settings for the connection.' },
  list: { text: 'Names the topics.' },
  create: { text: 'Creates a topic.' },
  delete: { text: 'Deletes topics.' },
  alter: { text: 'Adds partitions to topics. Settings are changed with kafka-configs.' },
  describe: { text: 'Tells of topics and their partitions.' },
  topic: { argument: 'topic', text: 'Which topic; a regular expression except with --create.' },
  'topic-id': { argument: 'topic-id', text: 'Which topic to describe, by its id.' },
  config: { argument: 'name=value', text: 'A setting of the topic that is created; may be repeated.' },
  'delete-config': { argument: 'name', text: 'Has no effect since Kafka 4.0.' },
  partitions: {
    argument: '# of partitions',
    type: 'Integer',
    text: "How many partitions the topic shall have; the cluster's default when left out at --create.",
  },
  'replication-factor': {
    argument: 'replication factor',
    type: 'Integer',
    text: "How many brokers keep each partition; the cluster's default when left out.",
  },
  'replica-assignment': {
    argument:
      'broker_id_for_part1_replica1 : broker_id_for_part1_replica2 , broker_id_for_part2_replica1 : broker_id_for_part2_replica2 , ...',
    text: 'The brokers of each partition, instead of the two counts.',
  },
  'under-replicated-partitions': { text: 'With --describe: only partitions with replicas out of sync.' },
  'unavailable-partitions': { text: 'With --describe: only partitions without a leader.' },
  'under-min-isr-partitions': { text: 'With --describe: only partitions with fewer in sync than min.insync.replicas.' },
  'at-min-isr-partitions': { text: 'With --describe: only partitions with as many in sync as min.insync.replicas.' },
  'topics-with-overrides': { text: 'With --describe: only topics with settings of their own.' },
  'if-exists': { text: 'With --alter, --delete, --describe: a topic that is not there is no error.' },
  'if-not-exists': { text: 'With --create: a topic that is there is no error.' },
  'exclude-internal': { text: 'With --list, --describe: leaves out internal topics.' },
  'partition-size-limit-per-response': {
    argument: 'maximum number of partitions per response',
    type: 'Integer',
    text: 'With --describe: how many partitions one answer of a broker may hold.',
  },
} as const satisfies Record<string, OptionSpec>;

export type TopicOption = keyof typeof specs;

const actions = ['alter', 'create', 'describe', 'list', 'delete'] as const satisfies readonly TopicOption[];
const reports = [
  'under-replicated-partitions',
  'under-min-isr-partitions',
  'at-min-isr-partitions',
  'unavailable-partitions',
] as const satisfies readonly TopicOption[];

/** Which actions an option goes with. */
const goesWith: readonly (readonly [TopicOption, readonly TopicOption[]])[] = [
  ['config', ['alter', 'create']],
  ['partitions', ['alter', 'create']],
  ['replication-factor', ['create']],
  ['replica-assignment', ['alter', 'create']],
];
const goesWithLater: readonly (readonly [TopicOption, readonly TopicOption[]])[] = [
  ['if-exists', ['alter', 'delete', 'describe']],
  ['if-not-exists', ['create']],
  ['exclude-internal', ['list', 'describe']],
];

/** Reads and checks the options of `kafka-topics`; undefined when all is said already. */
export function parseTopicOptions(args: readonly string[], world: ToolWorld): ParsedOptions<TopicOption> | undefined {
  const options = parseOptions<TopicOption>(specs, args);
  if (args.length === 0) throw usage(options, 'Create, delete, describe, or change a topic.');
  if (answersVersion(options, 'This tool helps to create, delete, describe, or change a topic.', world)) {
    return undefined;
  }
  if (actions.filter((action) => options.has(action)).length !== 1) {
    throw usage(options, 'Command must include exactly one action: --list, --describe, --create, --alter or --delete');
  }
  checkRequired(options, world);
  checkForbidden(options);
  return options;
}

function checkRequired(options: ParsedOptions<TopicOption>, world: ToolWorld): void {
  if (options.has('delete-config')) {
    world.err(
      'delete-config option is no longer supported and deprecated since version 4.0. The config will be fully removed in future releases.',
    );
  }
  if (!options.has('bootstrap-server')) throw new ToolFailure('--bootstrap-server must be specified');
  if (options.has('describe') && options.has('if-exists')) {
    if (!options.has('topic') && !options.has('topic-id')) {
      throw usage(options, '--topic or --topic-id is required to describe a topic');
    }
    if (options.has('topic') && options.has('topic-id')) {
      world.out(
        'Only topic id will be used when both --topic and --topic-id are specified and topicId is not Uuid.ZERO_UUID',
      );
    }
  }
  if (!options.has('list') && !options.has('describe')) requireOptions(options, ['topic']);
  if (!options.has('alter')) return;
  if (options.has('config')) {
    throw usage(
      options,
      'Option combination "[[bootstrap-server], [config]]" can\'t be used with option "[alter]" (To alter topic configurations, the kafka-configs tool can be used.)',
    );
  }
  requireOptions(options, ['partitions']);
}

function checkForbidden(options: ParsedOptions<TopicOption>): void {
  const othersThan = (allowed: readonly TopicOption[]): TopicOption[] =>
    actions.filter((action) => !allowed.includes(action));
  for (const [option, allowed] of goesWith) forbidWith(options, option, othersThan(allowed));
  if (options.has('create')) forbidWith(options, 'replica-assignment', ['partitions', 'replication-factor']);
  for (const report of reports) {
    const otherReports = reports.filter((other) => other !== report);
    forbidWith(options, report, [...othersThan(['describe']), ...otherReports, 'topics-with-overrides']);
  }
  forbidWith(options, 'topics-with-overrides', [...othersThan(['describe']), ...reports]);
  for (const [option, allowed] of goesWithLater) forbidWith(options, option, othersThan(allowed));
}
