import type { Admin } from '../../client/admin/admin.ts';
import { KafkaError, TimeoutError } from '../../client/client-error.ts';
import type { TopicPartition } from '../../client/consumer/topic-partition.ts';
import { toolAdmin } from '../tools/connect.ts';
import { javaError } from '../tools/java-error.ts';
import { hashOrder, javaList, partitionHash } from '../tools/java-text.ts';
import { parseOptions, type OptionSpec, type ParsedOptions } from '../tools/option-parser.ts';
import { readSettings } from '../tools/read-settings.ts';
import { textOf } from '../tools/properties-file.ts';
import type { Tool } from '../tools/tool.ts';
import type { ToolWorld } from '../tools/tool-world.ts';
import { answersVersion, commonOptions, forbidWith, usage } from '../tools/usage.ts';

const specs = {
  ...commonOptions,
  'bootstrap-server': { argument: 'host:port', text: 'Required. Any brokers of the cluster, with commas between.' },
  'admin.config': { argument: 'config file', text: 'The former name of --command-config.' },
  'command-config': { argument: 'Config file', text: 'A file of settings for the connection.' },
  'path-to-json-file': {
    argument: 'Path to JSON file',
    text: 'The partitions: {"partitions":[{"topic":"a","partition":0}]}.',
  },
  topic: { argument: 'topic name', text: 'The topic, together with --partition.' },
  partition: { argument: 'partition id', type: 'Integer', text: 'The partition of the topic.' },
  'all-topic-partitions': { text: 'All partitions for which such an election makes sense.' },
  'election-type': {
    argument: 'election type',
    choices: ['PREFERRED', 'UNCLEAN'],
    text: 'Required. preferred: back to the first replica; unclean: where there is no leader, any replica.',
  },
} as const satisfies Record<string, OptionSpec>;

type ElectionOption = keyof typeof specs;

const PLACES = ['topic', 'all-topic-partitions', 'path-to-json-file'] as const;
const API_TIMEOUT_MS = 30_000;

/** `kafka-leader-election`: has leaders elected (LeaderElectionCommand). */
export const leaderElectionTool: Tool = {
  name: 'kafka-leader-election',
  async run(args, world) {
    const options = parseOptions<ElectionOption>(specs, args);
    const about =
      'This tool attempts to elect a new leader for a set of topic partitions. The type of elections supported are preferred replicas and unclean replicas.';
    if (args.length === 0) throw usage(options, about);
    if (answersVersion(options, about, world)) return 0;
    check(options);
    const type = options.choice('election-type') ?? '';
    const partitions = partitionsIn(options, world);
    const old = { flag: 'admin.config', path: options.value('admin.config') };
    const settings = readSettings(world, options.value('command-config'), old);
    const timeout = Number(settings.get('default.api.timeout.ms') ?? API_TIMEOUT_MS);
    const admin = toolAdmin(world, options.value('bootstrap-server') ?? '', settings, timeout);
    try {
      await elect(admin, type, partitions, world);
      return 0;
    } finally {
      admin.close();
    }
  },
};

function check(options: ParsedOptions<ElectionOption>): void {
  const missing = (['bootstrap-server', 'election-type'] as const).filter((option) => !options.has(option));
  if (missing.length > 0) throw new Error(`Missing required option(s): ${missing.join(', ')}`);
  forbidWith(options, 'admin.config', ['command-config']);
  if (PLACES.filter((option) => options.has(option)).length !== 1) {
    throw new Error(`One and only one of the following options is required: ${PLACES.join(', ')}`);
  }
  if (options.has('topic') && !options.has('partition')) throw new Error('Missing required option(s): partition');
  if (!options.has('topic') && options.has('partition')) {
    throw new Error('Option partition is only allowed if topic is used');
  }
}

function partitionsIn(options: ParsedOptions<ElectionOption>, world: ToolWorld): readonly TopicPartition[] | 'all' {
  const path = options.value('path-to-json-file');
  if (path !== undefined) return electionFile(fileText(path, world));
  const topic = options.value('topic');
  return topic === undefined ? 'all' : [{ topic, partition: options.integer('partition') ?? 0 }];
}

function fileText(path: string, world: ToolWorld): string {
  try {
    return textOf(path, world);
  } catch {
    throw new Error(`java.io.IOException: Unable to read file ${path}`);
  }
}

/** Reads `{"partitions":[{"topic":"a","partition":0}]}`. Throws with Kafka's words. */
export function electionFile(text: string): TopicPartition[] {
  const file = jsonIn(text);
  if (!Array.isArray(file.partitions)) throw new Error('Replica election data is missing "partitions" field');
  const partitions = (file.partitions as readonly Readonly<Record<string, unknown>>[]).map((entry) => {
    for (const field of ['topic', 'partition']) {
      if (entry[field] === undefined) {
        throw new Error(`com.fasterxml.jackson.databind.JsonMappingException: No such field exists: \`${field}\``);
      }
    }
    return { topic: String(entry['topic']), partition: Number(entry['partition']) };
  });
  const names = partitions.map(nameOf);
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  if (repeated.size > 0) {
    throw new Error(`Replica election data contains duplicate partitions: ${javaList([...repeated])}`);
  }
  return partitions;
}

function jsonIn(text: string): { readonly partitions?: unknown } {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // Told below.
  }
  throw new Error('Replica election data is empty');
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

async function elect(
  admin: Admin,
  type: string,
  partitions: readonly TopicPartition[] | 'all',
  world: ToolWorld,
): Promise<void> {
  const outcomes = await answered(world, () =>
    admin.electLeaders(type === 'UNCLEAN' ? 'unclean' : 'preferred', partitions),
  );
  const all = [...outcomes].flatMap(([topic, some]) =>
    [...some].map(([partition, outcome]) => ({ topic, partition, outcome })),
  );
  const inOrder = hashOrder(all, partitionHash);
  const done = inOrder.filter(({ outcome }) => outcome === undefined).map(nameOf);
  const failed = inOrder.filter(({ outcome }) => outcome !== undefined && outcome.code !== 'ELECTION_NOT_NEEDED');
  const needless = inOrder.filter(({ outcome }) => outcome?.code === 'ELECTION_NOT_NEEDED').map(nameOf);
  if (done.length > 0) {
    world.out(`Successfully completed leader election (${type}) for partitions ${done.join(', ')}`);
  }
  if (needless.length > 0) world.out(`Valid replica already elected for partitions ${needless.join(', ')}`);
  for (const { outcome, ...place } of failed) {
    const told = outcome === undefined ? '' : javaError(outcome);
    world.out(`Error completing leader election (${type}) for partition: ${nameOf(place)}: ${told}`);
  }
  if (failed.length > 0) throw new Error(`${failed.length} replica(s) could not be elected`);
}

/** What goes wrong with the question as a whole is told on standard output too. */
async function answered<T>(world: ToolWorld, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const isUnauthorized = error instanceof KafkaError && error.code === 'CLUSTER_AUTHORIZATION_FAILED';
    if (!(error instanceof TimeoutError) && !isUnauthorized) throw error;
    const message = isUnauthorized
      ? 'Not authorized to perform leader election'
      : 'Timeout waiting for election results';
    world.out(message);
    throw new Error(message, { cause: error });
  }
}
