import type { TopicPartition } from '../../../client/consumer/topic-partition.ts';
import { javaList, parseInteger } from '../../tools/java-text.ts';

/** Stands for a directory that the broker chooses. */
const ANY_DIRECTORY = 'any';

/** A partition and the brokers that hold it, the preferred leader first. */
export interface AssignedPartition extends TopicPartition {
  readonly replicas: readonly number[];
}

/** One replica of a partition and the directory that it is to lie in. */
export interface ReplicaPlace extends TopicPartition {
  readonly brokerId: number;
  readonly directory: string;
}

export interface ReassignmentPlan {
  readonly partitions: readonly AssignedPartition[];
  /** Those whose directory was named. */
  readonly places: readonly ReplicaPlace[];
}

/** Reads what `--reassignment-json-file` holds. Throws with Kafka's words where it has some. */
export function reassignmentPlan(text: string): ReassignmentPlan {
  const file = objectIn(text);
  checkVersion(file);
  const partitions: AssignedPartition[] = [];
  const places: ReplicaPlace[] = [];
  for (const entry of listIn(file['partitions'])) {
    const topic = String(field(entry, 'topic'));
    const partition = Number(field(entry, 'partition'));
    const replicas = (field(entry, 'replicas') as readonly unknown[]).map(Number);
    const directories = ((entry['log_dirs'] ?? replicas.map(() => ANY_DIRECTORY)) as readonly unknown[]).map(String);
    if (replicas.length !== directories.length) {
      throw new Error(
        `Size of replicas list ${javaList(replicas)} is different from size of log dirs list ${javaList(directories)} for partition ${topic}-${partition}`,
      );
    }
    partitions.push({ topic, partition, replicas });
    for (const [index, directory] of directories.entries()) {
      const brokerId = replicas[index];
      if (directory !== ANY_DIRECTORY && brokerId !== undefined) places.push({ topic, partition, brokerId, directory });
    }
  }
  return { partitions, places };
}

/** Throws with Kafka's words for a plan that cannot be executed. */
export function checkExecutable({ partitions }: ReassignmentPlan): void {
  if (partitions.length === 0) throw new Error('Partition reassignment list cannot be empty');
  if (partitions.some(({ replicas }) => replicas.length === 0)) {
    throw new Error('Partition replica list cannot be empty');
  }
  const repeated = repeatedIn(partitions.map(partitionText));
  if (repeated.length > 0) {
    throw new Error(`Partition reassignment contains duplicate topic partitions: ${repeated.join(',')}`);
  }
  const doubled = partitions
    .map((partition) => ({ partition, brokers: repeatedIn(partition.replicas) }))
    .filter(({ brokers }) => brokers.length > 0)
    .map(({ partition, brokers }) => `${partitionText(partition)} contains multiple entries for ${brokers.join(',')}`);
  if (doubled.length > 0) {
    throw new Error(`Partition replica lists may not contain duplicate entries: ${doubled.join('. ')}`);
  }
}

/** Topics of `--topics-to-move-json-file`. Throws with Kafka's words. */
export function topicsToMove(text: string): string[] {
  const file = objectIn(text, 'The input string is not a valid JSON');
  checkVersion(file);
  const topics = listIn(file['topics']).map((entry) => String(field(entry, 'topic')));
  const repeated = repeatedIn(topics);
  if (repeated.length > 0) {
    throw new Error(`List of topics to reassign contains duplicate entries: ${javaList(repeated)}`);
  }
  return topics;
}

/** Broker ids with commas between. Throws with Kafka's words. */
export function brokerList(text: string): number[] {
  const ids = text.split(',').map(parseInteger);
  const repeated = repeatedIn(ids);
  if (repeated.length > 0) throw new Error(`Broker list contains duplicate entries: ${javaList(repeated)}`);
  return ids;
}

/** Partitions in the form of `--reassignment-json-file`, by name; directories are `any` unless known. */
export function reassignmentText(
  partitions: readonly AssignedPartition[],
  directoryOf: (place: TopicPartition, brokerId: number) => string | undefined = () => undefined,
): string {
  const inOrder = partitions.toSorted(byPartition).map(({ topic, partition, replicas }) => ({
    topic,
    partition,
    replicas,
    log_dirs: replicas.map((id) => directoryOf({ topic, partition }, id) ?? ANY_DIRECTORY),
  }));
  return JSON.stringify({ version: 1, partitions: inOrder });
}

export function partitionText({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

export function byPartition(a: TopicPartition, b: TopicPartition): number {
  if (a.topic === b.topic) return a.partition - b.partition;
  return a.topic < b.topic ? -1 : 1;
}

type Entry = Readonly<Record<string, unknown>>;

function objectIn(text: string, complaint?: string): Entry {
  let fault = 'an object is needed';
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed as Entry;
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error);
  }
  throw new Error(complaint ?? `The file is not valid JSON: ${fault}`);
}

function checkVersion({ version = 1 }: Entry): void {
  if (version !== 1) throw new Error(`Not supported version field value ${String(version)}`);
}

function listIn(value: unknown): readonly Entry[] {
  return Array.isArray(value) ? (value as readonly Entry[]) : [];
}

function field(entry: Entry, name: string): unknown {
  const value = entry[name];
  if (value === undefined) throw new Error(`No such field exists: \`${name}\``);
  return value;
}

function repeatedIn<T>(items: readonly T[]): T[] {
  return [...new Set(items.filter((item, index) => items.indexOf(item) !== index))];
}
