import type { Admin } from '../../../client/admin/admin.ts';
import { valuesOf } from '../../../client/admin/results.ts';
import type { ClusterLayout, PlannedMove } from '../../../controller/rebalance-plan.ts';

/** What lies where, and where moves under way are going; brokers in `emptied` are to lose what they have. */
export async function readLayout(admin: Admin, emptied: ReadonlySet<number>): Promise<ClusterLayout> {
  const { brokers } = await admin.describeCluster({ includeFencedBrokers: true });
  const names = [...(await admin.listTopics({ includeInternal: true })).keys()];
  const topics = names.length === 0 ? [] : [...valuesOf(await admin.describeTopics(names)).values()];
  const ongoing = await admin.listReassignments();
  return {
    brokers: brokers.map(({ nodeId, rack, isFenced }) => ({
      id: nodeId,
      rack,
      use: emptied.has(nodeId) ? 'emptied' : isFenced ? 'kept' : 'balanced',
    })),
    partitions: topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partition, replicas }) => {
        const removing = ongoing.get(name)?.get(partition)?.removing ?? [];
        return { topic: name, partition, replicas: replicas.filter((id) => !removing.includes(id)) };
      }),
    ),
  };
}

/** What one broker has before and after a plan. */
export interface BrokerLoad {
  readonly broker: number;
  readonly rack: string | null;
  readonly replicas: { readonly before: number; readonly after: number };
  /** Partitions whose first replica it has. */
  readonly leaders: { readonly before: number; readonly after: number };
}

/** The brokers' loads by id. */
export function loadsOf({ brokers, partitions }: ClusterLayout, moves: readonly PlannedMove[]): BrokerLoad[] {
  const planned = new Map(moves.map((move) => [`${move.topic}-${move.partition}`, move.to]));
  const before = partitions.map(({ replicas }) => replicas);
  const after = partitions.map(({ topic, partition, replicas }) => planned.get(`${topic}-${partition}`) ?? replicas);
  return brokers
    .toSorted((left, right) => left.id - right.id)
    .map(({ id, rack }) => ({
      broker: id,
      rack,
      replicas: { before: held(before, id), after: held(after, id) },
      leaders: { before: led(before, id), after: led(after, id) },
    }));
}

function held(lists: readonly (readonly number[])[], id: number): number {
  return lists.reduce((sum, list) => sum + (list.includes(id) ? 1 : 0), 0);
}

function led(lists: readonly (readonly number[])[], id: number): number {
  return lists.reduce((sum, [first]) => sum + (first === id ? 1 : 0), 0);
}
