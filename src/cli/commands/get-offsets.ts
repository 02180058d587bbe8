import type { OffsetSpec } from '../../client/admin/list-offsets.ts';
import { KafkaError } from '../../client/client-error.ts';
import { javaError } from '../tools/java-error.ts';
import { parseOptions, type OptionSpec, type ParsedOptions } from '../tools/option-parser.ts';
import { propertiesFile } from '../tools/properties-file.ts';
import { toolAdmin } from '../tools/connect.ts';
import { ToolFailure } from '../tools/tool-failure.ts';
import type { Tool } from '../tools/tool.ts';
import type { ToolWorld } from '../tools/tool-world.ts';
import { describeTopics, listTopics } from '../tools/topic-facts.ts';
import { TopicPattern } from '../tools/topic-pattern.ts';
import { answersVersion, commonOptions, requireOptions, usage } from '../tools/usage.ts';

const specs = {
  ...commonOptions,
  'bootstrap-server': { argument: 'HOST1:PORT1,...,HOST3:PORT3', text: 'Required. Any broker of the cluster.' },
  'topic-partitions': {
    argument: 'topic1:1,topic2:0-3,topic3,topic4:5-,topic5:-3 ',
    text: 'Which topics and partitions, as patterns.',
  },
  topic: { argument: 'topic', text: 'Which topics, as a regular expression.' },
  partitions: { argument: 'partition ids', text: 'Which partitions, with commas between; all when left out.' },
  time: {
    argument:
      '<timestamp> / -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload',
    fallback: 'latest',
    text: 'Which offset: that of a time in milliseconds, or one by name.',
  },
  'command-config': { argument: 'config file', text: 'A file of settings for the connection.' },
  'exclude-internal-topics': { text: 'Leaves out internal topics.' },
} as const satisfies Record<string, OptionSpec>;

type GetOffsetsOption = keyof typeof specs;
type Filter = (topic: string, partition: number) => boolean;

const SPECS = [
  'latest',
  'earliest',
  'max-timestamp',
  'earliest-local',
  'latest-tiered',
  'earliest-pending-upload',
] as const;
const RULE = /^(?<topic>[^:,]*)(?::(?:(?<one>[0-9]*)|(?:(?<from>[0-9]*)-(?<to>[0-9]*))))?$/;

/** `kafka-get-offsets`: tells offsets of partitions (GetOffsetShell). */
export const getOffsetsTool: Tool = {
  name: 'kafka-get-offsets',
  async run(args, world) {
    const options = reported(() => parseOptions<GetOffsetsOption>(specs, args));
    const about = 'An interactive shell for getting topic-partition offsets.';
    if (args.length === 0) throw usage(options, about);
    if (answersVersion(options, about, world)) return 0;
    requireOptions(options, ['bootstrap-server']);
    try {
      await tell(options, world);
      return 0;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw reportOf(error);
    }
  },
};

function reported<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof Error ? reportOf(error) : error;
  }
}

function reportOf(error: Error): ToolFailure {
  return new ToolFailure(`Error occurred: ${javaError(error)}`);
}

async function tell(options: ParsedOptions<GetOffsetsOption>, world: ToolWorld): Promise<void> {
  if (options.has('topic-partitions') && (options.has('topic') || options.has('partitions'))) {
    throw new Error('--topic-partitions cannot be used with --topic or --partitions');
  }
  const at = timeIn(options.value('time') ?? '');
  const filter = filterIn(options);
  const settings = propertiesFile(options.value('command-config'), world);
  const admin = toolAdmin(world, options.value('bootstrap-server') ?? '', settings);
  try {
    const isWithoutInternal = options.has('exclude-internal-topics');
    const listed = (await listTopics(admin)).filter(({ isInternal }) => !(isInternal && isWithoutInternal));
    const topics = listed.length === 0 ? [] : await describeTopics(admin, namesOf(listed));
    const wanted = topics.flatMap(({ name, partitions }) =>
      partitions
        .map(({ partition }) => ({ topic: name, partition, at }))
        .filter(({ topic, partition }) => filter(topic, partition))
        .toSorted((a, b) => a.partition - b.partition),
    );
    if (wanted.length === 0) throw new Error('Could not match any topic-partitions with the specified filters');
    const offsets = await admin.listOffsets(wanted);
    for (const { topic, partition } of wanted) {
      const found = offsets.get(topic)?.get(partition);
      if (found instanceof KafkaError) {
        world.err(`Skip getting offsets for topic-partition ${topic}-${partition} due to error: ${javaError(found)}`);
      } else if (found !== undefined && found.offset >= 0) world.out(`${topic}:${partition}:${found.offset}`);
    }
  } finally {
    admin.close();
  }
}

function namesOf(topics: readonly { readonly name: string }[]): string[] {
  return topics.map(({ name }) => name);
}

/** -1 and its names stand for what {@link SPECS} lists in this order. */
function timeIn(text: string): OffsetSpec {
  const named = SPECS.find((name) => name === text);
  if (named !== undefined) return named;
  if (/^[+-]?\d+$/.test(text)) {
    const time = Number(text);
    return time < 0 ? (SPECS[-1 - time] ?? time) : time;
  }
  throw new Error(
    `Malformed time argument ${text}. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload, or a specified long format timestamp`,
  );
}

function filterIn(options: ParsedOptions<GetOffsetsOption>): Filter {
  const rules = options.value('topic-partitions');
  if (rules !== undefined) {
    const filters = rules.split(',').map(ruleIn);
    return (topic, partition) => filters.some((filter) => filter(topic, partition));
  }
  const pattern = new TopicPattern(options.value('topic') ?? '.*');
  const partitions = partitionsIn(options.value('partitions'));
  return (topic, partition) => pattern.fits(topic) && (partitions?.has(partition) ?? true);
}

/** `topic`, `topic:1` or `topic:1-3`, the last of which is not meant; each part may be missing and then stands for all. */
export function ruleIn(rule: string): Filter {
  const parts = RULE.exec(rule)?.groups;
  if (parts === undefined)
    throw new Error(`org.apache.kafka.tools.TerseException: Invalid rule specification: ${rule}`);
  const pattern = new TopicPattern(parts['topic'] === '' ? '.*' : (parts['topic'] ?? '.*'));
  const one = numberIn(parts['one']);
  const from = numberIn(parts['from']);
  const to = numberIn(parts['to']);
  return (topic, partition) =>
    pattern.fits(topic) &&
    (one === undefined || partition === one) &&
    (from === undefined || partition >= from) &&
    (to === undefined || partition < to);
}

function numberIn(text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : Number(text);
}

function partitionsIn(text: string | undefined): ReadonlySet<number> | undefined {
  if (text === undefined || text === '') return undefined;
  const ids = text.split(',');
  if (ids.every((id) => /^[+-]?\d+$/.test(id))) return new Set(ids.map(Number));
  throw new Error(`--partitions expects a comma separated list of numeric partition ids, but received: ${text}`);
}
