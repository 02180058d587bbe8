import type { Admin } from '../../../client/admin/admin.ts';
import { KafkaError } from '../../../client/client-error.ts';
import type { TopicPartition } from '../../../client/consumer/topic-partition.ts';
import { pause } from '../../../client/retry.ts';
import { javaError } from '../../tools/java-error.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { byPartition, type ReplicaPlace } from './reassign-file.ts';

const RETRY_MS = 100;

/** Where a replica lies, and where it is being moved to. */
interface ReplicaDirectories {
  readonly current: string | undefined;
  readonly future: string | undefined;
}

/** Directories of replicas by {@link replicaText}; of brokers that cannot be asked nothing is known. */
export async function replicaDirectories(
  admin: Admin,
  brokerIds: Iterable<number>,
): Promise<ReadonlyMap<string, ReplicaDirectories>> {
  const found = new Map<string, ReplicaDirectories>();
  const wanted = [...new Set(brokerIds)];
  if (wanted.length === 0) return found;
  for (const [brokerId, directories] of await admin.describeLogDirs(wanted)) {
    for (const [path, directory] of directories instanceof KafkaError ? [] : directories) {
      for (const { topic, partition, isFuture } of directory instanceof KafkaError ? [] : directory.replicas) {
        const key = replicaText({ topic, partition }, brokerId);
        const known = found.get(key) ?? { current: undefined, future: undefined };
        found.set(key, isFuture ? { ...known, future: path } : { ...known, current: path });
      }
    }
  }
  return found;
}

/** As Java writes a replica: topic, partition and broker. */
export function replicaText({ topic, partition }: TopicPartition, brokerId: number): string {
  return `${topic}-${partition}-${brokerId}`;
}

function byBroker(a: ReplicaPlace, b: ReplicaPlace): number {
  return a.brokerId - b.brokerId || byPartition(a, b);
}

/** How far moves between directories are, as lines; and whether any is under way. */
export async function directoryMoves(
  admin: Admin,
  places: readonly ReplicaPlace[],
): Promise<{ readonly text: string; readonly active: readonly ReplicaPlace[]; readonly areDone: boolean }> {
  const known = await replicaDirectories(
    admin,
    places.map(({ brokerId }) => brokerId),
  );
  const lines: string[] = [];
  const active: ReplicaPlace[] = [];
  for (const place of places.toSorted(byBroker)) {
    const directories = known.get(replicaText(place, place.brokerId));
    lines.push(stateText(place, directories));
    if (directories?.future !== undefined && directories.current !== undefined) {
      active.push({ ...place, directory: directories.current });
    }
  }
  return { text: lines.join('\n'), active, areDone: active.length === 0 };
}

function stateText(place: ReplicaPlace, directories: ReplicaDirectories | undefined): string {
  const { topic, partition, brokerId, directory } = place;
  const name = `Partition ${topic}-${partition}`;
  if (directories === undefined) return `${name} cannot be found in any live log directory on broker ${brokerId}.`;
  const { current, future } = directories;
  if (current === undefined) {
    return `${name} is not found in any live log dir on broker ${brokerId}. There is likely an offline log directory on the broker.`;
  }
  const replica = `Reassignment of replica ${replicaText(place, brokerId)}`;
  if (future === directory) return `${replica} is still in progress.`;
  if (future !== undefined) {
    return `${name} on broker ${brokerId} is being moved to log dir ${future} instead of ${directory}.`;
  }
  if (current === directory) return `${replica} completed successfully.`;
  return `${name} on broker ${brokerId} is not being moved from log dir ${current} to ${directory}.`;
}

/** Starts moves between directories; those of replicas that are still on their way to a broker are tried until time is up. */
export async function startDirectoryMoves(
  admin: Admin,
  places: readonly ReplicaPlace[],
  timeoutMs: number,
  world: ToolWorld,
): Promise<void> {
  const { clock } = world.runtime;
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  let open = places.toSorted(byBroker);
  for (;;) {
    const started = new Set<ReplicaPlace>();
    for (const brokerId of new Set(open.map((place) => place.brokerId))) {
      const moves = open.filter((place) => place.brokerId === brokerId);
      const wanted = moves.map(({ topic, partition, directory }) => ({ topic, partition, logDir: directory }));
      const outcomes = await admin.alterReplicaLogDirs(brokerId, wanted);
      for (const move of moves) {
        const outcome = outcomes.get(move.topic)?.get(move.partition);
        if (outcome === undefined) started.add(move);
        else if (outcome.code !== 'REPLICA_NOT_AVAILABLE') {
          throw new Error(`Failed to alter dir for ${replicaText(move, brokerId)}`, { cause: javaError(outcome) });
        }
      }
    }
    for (const { directory, topic, partition, brokerId } of [...started].toSorted(byBroker)) {
      world.out(
        `Successfully started moving log directory to ${directory} for replica ${topic}-${partition} with broker ${brokerId} `,
      );
    }
    open = open.filter((place) => !started.has(place));
    if (open.length === 0) return;
    if (clock.monotonicMs() >= deadlineMs) {
      const names = open.map((place) => replicaText(place, place.brokerId)).join(',');
      throw new Error(
        `Timed out before log directory move${open.length === 1 ? '' : 's'} could be started for: ${names}`,
      );
    }
    await pause(world.runtime, RETRY_MS);
  }
}
