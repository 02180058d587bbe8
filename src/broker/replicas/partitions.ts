import type { PartitionImage } from '../../metadata/cluster-image.ts';
import type { PartitionLog } from '../../log/partition-log.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { Partition } from './partition.ts';
import type { ReplicaServices } from './replica-services.ts';

/** The partitions that this broker holds, by topic and index. */
export class Partitions {
  readonly #services: ReplicaServices;
  readonly #topics = new Map<string, (Partition | undefined)[]>();
  /** Assigned partitions whose logs are not open yet: opened by whoever asks first, or in the background. */
  readonly #unopened = new Map<string, Map<number, () => void>>();

  constructor(services: ReplicaServices) {
    this.#services = services;
  }

  get(topic: string, index: number): Partition | undefined {
    const partition = this.#topics.get(topic)?.[index];
    if (partition !== undefined || this.#unopened.size === 0) return partition;
    const open = this.#unopened.get(topic)?.get(index);
    if (open === undefined) return undefined;
    this.#opened(topic, index);
    open();
    return this.#topics.get(topic)?.[index];
  }

  /** Notes a partition that `open` will {@link add} when it is first asked for, or when its turn comes. */
  addUnopened(topic: string, index: number, open: () => void): void {
    const ofTopic = this.#unopened.get(topic) ?? new Map<number, () => void>();
    ofTopic.set(index, open);
    this.#unopened.set(topic, ofTopic);
  }

  /** Opens partitions noted while `goesOn`, one at least; false when none is left. */
  openSome(goesOn: (opened: number) => boolean): boolean {
    let opened = 0;
    for (const [topic, ofTopic] of this.#unopened) {
      for (const index of ofTopic.keys()) {
        if (opened > 0 && !goesOn(opened)) return true;
        this.get(topic, index);
        opened++;
      }
    }
    return false;
  }

  /** Opens all partitions noted: for who asks what there is on disk. */
  openAll(): void {
    this.openSome(() => true);
  }

  /** Of one topic, by index; holes where another broker holds the partition. */
  ofTopic(topic: string): readonly (Partition | undefined)[] {
    return this.#topics.get(topic) ?? [];
  }

  /** Whether this broker holds a replica that it cannot serve; one that is not open yet is none. */
  isOffline(topic: string, index: number): boolean {
    return this.#topics.get(topic)?.[index]?.log.isOffline === true;
  }

  *all(): Generator<Partition> {
    for (const partitions of this.#topics.values()) {
      for (const partition of partitions) if (partition !== undefined) yield partition;
    }
  }

  /** Takes up a partition whose log is open. */
  add(log: PartitionLog, leadership: PartitionImage): Partition {
    const { topic, partition: index, topicId } = log;
    const partition = new Partition({ log, topic, topicId, index, leadership, services: this.#services });
    let partitions = this.#topics.get(topic);
    if (partitions === undefined) {
      partitions = [];
      this.#topics.set(topic, partitions);
    }
    partitions[index] = partition;
    partition.start();
    return partition;
  }

  /** Forgets a topic; whoever waits on it hears `error`. */
  remove(topic: string, error: ErrorSpec = E.UNKNOWN_TOPIC_OR_PARTITION): void {
    const partitions = this.#topics.get(topic) ?? [];
    this.#topics.delete(topic);
    this.#unopened.delete(topic);
    for (const partition of partitions) partition?.retire(error);
  }

  /** Forgets one replica, which is elsewhere now; whoever waits on it is sent to the leader. */
  removeReplica(topic: string, index: number): void {
    const partitions = this.#topics.get(topic);
    const partition = partitions?.[index];
    if (this.#unopened.get(topic)?.has(index) === true) this.#opened(topic, index);
    if (partitions === undefined || partition === undefined) return;
    partitions[index] = undefined;
    if (partitions.every((each) => each === undefined)) this.#topics.delete(topic);
    partition.retire(E.NOT_LEADER_OR_FOLLOWER);
  }

  #opened(topic: string, index: number): void {
    const ofTopic = this.#unopened.get(topic)!;
    ofTopic.delete(index);
    if (ofTopic.size === 0) this.#unopened.delete(topic);
  }
}
