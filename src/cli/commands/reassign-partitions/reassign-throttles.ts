import type { Admin } from '../../../client/admin/admin.ts';
import type { ConfigAlteration } from '../../../client/admin/configs.ts';
import type { OngoingReassignment } from '../../../client/admin/reassignments.ts';
import { valuesOf } from '../../../client/admin/results.ts';
import { hashOrder, stringHash } from '../../tools/java-text.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import type { AssignedPartition } from './reassign-file.ts';

const LEADER_RATE = 'leader.replication.throttled.rate';
const FOLLOWER_RATE = 'follower.replication.throttled.rate';
const DIRECTORY_RATE = 'replica.alter.log.dirs.io.max.bytes.per.second';
const LEADER_REPLICAS = 'leader.replication.throttled.replicas';
const FOLLOWER_REPLICAS = 'follower.replication.throttled.replicas';

/** Moves under way, by topic and partition. */
export type Ongoing = ReadonlyMap<string, ReadonlyMap<number, OngoingReassignment>>;

/** From which brokers to which a partition moves. */
interface Move {
  readonly sources: readonly number[];
  readonly destinations: readonly number[];
}

/** The moves that are under way together with those that are proposed, by topic and partition. */
export function movesOf(
  ongoing: Ongoing,
  proposed: readonly AssignedPartition[],
  current: readonly AssignedPartition[],
): Map<string, Map<number, Move>> {
  const moves = new Map<string, Map<number, Move>>();
  for (const [topic, partitions] of ongoing) {
    for (const [partition, { replicas, adding }] of partitions) {
      const sources = replicas.filter((id) => !adding.includes(id));
      moves.set(topic, (moves.get(topic) ?? new Map<number, Move>()).set(partition, { sources, destinations: adding }));
    }
  }
  for (const { topic, partition, replicas } of proposed) {
    const held = current.find((each) => each.topic === topic && each.partition === partition)?.replicas ?? [];
    const sources = moves.get(topic)?.get(partition)?.sources ?? held;
    const destinations = replicas.filter((id) => !sources.includes(id));
    moves.set(topic, (moves.get(topic) ?? new Map<number, Move>()).set(partition, { sources, destinations }));
  }
  return moves;
}

/** Replicas as the settings of topics name them: `partition:broker`, sorted as text. */
export function throttledReplicas(moves: ReadonlyMap<number, Move>, side: keyof Move): string {
  return [...moves]
    .flatMap(([partition, move]) => move[side].map((id) => `${partition}:${id}`))
    .toSorted()
    .join(',');
}

/** Throttles moves between brokers. */
export async function throttleMoves(
  admin: Admin,
  moves: ReadonlyMap<string, ReadonlyMap<number, Move>>,
  bytesPerSecond: number,
  world: ToolWorld,
): Promise<void> {
  const topics = [...moves].map(([name, some]): ConfigAlteration => {
    const leaders = { name: LEADER_REPLICAS, operation: 'set', value: throttledReplicas(some, 'sources') } as const;
    const followers = {
      name: FOLLOWER_REPLICAS,
      operation: 'set',
      value: throttledReplicas(some, 'destinations'),
    } as const;
    return { type: 'topic', name, changes: [leaders, followers] };
  });
  valuesOf(await admin.alterConfigs(topics));
  const brokers = new Set(
    [...moves.values()].flatMap((some) =>
      [...some.values()].flatMap((move) => [...move.sources, ...move.destinations]),
    ),
  );
  await setRates(admin, brokers, [LEADER_RATE, FOLLOWER_RATE], bytesPerSecond);
  world.out(`The inter-broker throttle limit was set to ${bytesPerSecond} B/s`);
}

/** Throttles moves between directories of these brokers. */
export async function throttleDirectoryMoves(
  admin: Admin,
  brokers: ReadonlySet<number>,
  bytesPerSecond: number,
  world: ToolWorld,
): Promise<void> {
  await setRates(admin, brokers, [DIRECTORY_RATE], bytesPerSecond);
  world.out(`The replica-alter-dir throttle limit was set to ${bytesPerSecond} B/s`);
}

async function setRates(
  admin: Admin,
  brokers: ReadonlySet<number>,
  names: readonly string[],
  bytesPerSecond: number,
): Promise<void> {
  const value = String(bytesPerSecond);
  const changes = names.map((name) => ({ name, operation: 'set' as const, value }));
  valuesOf(await admin.alterConfigs([...brokers].map((id) => ({ type: 'broker', name: String(id), changes }))));
}

/** Takes all throttles away: which brokers an earlier move involved is not known any more. */
export async function clearThrottles(
  admin: Admin,
  partitions: readonly AssignedPartition[],
  world: ToolWorld,
): Promise<void> {
  const live = (await admin.describeCluster()).brokers.map(({ nodeId }) => nodeId);
  const brokers = hashOrder([...new Set([...live, ...partitions.flatMap(({ replicas }) => replicas)])], (id) => id);
  world.out(`Clearing broker-level throttles on broker${plural(brokers)} ${brokers.join(',')}`);
  await clear(admin, 'broker', brokers.map(String), [LEADER_RATE, FOLLOWER_RATE, DIRECTORY_RATE]);
  const topics = hashOrder([...new Set(partitions.map(({ topic }) => topic))], stringHash);
  world.out(`Clearing topic-level throttles on topic${plural(topics)} ${topics.join(',')}`);
  await clear(admin, 'topic', topics, [LEADER_REPLICAS, FOLLOWER_REPLICAS]);
}

async function clear(
  admin: Admin,
  type: 'broker' | 'topic',
  names: readonly string[],
  settings: readonly string[],
): Promise<void> {
  const changes = settings.map((name) => ({ name, operation: 'delete' as const }));
  valuesOf(await admin.alterConfigs(names.map((name) => ({ type, name, changes }))));
}

function plural(items: readonly unknown[]): string {
  return items.length === 1 ? '' : 's';
}
