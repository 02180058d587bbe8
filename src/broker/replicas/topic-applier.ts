import { ZERO_UUID } from '../../base/uuid.ts';
import type { BrokerConfig } from '../../config/broker-config.ts';
import { withoutEffect } from '../../config/load.ts';
import type { PartitionLog } from '../../log/partition-log.ts';
import { isInternalTopic } from '../../controller/internal-topics.ts';
import { LogDirectoryUnusable, type LogDirectories } from '../../log/directories/log-directories.ts';
import type { ClusterImage, PartitionImage, TopicImage } from '../../metadata/cluster-image.ts';
import type { ImageDelta } from '../../metadata/image-delta.ts';
import { NO_LEADER } from '../../metadata/partition-transition.ts';
import type { Clock, Timer, Timers } from '../../runtime/clock.ts';
import { DiskError } from '../../runtime/disk.ts';
import type { Logger } from '../../runtime/logger.ts';
import { logSettings } from './log-settings.ts';
import type { Partition } from './partition.ts';
import type { Partitions } from './partitions.ts';
import type { ReplicaRoles } from './replica-roles.ts';
import type { Turn } from '../turn.ts';

/** Logs made in one go in the background, and how long that may take: a disk at work needs milliseconds for each. */
const OPENED_AT_ONCE = 8;
const OPENING_MS = 1;
/** Where there are more, the others are made so long after: the answer about a thousand new topics takes its time to go out. */
const OPENED_AFTER_MS = 100;

export interface TopicApplierParts {
  readonly brokerId: number;
  readonly config: BrokerConfig;
  readonly partitions: Partitions;
  readonly logDirectories: LogDirectories;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly turn: Turn;
  readonly roles: ReplicaRoles;
  /** A replica's files are about to go. */
  onReleased(topic: string, index: number): void;
  onTopicDeleted(topic: TopicImage): void;
}

/** Brings what this broker holds in line with the cluster's metadata: logs, leadership, settings. */
export class TopicApplier {
  readonly #parts: TopicApplierParts;
  #image: ClusterImage;
  /** Logs are to be made in the background. */
  #isOpening = false;
  #timer: Timer | undefined;
  #isStopped = false;
  /** Whether this broker was let in since it started. Before, a record that names it as leader is about its former life. */
  #mayLead: boolean;

  constructor(image: ClusterImage, parts: TopicApplierParts) {
    this.#image = image;
    this.#parts = parts;
    this.#mayLead = isUnfenced(image, parts.brokerId);
    parts.config.subscribe((changed) => {
      const settings = withoutEffect(changed);
      if (settings.length > 0) parts.logger.warn('settings that are accepted but have no effect', { settings });
      this.#refreshLogSettings();
    });
  }

  /** At start: opens or makes the log of each partition assigned here; logs of topics that are gone are removed. */
  applyAll(): void {
    const { logDirectories } = this.#parts;
    for (const log of Array.from(logDirectories.all())) {
      if (log.isOffline) continue;
      const topic = this.#image.topics.get(log.topic);
      if (topic !== undefined && log.topicId === ZERO_UUID) logDirectories.adoptTopicId(log, topic.id);
      else if (topic?.id !== log.topicId) this.#setAside(log);
    }
    this.#applyBrokerSettings();
    for (const topic of this.#image.topics.values()) this.#takeUp(topic);
  }

  apply(image: ClusterImage, delta: ImageDelta): void {
    this.#image = image;
    for (const topic of delta.topicsDeleted) this.#delete(topic);
    for (const topic of delta.topicsCreated) this.#announce(topic);
    if (!this.#mayLead && isUnfenced(image, this.#parts.brokerId)) {
      this.#mayLead = true;
      for (const topic of image.topics.values()) this.#takeUp(topic);
    } else {
      for (const { before, after } of delta.topicsChanged) this.#takeUp(after, before);
    }
    for (const { type, name } of delta.configsChanged) {
      if (type === 'topic') this.#configure(name);
      if (type === 'broker') this.#applyBrokerSettings();
    }
  }

  /** A log whose topic was deleted while this broker was down goes; one that nobody knows is kept aside. */
  #setAside(log: PartitionLog): void {
    const { logDirectories, logger, clock } = this.#parts;
    const facts = { topic: log.topic, partition: log.partition, topicId: log.topicId };
    if (this.#image.deletedTopics.has(log.topicId)) {
      logDirectories.delete(log.topic, log.partition, clock.nowMs());
    } else {
      logger.warn('a log belongs to no topic of this cluster and is put aside', facts);
      logDirectories.setAside(log);
    }
  }

  /**
   * A new topic is there once the metadata says so; its logs are made when they are first asked for, or soon in the
   * background, so that whoever creates a thousand topics does not wait for the files. Coordinators start at once.
   */
  #announce(topic: TopicImage): void {
    if (isInternalTopic(topic.name)) {
      this.#takeUp(topic);
      return;
    }
    const { brokerId, partitions } = this.#parts;
    topic.partitions.forEach((assigned, index) => {
      if (!assigned.replicas.includes(brokerId)) return;
      partitions.addUnopened(topic.name, index, () => {
        const current = this.#image.partition(topic.name, index) ?? assigned;
        this.#open(topic, index, current);
      });
    });
    if (this.#isOpening) return;
    this.#isOpening = true;
    this.#parts.timers.soon(() => this.#openSome(OPENED_AFTER_MS));
  }

  /** Opens a few, and the next ones after a pause. */
  #openSome(pauseMs: number): void {
    const { turn, partitions, timers, clock } = this.#parts;
    const endMs = clock.monotonicMs() + OPENING_MS;
    const goesOn = (opened: number): boolean => opened < OPENED_AT_ONCE && clock.monotonicMs() < endMs;
    turn.run(() => {
      if (this.#isStopped) return;
      this.#isOpening = partitions.openSome(goesOn);
      if (!this.#isOpening) return;
      if (pauseMs > 0) this.#timer = timers.set(pauseMs, () => this.#openSome(0));
      else timers.soon(() => this.#openSome(0));
    });
  }

  /** No further logs are made: the broker is closing. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** With `before`, which was taken up: what differs from it. */
  #takeUp(topic: TopicImage, before?: TopicImage): void {
    const { brokerId, partitions, roles } = this.#parts;
    topic.partitions.forEach((assigned, index) => {
      if (before?.partitions[index] === assigned) return;
      if (!assigned.replicas.includes(brokerId)) {
        this.#giveUp(topic.name, index);
        return;
      }
      const held = partitions.get(topic.name, index);
      if (held === undefined) {
        this.#open(topic, index, assigned);
        return;
      }
      held.changeLeadership(this.#valid(assigned));
      roles.assign(held);
    });
  }

  /** The record as far as it holds for this life of the broker. */
  #valid(assigned: PartitionImage): PartitionImage {
    return this.#mayLead || assigned.leader !== this.#parts.brokerId ? assigned : { ...assigned, leader: NO_LEADER };
  }

  /** The partition was reassigned: its replica here is no longer one (StopReplica with deletion). */
  #giveUp(topic: string, index: number): void {
    const { partitions, logDirectories } = this.#parts;
    const held = partitions.ofTopic(topic)[index];
    partitions.removeReplica(topic, index);
    if (held !== undefined) this.#parts.roles.release(held);
    if (logDirectories.get(topic, index) !== undefined) this.#removeLog(topic, index);
  }

  #open(topic: TopicImage, index: number, assigned: PartitionImage): void {
    const { logDirectories, partitions, config, logger } = this.#parts;
    const settings = logSettings(topic.name, this.#image.config({ type: 'topic', name: topic.name }), config);
    try {
      const log =
        logDirectories.get(topic.name, index) ??
        logDirectories.create({ topic: topic.name, partition: index, topicId: topic.id, config: settings });
      log.setConfig(settings);
      this.#parts.roles.assign(partitions.add(log, this.#valid(assigned)));
    } catch (error) {
      const facts = { topic: topic.name, partition: index, ...cause(error) };
      logger.error('partition is offline: its log cannot be opened', facts);
    }
  }

  #delete(topic: TopicImage): void {
    const { partitions, logDirectories, roles } = this.#parts;
    const held = partitions.ofTopic(topic.name).filter((partition): partition is Partition => partition !== undefined);
    partitions.remove(topic.name);
    for (const partition of held) roles.release(partition);
    topic.partitions.forEach((_, index) => {
      if (logDirectories.get(topic.name, index) !== undefined) this.#removeLog(topic.name, index);
    });
    this.#parts.onTopicDeleted(topic);
  }

  #removeLog(topic: string, index: number): void {
    const { logDirectories, logger, clock } = this.#parts;
    this.#parts.onReleased(topic, index);
    try {
      logDirectories.delete(topic, index, clock.nowMs());
    } catch (error) {
      const facts = { topic, partition: index, ...cause(error) };
      logger.error('a log that is no longer wanted cannot be removed', facts);
    }
  }

  #configure(topic: string): void {
    const settings = logSettings(topic, this.#image.config({ type: 'topic', name: topic }), this.#parts.config);
    for (const partition of this.#parts.partitions.ofTopic(topic)) partition?.log.setConfig(settings);
  }

  #refreshLogSettings(): void {
    for (const topic of this.#image.topics.keys()) this.#configure(topic);
  }

  #applyBrokerSettings(): void {
    const { config, brokerId } = this.#parts;
    config.setDynamic({
      broker: this.#image.config({ type: 'broker', name: String(brokerId) }),
      clusterDefault: this.#image.config({ type: 'broker', name: '' }),
    });
  }
}

function isUnfenced(image: ClusterImage, brokerId: number): boolean {
  return image.brokers.get(brokerId)?.fenced === false;
}

/** What the disk does is said in a sentence; only a fault of the program is worth its stack. */
function cause(error: unknown): Record<string, unknown> {
  const isKnown = error instanceof DiskError || error instanceof LogDirectoryUnusable;
  return isKnown ? { reason: error.message } : { error };
}
