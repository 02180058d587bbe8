import { randomUuid } from '../../controller/random-id.ts';
import { consumerGroupHeartbeat } from '../../protocol/messages/068-consumer-group-heartbeat.ts';
import type { Timer } from '../../runtime/clock.ts';
import { asKafkaError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import { pause } from '../retry.ts';
import { ClassicMember } from './classic-member.ts';
import type { ConsumerSettings } from './consumer-options.ts';
import type { GroupMembership } from './group-offsets.ts';
import { GroupSession, type GroupSessionOwner } from './group-session.ts';
import type { GroupMember } from './member-step.ts';
import { ModernMember } from './modern-member.ts';
import type { Subscription } from './subscription.ts';

/** How often topics that are not there yet are looked for. */
const MISSING_TOPIC_MS = 1000;

type GroupConsumerSettings = ConsumerSettings & { readonly groupId: string };

/** A consumer's side of its group: chooses the protocol, keeps the subscription up with the cluster's topics. */
export class ConsumerGroup {
  readonly #cluster: Cluster;
  readonly #settings: GroupConsumerSettings;
  readonly #subscription: Subscription;
  readonly #owner: GroupSessionOwner;
  #session: GroupSession | undefined;
  #topics: readonly string[] = [];
  #isServerMatching = false;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(cluster: Cluster, settings: GroupConsumerSettings, subscription: Subscription, owner: GroupSessionOwner) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#subscription = subscription;
    this.#owner = owner;
  }

  get membership(): GroupMembership {
    const none = { groupId: this.#settings.groupId, memberId: '', generationId: -1, groupInstanceId: null };
    return this.#session?.membership ?? none;
  }

  /** Joins, or comes back after {@link leave}. Tries for as long as the brokers are away. */
  async join(): Promise<void> {
    while (this.#session === undefined && !this.#isClosed) {
      try {
        const member = await this.#member();
        this.#session = new GroupSession(this.#cluster, this.#settings, member, this.#owner);
        this.#watchTopics();
      } catch (thrown) {
        const error = asKafkaError(thrown, `group ${this.#settings.groupId}`);
        if (this.#isClosed) return;
        if (!error.retriable) {
          this.#owner.failed(error);
          return;
        }
        await pause(this.#cluster.runtime, this.#cluster.settings.retryBackoffMaxMs);
      }
    }
    if (!this.#isClosed) this.#session?.start();
  }

  async leave(): Promise<void> {
    await this.#session?.leave();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#session?.close();
  }

  async #member(): Promise<GroupMember> {
    const settings = this.#settings;
    const { groupId, groupInstanceId, rackId, maxPollIntervalMs: rebalanceTimeoutMs } = settings;
    const { retryBackoffMs } = this.#cluster.settings;
    const common = { groupId, groupInstanceId, rackId, rebalanceTimeoutMs, retryBackoffMs };
    const isModern = await this.#isModern();
    this.#isServerMatching = isModern && this.#subscription.pattern !== null;
    if (!this.#isServerMatching) await this.#findTopics();
    if (!isModern) return new ClassicMember({ ...common, ...settings }, this.#topics);
    const modern = {
      ...common,
      serverAssignor: settings.serverAssignor,
      memberId: randomUuid(this.#cluster.runtime.random),
      pattern: this.#subscription.pattern,
      topicName: (topicId: string) => {
        for (const topic of this.#cluster.view.topics.values()) if (topic.topicId === topicId) return topic.name;
        return undefined;
      },
      topicId: (name: string) => this.#cluster.view.topic(name)?.topicId,
    };
    return new ModernMember(modern, this.#topics);
  }

  async #isModern(): Promise<boolean> {
    const { groupProtocol, groupId } = this.#settings;
    if (groupProtocol !== 'auto') return groupProtocol === 'consumer';
    const coordinator = await this.#cluster.coordinator('group', groupId);
    const isOffered = (coordinator.abilities.features.get('group.version') ?? 0) >= 1;
    return isOffered && coordinator.versionOf(consumerGroupHeartbeat) !== undefined;
  }

  async #findTopics(): Promise<void> {
    this.#topics = await this.#subscription.topics(this.#cluster, this.#settings.allowAutoCreateTopics);
  }

  #watchTopics(): void {
    const isMissing = this.#topics.some((topic) => this.#cluster.view.topic(topic) === undefined);
    const delayMs = isMissing ? MISSING_TOPIC_MS : this.#cluster.settings.metadataMaxAgeMs;
    this.#timer = this.#cluster.runtime.timers.set(delayMs, () => void this.#lookAgain());
  }

  async #lookAgain(): Promise<void> {
    const before = this.#topics;
    try {
      if (!this.#isServerMatching) {
        await this.#findTopics();
        const watched = this.#session?.dividedTopics ?? [];
        if (watched.length > 0) await this.#cluster.refresh(watched);
      }
      const isSame = before.length === this.#topics.length && before.every((topic, at) => topic === this.#topics[at]);
      if (!isSame) this.#session?.resubscribe(this.#topics);
      else this.#session?.metadataChanged(this.#topics);
    } catch (error) {
      const facts = { err: asKafkaError(error, 'metadata'), group: this.#settings.groupId };
      this.#cluster.runtime.logger.debug('topics could not be looked up', facts);
    }
    if (!this.#isClosed) this.#watchTopics();
  }
}
