import type { Admin } from '../../../client/admin/admin.ts';
import type { OngoingReassignment } from '../../../client/admin/reassignments.ts';
import { KafkaError } from '../../../client/client-error.ts';
import type { TopicPartition } from '../../../client/consumer/topic-partition.ts';
import { NO_BROKER_OPEN, placeOn } from '../../../controller/replica-placement.ts';
import { toolAdmin } from '../../tools/connect.ts';
import { JavaException, javaError, javaMessage } from '../../tools/java-error.ts';
import { propertiesFile, textOf } from '../../tools/properties-file.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { directoryMoves, replicaDirectories, replicaText, startDirectoryMoves } from './reassign-directories.ts';
import {
  brokerList,
  byPartition,
  checkExecutable,
  partitionText,
  reassignmentPlan,
  reassignmentText,
  topicsToMove,
  type AssignedPartition,
} from './reassign-file.ts';
import { parseReassignCall, type ReassignAction, type ReassignCall } from './reassign-options.ts';
import { clearThrottles, movesOf, throttleDirectoryMoves, throttleMoves, type Ongoing } from './reassign-throttles.ts';

const CLIENT_ID = 'reassign-partitions-tool';
const UNKNOWN_TOPIC = 'org.apache.kafka.common.errors.UnknownTopicOrPartitionException';

/** What an action works with. */
interface Work {
  readonly admin: Admin;
  readonly options: ReassignCall;
  readonly world: ToolWorld;
}

/** A message that stands for itself, without "Error: " before it (TerseException). */
class TerseFailure extends Error {
  override name = 'TerseFailure';
}

/** `kafka-reassign-partitions`: moves partitions between brokers and directories (ReassignPartitionsCommand). */
export const reassignPartitionsTool: Tool = {
  name: 'kafka-reassign-partitions',
  async run(args, world) {
    const call = parseReassignCall(args, world);
    if (call === undefined) return 0;
    const { action, options } = call;
    let admin: Admin | undefined;
    try {
      const settings = propertiesFile(options.value('command-config'), world);
      const servers = options.value('bootstrap-server') ?? options.value('bootstrap-controller') ?? '';
      admin = toolAdmin(world, servers, new Map([['client.id', CLIENT_ID], ...settings]));
      await ACTIONS[action]({ admin, options, world });
      return 0;
    } catch (error) {
      if (error instanceof TerseFailure) world.out(error.message);
      else world.out(`Error: ${messageOf(error)}`);
      return 1;
    } finally {
      admin?.close();
    }
  },
};

const ACTIONS: Readonly<Record<ReassignAction, (work: Work) => Promise<void>>> = {
  list,
  generate,
  execute,
  verify,
  cancel,
};

/** What comes out of a future Java tells with its class. */
function messageOf(error: unknown): string {
  if (error instanceof KafkaError || error instanceof JavaException) return javaError(error);
  return error instanceof ToolFailure ? error.message : javaMessage(error);
}

async function list({ admin, world }: Work): Promise<void> {
  const lines = flat(await admin.listReassignments()).map(({ replicas, adding, removing, ...place }) => {
    const added = adding.length === 0 ? '' : ` adding: ${adding.join(',')}.`;
    const removed = removing.length === 0 ? '' : ` removing: ${removing.join(',')}.`;
    return `${partitionText(place)}: replicas: ${replicas.join(',')}.${added}${removed}`;
  });
  if (lines.length === 0) world.out('No partition reassignments found.');
  else world.out(`Current partition reassignments:\n${lines.join('\n')}`);
}

function flat(ongoing: Ongoing): (TopicPartition & OngoingReassignment)[] {
  return [...ongoing]
    .flatMap(([topic, some]) => [...some].map(([partition, move]) => ({ topic, partition, ...move })))
    .toSorted(byPartition);
}

async function generate({ admin, options, world }: Work): Promise<void> {
  const text = fileText(options.value('topics-to-move-json-file') ?? '', world);
  const brokerIds = brokerList(options.value('broker-list') ?? '');
  const topics = topicsToMove(text);
  const current = await assignmentOf(admin, topics);
  const isRackAware = !options.has('disable-rack-aware');
  const brokers = (await admin.describeCluster()).brokers
    .filter(({ nodeId }) => brokerIds.includes(nodeId))
    .map(({ nodeId, rack }) => ({ id: nodeId, rack: isRackAware ? rack : null }));
  const rackless = brokers.filter(({ rack }) => rack === null).length;
  if (isRackAware && rackless > 0 && rackless < brokers.length) {
    throw new Error(
      'Not all brokers have rack information. Add --disable-rack-aware in command line to make replica assignment without rack information.',
    );
  }
  if (brokers.length === 0) throw new Error(NO_BROKER_OPEN);
  const proposed = topics.flatMap((topic) => {
    const partitions = current.filter((each) => each.topic === topic);
    const replicationFactor = partitions[0]?.replicas.length ?? 0;
    if (replicationFactor > brokers.length) {
      throw new Error(
        `The target replication factor of ${replicationFactor} cannot be reached because only ${brokers.length} broker(s) are registered or some brokers have all their log directories cordoned.`,
      );
    }
    const wanted = { count: partitions.length, replicationFactor };
    const placed = placeOn(brokers, [], world.runtime.random, wanted);
    return placed.map((replicas, partition) => ({ topic, partition, replicas }));
  });
  world.out(`Current partition replica assignment\n${await withDirectories(admin, current)}\n`);
  world.out(`Proposed partition reassignment configuration\n${reassignmentText(proposed)}`);
}

async function withDirectories(admin: Admin, partitions: readonly AssignedPartition[]): Promise<string> {
  const known = await replicaDirectories(
    admin,
    partitions.flatMap(({ replicas }) => replicas),
  );
  return reassignmentText(partitions, (place, brokerId) => known.get(replicaText(place, brokerId))?.current);
}

async function assignmentOf(admin: Admin, topics: readonly string[]): Promise<AssignedPartition[]> {
  const found: AssignedPartition[] = [];
  for (const [topic, outcome] of topics.length === 0 ? [] : await admin.describeTopics([...new Set(topics)])) {
    if (outcome instanceof KafkaError) {
      if (outcome.code !== 'UNKNOWN_TOPIC_OR_PARTITION') throw outcome;
      throw new JavaException(UNKNOWN_TOPIC, `Topic ${topic} not found.`);
    }
    found.push(...outcome.partitions.map(({ partition, replicas }) => ({ topic, partition, replicas })));
  }
  return found;
}

async function execute({ admin, options, world }: Work): Promise<void> {
  const plan = reassignmentPlan(fileText(options.value('reassignment-json-file') ?? '', world));
  const throttle = options.integer('throttle') ?? -1;
  const directoryThrottle = options.integer('replica-alter-log-dirs-throttle') ?? -1;
  checkExecutable(plan);
  const { partitions, places } = plan;
  const ongoing = await admin.listReassignments();
  if (!options.has('additional') && flat(ongoing).length > 0) {
    throw new TerseFailure(
      'Cannot execute because there is an existing partition assignment.  Use --additional to override this and create a new partition assignment in addition to the existing one. The --additional flag can also be used to change the throttle by resubmitting the current reassignment.',
    );
  }
  await checkBrokers(admin, partitions);
  const current = await currentOf(admin, partitions);
  world.out(
    `Current partition replica assignment\n\n${await withDirectories(admin, current)}\n\nSave this to use as the --reassignment-json-file option during rollback`,
  );
  if (throttle >= 0 || directoryThrottle >= 0) {
    world.out(
      'Warning: You must run --verify periodically, until the reassignment completes, to ensure the throttle is removed.',
    );
  }
  if (throttle >= 0) await throttleMoves(admin, movesOf(ongoing, partitions, current), throttle, world);
  if (directoryThrottle >= 0) {
    await throttleDirectoryMoves(admin, new Set(places.map(({ brokerId }) => brokerId)), directoryThrottle, world);
  }
  const allowReplicationFactorChange = !options.has('disallow-replication-factor-change');
  await alter(admin, partitions, { about: 'Error reassigning partition(s):', allowReplicationFactorChange });
  const names = partitions.toSorted(byPartition).map(partitionText);
  world.out(`Successfully started partition reassignment${plural(names)} for ${names.join(',')}`);
  if (places.length > 0) await startDirectoryMoves(admin, places, options.integer('timeout') ?? 0, world);
}

async function checkBrokers(admin: Admin, partitions: readonly AssignedPartition[]): Promise<void> {
  const known = new Set((await admin.describeCluster()).brokers.map(({ nodeId }) => nodeId));
  const unknown = partitions.flatMap(({ replicas }) => replicas).find((id) => !known.has(id));
  if (unknown !== undefined) throw new Error(`Unknown broker id ${unknown}`);
}

async function currentOf(admin: Admin, partitions: readonly AssignedPartition[]): Promise<AssignedPartition[]> {
  const names = new Set(partitions.map(partitionText));
  const all = await assignmentOf(
    admin,
    partitions.map(({ topic }) => topic),
  );
  const current = all.filter((each) => names.has(partitionText(each)));
  const missing = [...names].filter((name) => !current.some((each) => partitionText(each) === name));
  if (missing.length === 0) return current;
  throw new JavaException(UNKNOWN_TOPIC, `Unable to find partition: ${missing.join(', ')}`);
}

/** Starts moves, or takes them back where the replicas are null. */
async function alter(
  admin: Admin,
  moves: readonly (TopicPartition & { readonly replicas: readonly number[] | null })[],
  {
    about,
    allowReplicationFactorChange = true,
  }: { readonly about: string; readonly allowReplicationFactorChange?: boolean },
): Promise<void> {
  const outcomes = await admin.alterReassignments(moves, { allowReplicationFactorChange });
  const errors = moves.toSorted(byPartition).flatMap((move) => {
    const outcome = outcomes.get(move.topic)?.get(move.partition);
    return outcome === undefined ? [] : [`${partitionText(move)}: ${javaMessage(outcome)}`];
  });
  if (errors.length > 0) throw new TerseFailure(`${about}\n${errors.join('\n')}`);
}

async function verify({ admin, options, world }: Work): Promise<void> {
  const { partitions, places } = reassignmentPlan(fileText(options.value('reassignment-json-file') ?? '', world));
  const ongoing = await admin.listReassignments();
  const resting = partitions.filter(({ topic, partition }) => ongoing.get(topic)?.get(partition) === undefined);
  const replicasOf = new Map<string, readonly number[]>();
  for (const outcome of resting.length === 0
    ? []
    : (await admin.describeTopics([...new Set(resting.map(({ topic }) => topic))])).values()) {
    if (outcome instanceof KafkaError) {
      if (outcome.code !== 'UNKNOWN_TOPIC_OR_PARTITION') throw outcome;
      continue;
    }
    for (const { partition, replicas } of outcome.partitions) {
      replicasOf.set(partitionText({ topic: outcome.name, partition }), replicas);
    }
  }
  const lines = partitions.toSorted(byPartition).map((target) => {
    const name = partitionText(target);
    if (!resting.includes(target)) return `Reassignment of partition ${name} is still in progress.`;
    const held = (replicasOf.get(name) ?? []).join(',');
    const wanted = target.replicas.join(',');
    if (held === wanted) return `Reassignment of partition ${name} is completed.`;
    return `There is no active reassignment of partition ${name}, but replica set is ${held} rather than ${wanted}.`;
  });
  world.out(['Status of partition reassignment:', ...lines].join('\n'));
  const moves = await directoryMoves(admin, places);
  world.out(moves.text);
  const areDone = flat(ongoing).length === 0 && moves.areDone;
  if (areDone && !options.has('preserve-throttles')) await clearThrottles(admin, partitions, world);
}

async function cancel({ admin, options, world }: Work): Promise<void> {
  const { partitions, places } = reassignmentPlan(fileText(options.value('reassignment-json-file') ?? '', world));
  const active = partitions.length === 0 ? [] : flat(await admin.listReassignments(partitions));
  if (active.length === 0) world.out('None of the specified partition reassignments are active.');
  else {
    const about = `Error cancelling partition reassignment${plural(active)} for:`;
    await alter(
      admin,
      active.map(({ topic, partition }) => ({ topic, partition, replicas: null })),
      { about },
    );
    world.out(
      `Successfully cancelled partition reassignment${plural(active)} for: ${active.map(partitionText).join(',')}`,
    );
  }
  const moves = await directoryMoves(admin, places);
  // Without an end of the line, as Kafka does it.
  if (moves.active.length === 0) world.write('None of the specified partition moves are active.');
  else await startDirectoryMoves(admin, moves.active, options.integer('timeout') ?? 0, world);
  if (!options.has('preserve-throttles')) await clearThrottles(admin, partitions, world);
}

function fileText(path: string, world: ToolWorld): string {
  try {
    return textOf(path, world);
  } catch {
    throw new Error(`Unable to read file ${path}`);
  }
}

function plural(items: readonly unknown[]): string {
  return items.length === 1 ? '' : 's';
}
