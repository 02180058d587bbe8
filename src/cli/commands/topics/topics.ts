import { ZERO_UUID } from '../../../base/uuid.ts';
import type { Admin } from '../../../client/admin/admin.ts';
import { valuesOf } from '../../../client/admin/results.ts';
import { KafkaError } from '../../../client/client-error.ts';
import { toolAdmin } from '../../tools/connect.ts';
import { javaMessage } from '../../tools/java-error.ts';
import { javaList, parseInteger } from '../../tools/java-text.ts';
import type { ParsedOptions } from '../../tools/option-parser.ts';
import { propertiesFile } from '../../tools/properties-file.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { describeTopics, listTopics } from '../../tools/topic-facts.ts';
import { TopicPattern } from '../../tools/topic-pattern.ts';
import { describeTopicsFor } from './topics-describe.ts';
import { parseTopicOptions, type TopicOption } from './topics-options.ts';

const REPLICATION_MAX = 0x7fff;
const COLLISION_WARNING =
  "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To avoid issues it is best to use either, but not both.";

/** `kafka-topics`: creates, lists, describes, extends and deletes topics (TopicCommand). */
export const topicsTool: Tool = {
  name: 'kafka-topics',
  async run(args, world) {
    const options = parseTopicOptions(args, world);
    if (options === undefined) return 0;
    const settings = propertiesFile(options.value('command-config'), world);
    const admin = toolAdmin(world, options.value('bootstrap-server') ?? '', settings);
    try {
      await act(admin, options, world);
      return 0;
    } catch (error) {
      world.out(`Error while executing topic command : ${javaMessage(error)}`);
      return 1;
    } finally {
      admin.close();
    }
  },
};

async function act(admin: Admin, options: ParsedOptions<TopicOption>, world: ToolWorld): Promise<void> {
  if (options.has('create')) await create(admin, options, world);
  else if (options.has('alter')) await alter(admin, options);
  else if (options.has('list')) world.out((await wantedTopics(admin, options)).join('\n'));
  else if (options.has('describe')) await describe(admin, options, world);
  else await remove(admin, options);
}

async function create(admin: Admin, options: ParsedOptions<TopicOption>, world: ToolWorld): Promise<void> {
  const name = options.value('topic') ?? '';
  const partitions = options.integer('partitions');
  const replicationFactor = options.integer('replication-factor');
  const assignments = assignmentsIn(options.value('replica-assignment'));
  const configs = configsIn(options.values('config'));
  if (/[._]/.test(name)) world.out(COLLISION_WARNING);
  if (replicationFactor !== undefined && !(replicationFactor >= 1 && replicationFactor <= REPLICATION_MAX)) {
    throw new Error(`The replication factor must be between 1 and ${REPLICATION_MAX} inclusive`);
  }
  if (partitions !== undefined && partitions < 1) throw new Error('The partitions must be greater than 0');
  const topic = {
    name,
    configs,
    ...(partitions === undefined ? {} : { partitions }),
    ...(replicationFactor === undefined ? {} : { replicationFactor }),
    ...(assignments.length === 0 ? {} : { assignments }),
  };
  const created = (await admin.createTopics([topic])).get(name);
  if (created instanceof KafkaError) {
    if (created.code === 'TOPIC_ALREADY_EXISTS' && options.has('if-not-exists')) return;
    throw created;
  }
  world.out(`Created topic ${name}.`);
}

async function alter(admin: Admin, options: ParsedOptions<TopicOption>): Promise<void> {
  const names = await wantedTopics(admin, options);
  mustExist(names, options);
  if (names.length === 0) return;
  const count = options.integer('partitions') ?? 0;
  const assignments = assignmentsIn(options.value('replica-assignment'));
  const existing = assignments.length === 0 ? [] : await describeTopics(admin, names);
  const partitionsOf = new Map(existing.map(({ name, partitions }) => [name, partitions.length]));
  const additions = names.map((name) => ({
    name,
    total: count,
    ...(assignments.length === 0 ? {} : { assignments: assignments.slice(partitionsOf.get(name) ?? 0) }),
  }));
  valuesOf(await admin.createPartitions(additions));
}

async function describe(admin: Admin, options: ParsedOptions<TopicOption>, world: ToolWorld): Promise<void> {
  const id = topicIdIn(options.value('topic-id'));
  let names: string[];
  if (id === undefined) {
    names = await wantedTopics(admin, options);
    mustExist(names, options);
  } else {
    const listed = (await listTopics(admin)).filter(({ topicId }) => topicId === id);
    if (listed.length === 0 && !options.has('if-exists')) throw new Error(`TopicId '${id}' does not exist as expected`);
    names = listed.filter(({ isInternal }) => !(isInternal && options.has('exclude-internal'))).map(({ name }) => name);
  }
  if (names.length > 0) await describeTopicsFor(admin, names, options, world);
}

async function remove(admin: Admin, options: ParsedOptions<TopicOption>): Promise<void> {
  const names = await wantedTopics(admin, options);
  mustExist(names, options);
  if (names.length === 0) return;
  valuesOf(await admin.deleteTopics(names));
}

/** Names of the topics that `--topic` fits, sorted; all when it is not given. */
async function wantedTopics(admin: Admin, options: ParsedOptions<TopicOption>): Promise<string[]> {
  const text = options.value('topic');
  const pattern = text === undefined ? undefined : new TopicPattern(text);
  const isWithoutInternal = options.has('exclude-internal');
  return (await listTopics(admin))
    .filter(({ name, isInternal }) => !(isInternal && isWithoutInternal) && (pattern?.fits(name) ?? true))
    .map(({ name }) => name);
}

function mustExist(found: readonly string[], options: ParsedOptions<TopicOption>): void {
  const wanted = options.value('topic');
  if (wanted !== undefined && found.length === 0 && !options.has('if-exists')) {
    throw new Error(`Topic '${wanted}' does not exist as expected`);
  }
}

function topicIdIn(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const size = Buffer.from(text, 'base64url').length;
  if (size !== 16) {
    throw new Error(
      `Input string \`${text}\` decoded as ${size} bytes, which is not equal to the expected 16 bytes of a base64-encoded UUID`,
    );
  }
  return text === ZERO_UUID ? undefined : text;
}

/** `1:2,2:3`: the brokers of each partition. */
function assignmentsIn(text: string | undefined): number[][] {
  if (text === undefined || text === '') return [];
  const all: number[][] = [];
  for (const [partition, part] of text.split(',').entries()) {
    const brokers = part.split(':').map((id) => parseInteger(id.trim()));
    const repeated = brokers.filter((id, index) => brokers.indexOf(id) !== index);
    if (repeated.length > 0) {
      throw new Error(`Partition replica lists may not contain duplicate entries: ${[...new Set(repeated)].join(',')}`);
    }
    if (partition > 0 && brokers.length !== all[0]?.length) {
      throw new Error(`Partition ${partition} has different replication factor: ${javaList(brokers)}`);
    }
    all.push(brokers);
  }
  return all;
}

function configsIn(texts: readonly string[]): Record<string, string> {
  const configs = new Map<string, string>();
  for (const text of texts) {
    const [name, value, ...more] = text.split(/\s*=\s*/);
    if (name === undefined || value === undefined || value === '' || more.length > 0) {
      throw new Error(
        'requirement failed: Invalid topic config: all configs to be added must be in the format "key=val".',
      );
    }
    configs.set(name.trim(), value.trim());
  }
  return Object.fromEntries(configs);
}
