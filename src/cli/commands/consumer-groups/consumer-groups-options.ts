import type { OptionSpec, ParsedOptions } from '../../tools/option-parser.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { answersVersion, commonOptions, forbidWith, parseUncaught, requireOptions, usage } from '../../tools/usage.ts';

const specs = {
  ...commonOptions,
  'bootstrap-server': { argument: 'server to connect to', text: 'Required. Any broker of the cluster.' },
  group: { argument: 'consumer group', text: 'The group. May be repeated.' },
  topic: { argument: 'topic', text: 'A topic, or some of its partitions: name:0,1. May be repeated.' },
  'all-topics': { text: 'With --reset-offsets: all topics of which the group has offsets.' },
  list: { text: 'Tells the groups.' },
  describe: { text: 'Tells how far groups are, and what lags behind.' },
  'all-groups': { text: 'All groups.' },
  delete: { text: 'Deletes groups without members, with their offsets.' },
  timeout: {
    argument: 'timeout (ms)',
    type: 'Long',
    fallback: '5000',
    text: 'How long each question to the cluster may take.',
  },
  'command-config': { argument: 'command config property file', text: 'A file of settings for the connection.' },
  'reset-offsets': { text: 'Sets offsets of a group without members; plans only, unless --execute is given.' },
  'delete-offsets': { text: 'Deletes offsets of topics to which the group is not subscribed.' },
  'dry-run': { text: 'Shows what would be done.' },
  execute: { text: 'Does what is planned.' },
  export: { text: 'Shows the plan as lines with commas between.' },
  'to-offset': { argument: 'offset', type: 'Long', text: 'To this offset.' },
  'from-file': { argument: 'path to CSV file', text: 'To the offsets of a file of lines topic,partition,offset.' },
  'to-datetime': { argument: 'datetime', text: 'To the first record from this time on: 2026-01-31T23:59:59.000.' },
  'by-duration': { argument: 'duration', text: 'To the first record from so long ago on: P1DT2H3M4S.' },
  'to-earliest': { text: 'To the first record that there is.' },
  'to-latest': { text: 'To the end.' },
  'to-current': { text: 'To where the group is; to the end where it has no offset.' },
  'shift-by': { argument: 'number-of-offsets', type: 'Long', text: 'On by so many, or back when below 0.' },
  members: { goesWith: ['describe'], text: 'With --describe: the members.' },
  verbose: { goesWith: ['describe'], text: 'With --describe: more of it.' },
  offsets: {
    goesWith: ['describe'],
    text: 'With --describe: the offsets of each partition; what is told when nothing is said.',
  },
  state: {
    argument: '',
    isArgumentOptional: true,
    goesWith: ['describe', 'list'],
    text: 'With --describe: the state of the group. With --list: the states of groups, or those in these states.',
  },
  type: {
    argument: '',
    isArgumentOptional: true,
    goesWith: ['list'],
    text: 'With --list: the types of groups, or those of these types.',
  },
  'validate-regex': { argument: 'regex', text: 'Tells whether brokers take a regular expression for topics.' },
} as const satisfies Record<string, OptionSpec>;

export type ConsumerGroupOption = keyof typeof specs;
export type ConsumerGroupCall = ParsedOptions<ConsumerGroupOption>;

const ACTIONS = ['list', 'describe', 'delete', 'reset-offsets', 'delete-offsets', 'validate-regex'] as const;
const SCENARIOS = [
  'to-offset',
  'shift-by',
  'to-datetime',
  'by-duration',
  'to-earliest',
  'to-latest',
  'to-current',
  'from-file',
] as const;
const CHECKED_SCENARIOS = [
  'to-offset',
  'to-datetime',
  'by-duration',
  'to-earliest',
  'to-latest',
  'to-current',
  'shift-by',
  'from-file',
] as const;

/** Reads and checks the options of `kafka-consumer-groups`; undefined when all is said already. */
export function parseConsumerGroupCall(args: readonly string[], world: ToolWorld): ConsumerGroupCall | undefined {
  const options = parseUncaught<ConsumerGroupOption>(specs, args);
  const about =
    'This tool helps to list all consumer groups, describe a consumer group, delete consumer group info, or reset consumer group offsets.';
  if (args.length === 0) throw usage(options, about);
  if (answersVersion(options, about, world)) return undefined;
  if (!options.has('validate-regex')) requireOptions(options, ['bootstrap-server']);
  if (options.has('describe')) checkDescribe(options);
  if (options.has('delete')) checkDelete(options);
  if (options.has('delete-offsets') && !(options.has('group') && options.has('topic'))) {
    throw usage(options, 'Option [delete-offsets] takes the following options: [group], [topic]');
  }
  if (options.has('reset-offsets')) checkReset(options, world);
  forbidWith(options, 'group', ['all-groups']);
  forbidWith(options, 'group', ['list']);
  forbidWith(options, 'topic', ['list', 'describe']);
  if (ACTIONS.filter((action) => options.has(action)).length !== 1) {
    const all = ACTIONS.map((action) => `--${action}`).join(', ');
    throw usage(options, `Command must include exactly one action: ${all}`);
  }
  return options;
}

function checkDescribe(options: ConsumerGroupCall): void {
  checkScope(options, 'describe');
  const kinds = (['members', 'offsets', 'state'] as const).filter((option) => options.has(option));
  if (kinds.length > 1) {
    throw usage(options, 'Option [describe] takes at most one of these options: [members], [offsets], [state]');
  }
  if (options.value('state') !== undefined) {
    throw usage(options, 'Option [describe] does not take a value for [state]');
  }
}

function checkDelete(options: ConsumerGroupCall): void {
  checkScope(options, 'delete');
  if (options.has('topic')) {
    throw usage(options, 'The consumer does not support topic-specific offset deletion from a consumer group.');
  }
}

function checkScope(options: ConsumerGroupCall, action: ConsumerGroupOption): void {
  if (options.has('group') || options.has('all-groups')) return;
  throw usage(options, `Option [${action}] takes one of these options: [group], [all-groups]`);
}

function checkReset(options: ConsumerGroupCall, world: ToolWorld): void {
  if (options.has('dry-run') && options.has('execute')) {
    throw usage(options, 'Option [reset-offsets] only accepts one of [execute] and [dry-run]');
  }
  if (!options.has('dry-run') && !options.has('execute')) {
    world.err(
      'WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will require either --dry-run or --execute to be specified. You should add the --dry-run option explicitly if you are scripting this command and want to keep the current default behavior without prompting.',
    );
  }
  checkScope(options, 'reset-offsets');
  for (const scenario of CHECKED_SCENARIOS) {
    forbidWith(
      options,
      scenario,
      SCENARIOS.filter((other) => other !== scenario),
    );
  }
}
