import type { Admin } from '../../../client/admin/admin.ts';
import type { GroupListing, GroupType } from '../../../client/admin/list-groups.ts';
import { listGroups } from '../../tools/list-groups.ts';
import { KafkaError } from '../../../client/client-error.ts';
import { compileTopicPattern } from '../../../coordinator/group/topic-pattern.ts';
import { toolAdmin } from '../../tools/connect.ts';
import { javaError, javaMessage } from '../../tools/java-error.ts';
import { hashOrder, stringHash } from '../../tools/java-text.ts';
import { propertiesFile } from '../../tools/properties-file.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { usage } from '../../tools/usage.ts';
import { deleteOffsets } from './consumer-groups-delete-offsets.ts';
import { describeConsumerGroups } from './consumer-groups-describe.ts';
import { answerOf } from './consumer-groups-errors.ts';
import { parseConsumerGroupCall, type ConsumerGroupCall } from './consumer-groups-options.ts';
import { resetOffsets } from './consumer-groups-reset.ts';

const STATES = ['Assigning', 'PreparingRebalance', 'CompletingRebalance', 'Reconciling', 'Dead', 'Stable', 'Empty'];
const TYPES = ['Consumer', 'Classic'];
const GROUP_MIN = 15;
const GROUP_GAP = 10;
const COLUMN = 20;

/** `kafka-consumer-groups`: tells of consumer groups, sets and deletes their offsets, deletes them (ConsumerGroupCommand). */
export const consumerGroupsTool: Tool = {
  name: 'kafka-consumer-groups',
  async run(args, world) {
    const options = parseConsumerGroupCall(args, world);
    if (options === undefined) return 0;
    const pattern = options.value('validate-regex');
    if (pattern !== undefined) {
      const compiled = compileTopicPattern(pattern);
      const verdict = 'reason' in compiled ? `invalid: ${compiled.reason}` : 'valid';
      world.out(`The regular expression \`${pattern}\` is ${verdict}.`);
      return 0;
    }
    try {
      await connected(options, world);
    } catch (error) {
      if (error instanceof ToolFailure) throw error;
      // As in Java: the exit code is that of success.
      world.out(`\nError: Executing consumer group command failed due to ${javaMessage(error)}`);
    }
    return 0;
  },
};

async function connected(options: ConsumerGroupCall, world: ToolWorld): Promise<void> {
  const timeoutMs = numbersOf(options);
  const settings = settingsOf(options.value('command-config'), world);
  const admin = toolAdmin(world, options.value('bootstrap-server') ?? '', settings, timeoutMs);
  const groupIds = async (): Promise<readonly string[]> =>
    options.has('all-groups') ? (await consumerGroups(admin)).map(({ groupId }) => groupId) : options.values('group');
  try {
    if (options.has('list')) await list(admin, options, world);
    else if (options.has('describe')) await describeConsumerGroups(admin, await groupIds(), options, world);
    else if (options.has('delete')) await deleteGroups(admin, await groupIds(), world);
    else if (options.has('reset-offsets')) await resetOffsets(admin, await groupIds(), options, world);
    else await deleteOffsets(admin, options, world);
  } finally {
    admin.close();
  }
}

function settingsOf(path: string | undefined, world: ToolWorld): ReadonlyMap<string, string> {
  try {
    return propertiesFile(path, world);
  } catch (error) {
    throw new Error(`java.nio.file.NoSuchFileException: ${path}`, { cause: error });
  }
}

/** The timeout; all numbers are read first, so that one that is none is told whatever else is asked. */
function numbersOf(options: ConsumerGroupCall): number | undefined {
  try {
    options.integer('to-offset');
    options.integer('shift-by');
    return options.integer('timeout');
  } catch (error) {
    throw error instanceof ToolFailure ? new Error(error.message, { cause: error }) : error;
  }
}

/** Groups of consumers of both protocols, and those that only hold offsets. */
async function consumerGroups(admin: Admin): Promise<GroupListing[]> {
  return onlyConsumers(await answerOf(listGroups(admin, { types: ['classic', 'consumer'] }), true));
}

function onlyConsumers(groups: readonly GroupListing[]): GroupListing[] {
  return groups.filter(({ protocolType }) => protocolType === '' || protocolType === 'consumer');
}

async function list(admin: Admin, options: ConsumerGroupCall, world: ToolWorld): Promise<void> {
  if (!options.has('state') && !options.has('type')) {
    for (const { groupId } of await consumerGroups(admin)) world.out(groupId);
    return;
  }
  const types = named(options, { option: 'type', word: 'types', known: TYPES }).map(
    (type) => type.toLowerCase() as GroupType,
  );
  const states = named(options, { option: 'state', word: 'state', known: STATES });
  const found = await answerOf(listGroups(admin, { states, types }));
  const groups = onlyConsumers(found).filter(({ type }) => type === 'classic' || type === 'consumer');
  const width = Math.max(GROUP_MIN, ...groups.map(({ groupId }) => groupId.length)) + GROUP_GAP;
  const line = (group: string, type: string, state: string): string =>
    [
      group.padEnd(width),
      ...(options.has('type') ? [type.padEnd(COLUMN)] : []),
      ...(options.has('state') ? [state.padEnd(COLUMN)] : []),
    ].join(' ');
  world.out(line('GROUP', 'TYPE', 'STATE'));
  for (const { groupId, type, state } of groups) {
    world.out(line(groupId, type.slice(0, 1).toUpperCase() + type.slice(1), state));
  }
}

/** Names with commas between, in any case, as Kafka writes them. */
function named(
  options: ConsumerGroupCall,
  {
    option,
    word,
    known,
  }: { readonly option: 'state' | 'type'; readonly word: string; readonly known: readonly string[] },
): string[] {
  const text = options.value(option) ?? '';
  if (text === '') return [];
  return text.split(',').map((name) => {
    const found = known.find((each) => each.toLowerCase() === name.trim().toLowerCase());
    if (found !== undefined) return found;
    throw usage(
      options,
      `Invalid ${word} list '${text}'. Valid ${word}${option === 'state' ? 's' : ''} are: ${known.join(', ')}`,
    );
  });
}

async function deleteGroups(admin: Admin, groupIds: readonly string[], world: ToolWorld): Promise<void> {
  const outcomes =
    groupIds.length === 0 ? new Map<string, undefined>() : await admin.deleteGroups([...new Set(groupIds)]);
  const inOrder = hashOrder([...outcomes], ([groupId]) => stringHash(groupId));
  const done = inOrder.filter(([, outcome]) => outcome === undefined).map(([groupId]) => `'${groupId}'`);
  const failed = inOrder.filter(([, outcome]) => outcome instanceof KafkaError);
  if (failed.length === 0) {
    world.out(`Deletion of requested consumer groups (${done.join(', ')}) was successful.`);
    return;
  }
  world.out('\nError: Deletion of some consumer groups failed:');
  for (const [groupId, outcome] of failed) {
    const told = outcome === undefined ? '' : javaError(outcome);
    world.out(`* Group '${groupId}' could not be deleted due to: ${told}`);
  }
  if (done.length > 0) world.out(`\nThese consumer groups were deleted successfully: ${done.join(', ')}`);
}
