import type { Admin } from '../../../client/admin/admin.ts';
import type { OffsetSpec } from '../../../client/admin/list-offsets.ts';
import { valuesOf } from '../../../client/admin/results.ts';
import { KafkaError } from '../../../client/client-error.ts';
import type { TopicPartition } from '../../../client/consumer/topic-partition.ts';
import { javaMessage } from '../../tools/java-error.ts';
import { hashOrder, partitionHash, stringHash } from '../../tools/java-text.ts';
import { textOf } from '../../tools/properties-file.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { usage } from '../../tools/usage.ts';
import { answerOf, valueOf } from './consumer-groups-errors.ts';
import type { ConsumerGroupCall } from './consumer-groups-options.ts';
import {
  dateTimeMs,
  durationMs,
  partitionsOfTopic,
  resetPlan,
  WrongArgument,
  type PlannedOffset,
} from './consumer-groups-plan.ts';

const WIDTH_MIN = 15;
const PARTITION_COLUMN = 10;
/** States of groups whose offsets may be set. */
const INACTIVE = new Set(['Empty', 'Dead']);

/** Offsets by `topic-partition`. */
type Offsets = ReadonlyMap<string, number>;

/** What a reset works with. */
interface Resetting {
  readonly admin: Admin;
  readonly options: ConsumerGroupCall;
  readonly world: ToolWorld;
}

/** Sets offsets of groups without members, or tells what would be set. */
export async function resetOffsets(
  admin: Admin,
  groupIds: readonly string[],
  options: ConsumerGroupCall,
  world: ToolWorld,
): Promise<void> {
  const work = { admin, options, world };
  const wanted = [...new Set(groupIds)];
  const described = wanted.length === 0 ? new Map() : await answerOf(admin.describeGroups(wanted), true);
  const streams = await answerOf(admin.listGroups({ types: ['streams'] }), true);
  const plans = new Map<string, readonly PlannedOffset[]>();
  for (const groupId of hashOrder(wanted, stringHash)) {
    if (streams.some((group) => group.groupId === groupId)) {
      world.out(`\nError: Group '${groupId}' is a streams group. Use kafka-streams-groups.sh to reset its offsets.`);
      plans.set(groupId, []);
      continue;
    }
    const outcome = described.get(groupId);
    const isNew = outcome instanceof KafkaError && outcome.code === 'GROUP_ID_NOT_FOUND';
    const state: string = isNew || outcome === undefined ? 'Dead' : valueOf(outcome, true).state;
    if (INACTIVE.has(state)) plans.set(groupId, await resetGroup(work, groupId));
    else {
      world.out(
        `\nError: Assignments can only be reset if the group '${groupId}' is inactive, but the current state is ${state}.`,
      );
      plans.set(groupId, []);
    }
  }
  if (options.has('export')) world.out(exported(plans, options.values('group').length === 1));
  else world.out(planText(plans));
}

async function resetGroup(work: Resetting, groupId: string): Promise<readonly PlannedOffset[]> {
  const { admin, options } = work;
  const partitions = await partitionsToReset(work, groupId);
  await mustExist(admin, partitions);
  const offsets = hashOrder(await plannedOffsets(work, groupId, partitions), partitionHash);
  if (options.has('execute') && offsets.length > 0) {
    for (const outcomes of (await plainly(admin.alterGroupOffsets(groupId, offsets))).values()) {
      await plainly(Promise.resolve().then(() => valuesOf(outcomes)));
    }
  }
  return offsets;
}

/** Java gives on what the cluster says as it is. */
async function plainly<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof KafkaError ? new Error(javaMessage(error), { cause: error }) : error;
  }
}

async function partitionsToReset({ admin, options }: Resetting, groupId: string): Promise<TopicPartition[]> {
  if (options.has('all-topics')) return [...(await committedOffsets(admin, groupId))].map(([, place]) => place);
  const topics = options.values('topic');
  if (topics.length === 0) {
    if (options.has('from-file')) return [];
    throw usage(options, 'One of the reset scopes should be defined: --all-topics, --topic.');
  }
  const parts = orUsageError(options, () => topics.filter((topic) => topic.includes(':')).flatMap(partitionsOfTopic));
  const whole = [...new Set(topics.filter((topic) => !topic.includes(':')))];
  if (whole.length === 0) return parts;
  const described = await plainly(admin.describeTopics(whole).then((outcomes) => valuesOf(outcomes)));
  for (const { name, partitions } of described.values()) {
    parts.push(...partitions.map(({ partition }) => ({ topic: name, partition })));
  }
  return parts;
}

/** Does something with arguments; what is wrong with them is told with the table of options. */
export function orUsageError<T>(options: ConsumerGroupCall, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof WrongArgument ? usage(options, error.message) : error;
  }
}

async function mustExist(admin: Admin, partitions: readonly TopicPartition[]): Promise<void> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  const described = topics.length === 0 ? new Map() : await admin.describeTopics(topics);
  const known = new Map<string, number>();
  for (const outcome of described.values()) {
    const { name, partitions: some } = valueOf(outcome, true);
    for (const { partition, leaderId } of some) known.set(nameOf({ topic: name, partition }), leaderId);
  }
  const missing = partitions.map(nameOf).filter((name) => !known.has(name));
  if (missing.length > 0) throw new Error(`The partitions "${missing.join(',')}" do not exist`);
  const leaderless = partitions.map(nameOf).filter((name) => (known.get(name) ?? -1) < 0);
  if (leaderless.length > 0) throw new Error(`The partitions "${leaderless.join(',')}" have no leader`);
}

async function plannedOffsets(
  work: Resetting,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<PlannedOffset[]> {
  const { admin, options, world } = work;
  const at = (offsets: Offsets): PlannedOffset[] =>
    partitions.flatMap((place) => {
      const offset = offsets.get(nameOf(place));
      return offset === undefined ? [] : [{ ...place, offset }];
    });
  if (options.has('to-offset')) {
    const offset = options.integer('to-offset') ?? 0;
    return withinRange(
      work,
      partitions.map((place) => ({ ...place, offset })),
    );
  }
  if (options.has('to-earliest')) return at(await offsetsAt(admin, partitions, 'earliest'));
  if (options.has('to-latest')) return at(await endOffsets(admin, partitions));
  if (options.has('shift-by')) return shifted(work, groupId, partitions);
  if (options.has('to-datetime'))
    return at(await offsetsFrom(work, partitions, dateTimeMs(options.value('to-datetime') ?? '')));
  if (options.has('by-duration')) {
    const agoMs = durationMs(options.value('by-duration') ?? '');
    return at(await offsetsFrom(work, partitions, Math.floor(world.runtime.clock.nowMs() - agoMs)));
  }
  if (options.has('from-file')) return fromFile(work, groupId);
  if (!options.has('to-current')) {
    throw usage(
      options,
      "Option '[reset-offsets]' requires one of the following scenarios: [[to-offset], [shift-by], [to-datetime], [by-duration], [to-earliest], [to-latest], [to-current], [from-file]]",
    );
  }
  const committed = await committedOffsets(admin, groupId);
  const fresh = partitions.filter((place) => !committed.has(nameOf(place)));
  const ends = await endOffsets(admin, fresh);
  return partitions.map((place) => ({
    ...place,
    offset: committed.get(nameOf(place))?.offset ?? ends.get(nameOf(place)) ?? 0,
  }));
}

async function shifted(
  work: Resetting,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<PlannedOffset[]> {
  const { admin, options } = work;
  const committed = await committedOffsets(admin, groupId);
  const by = options.integer('shift-by') ?? 0;
  const wanted = partitions.map((place) => {
    const current = committed.get(nameOf(place));
    if (current !== undefined) return { ...place, offset: current.offset + by };
    const told = `Cannot shift offset for partition ${nameOf(place)} since there is no current committed offset`;
    throw usage(options, told);
  });
  return withinRange(work, wanted);
}

async function fromFile(work: Resetting, groupId: string): Promise<PlannedOffset[]> {
  const { options, world } = work;
  const path = options.value('from-file') ?? '';
  let text: string;
  try {
    text = textOf(path, world);
  } catch {
    throw new Error(`java.io.IOException: Unable to read file ${path}`);
  }
  const plan = resetPlan(text, options.values('group')).get(groupId);
  if (plan !== undefined) return withinRange(work, plan);
  world.out(`\nError: No reset plan for group ${groupId} found`);
  return [];
}

/** Offsets that are not in the log become its nearest end, with a warning. */
async function withinRange({ admin, world }: Resetting, wanted: readonly PlannedOffset[]): Promise<PlannedOffset[]> {
  const [starts, ends] = await Promise.all([offsetsAt(admin, wanted, 'earliest'), endOffsets(admin, wanted)]);
  return wanted.map(({ topic, partition, offset }) => {
    const name = nameOf({ topic, partition });
    const [start, end] = [starts.get(name), ends.get(name)];
    const isHigh = end !== undefined && offset > end;
    const bound = isHigh ? end : start;
    if (bound === undefined || (!isHigh && offset >= bound)) return { topic, partition, offset };
    const which = isHigh ? 'higher than latest' : 'lower than earliest';
    world.err(
      `WARN New offset (${offset}) is ${which} offset for topic partition ${name}. Value will be set to ${bound}.`,
    );
    return { topic, partition, offset: bound };
  });
}

/** The first offsets from a time on; the end, with a warning, where there is none. */
async function offsetsFrom(
  { admin, world }: Resetting,
  partitions: readonly TopicPartition[],
  timeMs: number,
): Promise<Offsets> {
  const found = await offsetsAt(admin, partitions, timeMs);
  const without = partitions.filter((place) => !found.has(nameOf(place)));
  for (const { topic, partition } of hashOrder(without, partitionHash)) {
    world.out(`\nWarn: Partition ${partition} from topic ${topic} is empty. Falling back to latest known offset.`);
  }
  return new Map([...found, ...(await endOffsets(admin, without))]);
}

/** Where partitions end. */
export function endOffsets(admin: Admin, partitions: readonly TopicPartition[]): Promise<Offsets> {
  return offsetsAt(admin, partitions, 'latest');
}

async function offsetsAt(admin: Admin, partitions: readonly TopicPartition[], at: OffsetSpec): Promise<Offsets> {
  if (partitions.length === 0) return new Map();
  const queries = partitions.map(({ topic, partition }) => ({ topic, partition, at }));
  const found = new Map<string, number>();
  for (const [topic, outcomes] of await answerOf(admin.listOffsets(queries), true)) {
    for (const [partition, outcome] of outcomes) {
      const { offset } = valueOf(outcome, true);
      if (offset >= 0) found.set(nameOf({ topic, partition }), offset);
    }
  }
  return found;
}

async function committedOffsets(admin: Admin, groupId: string): Promise<ReadonlyMap<string, PlannedOffset>> {
  const listed = (await answerOf(admin.listGroupOffsets([groupId]), true)).get(groupId);
  const found = new Map<string, PlannedOffset>();
  for (const [topic, outcomes] of listed === undefined ? [] : valueOf(listed, true)) {
    for (const [partition, outcome] of outcomes) {
      const { offset } = valueOf(outcome, true);
      found.set(nameOf({ topic, partition }), { topic, partition, offset });
    }
  }
  return found;
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

function planText(plans: ReadonlyMap<string, readonly PlannedOffset[]>): string {
  if (plans.size === 0) return '';
  const topics = [...plans.values()].flatMap((plan) => plan.map(({ topic }) => topic));
  const groupWidth = Math.max(WIDTH_MIN, ...[...plans.keys()].map((groupId) => groupId.length));
  const topicWidth = Math.max(WIDTH_MIN, ...topics.map((topic) => topic.length));
  const line = (group: string, topic: string, partition: string, offset: string): string =>
    `\n${group.padEnd(groupWidth)} ${topic.padEnd(topicWidth)} ${partition.padEnd(PARTITION_COLUMN)} ${offset}`;
  const rows = [...plans].flatMap(([groupId, plan]) =>
    plan.map(({ topic, partition, offset }) => line(groupId, topic, String(partition), String(offset))),
  );
  return [line('GROUP', 'TOPIC', 'PARTITION', 'NEW-OFFSET'), ...rows].join('');
}

function exported(plans: ReadonlyMap<string, readonly PlannedOffset[]>, isOfOne: boolean): string {
  return [...plans]
    .flatMap(([groupId, plan]) =>
      plan.map(
        ({ topic, partition, offset }) => `${[...(isOfOne ? [] : [groupId]), topic, partition, offset].join(',')}\n`,
      ),
    )
    .join('');
}
