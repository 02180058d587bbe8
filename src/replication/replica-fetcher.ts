import { Malformed } from '../base/malformed.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { E, errorOf } from '../protocol/errors.ts';
import { fetch } from '../protocol/messages/001-fetch.ts';
import type { ReadMessage } from '../protocol/schema.ts';
import type { Clock, Timer, Timers } from '../runtime/clock.ts';
import { DiskError } from '../runtime/disk.ts';
import type { Logger } from '../runtime/logger.ts';
import { PeerFailure } from '../wire/peer-connection.ts';
import type { Peers } from '../wire/peers.ts';
import { isInSync, isSettled, readiness, replicaKey, type Followed } from './followed.ts';
import { forgottenTopics, wantedOf, type FetchPartition, type FetchTopic } from './fetch-topics.ts';
import { findPlace, type Place } from './find-place.ts';
import type { ReplicationQuota } from './replication-quota.ts';
import { truncationPoint, type FollowerReplica } from './follower-replica.ts';

const FETCH_VERSION = 18;
/** The fetch that the leader keeps, and the one that hurries it. */
const IN_FLIGHT_MAX = 2;
const SESSION_EPOCH_MAX = 0x7fff_ffff;
/** First wait after a failure; it doubles up to `replica.fetch.backoff.ms`. */
const BACKOFF_FIRST_MS = 20;
/** How much longer than its own wait a fetch may take before the leader counts as gone. */
const GRACE_MS = 5_000;
/** Until a replica that is held back is looked at again. */
const HELD_MS = 100;

type Answer = ReadMessage<typeof fetch.response>;
type PartitionAnswer = Answer['responses'][number]['partitions'][number];

export interface ReplicaFetcherParts {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly peers: Peers;
  readonly brokerId: number;
  readonly brokerEpoch: () => number;
  /** What throttled replicas of this broker may fetch. */
  readonly quota: ReplicationQuota;
  /** Runs work as a turn: what is appended in it is written at its end. */
  readonly turn: (work: () => void) => void;
  /** Calls back once what was appended in this turn is written. */
  readonly whenWritten: (done: () => void) => void;
}

/**
 * Follows one leader: one fetch after the other for all replicas that this broker has of it, in a fetch session, so that
 * idle partitions cost nothing (KIP-227). What comes is appended, and only after it is written does the next fetch say so:
 * the offset that a follower asks for is its acknowledgement. Where the logs part, the follower's is cut (KIP-101, 279, 595).
 * While the leader has nothing to answer it keeps a fetch for a while; news, like a further replica to follow, are sent
 * behind it, and hurry it.
 */
export class ReplicaFetcher {
  readonly leaderId: number;
  readonly #parts: ReplicaFetcherParts;
  readonly #followed = new Map<string, Followed>();
  /** Those of which the session has to be told, or may not be told yet: all but the ones that are idle in it. */
  readonly #news = new Set<Followed>();
  /** Replicas that the session has and that are followed no longer. */
  readonly #forgotten = new Map<string, { readonly topicId: string; readonly index: number }>();
  #sessionId = 0;
  #sessionEpoch = 0;
  /** Sessions begun so far: answers that belong to an earlier one are void. */
  #sessions = 0;
  #inFlight = 0;
  #requests = 0;
  /** The leader has no room for a session. */
  #isSessionless = false;
  #failures = 0;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(leaderId: number, parts: ReplicaFetcherParts) {
    this.leaderId = leaderId;
    this.#parts = parts;
  }

  get size(): number {
    return this.#followed.size;
  }

  /** Begins, or begins anew under a new leader epoch, to follow with a replica. */
  add(replica: FollowerReplica): void {
    const key = replicaKey(replica);
    const before = this.#followed.get(key);
    if (before !== undefined) this.#news.delete(before);
    // A session that is told both forgets.
    this.#forgotten.delete(key);
    const followed: Followed = {
      replica,
      askedEpoch: -1,
      askedIn: 0,
      askedLogStart: -1,
      isInSession: before?.isInSession ?? false,
      isDirty: true,
      delayedUntilMs: 0,
      failures: 0,
      expectedEnd: 0,
      leaderHighWatermark: -1,
    };
    this.#followed.set(key, followed);
    this.#news.add(followed);
    this.#fetchSoon();
  }

  remove({ topicId, index }: { readonly topicId: string; readonly index: number }): void {
    const key = replicaKey({ topicId, index });
    const followed = this.#followed.get(key);
    if (followed === undefined) return;
    this.#followed.delete(key);
    this.#news.delete(followed);
    if (followed.isInSession) this.#forgotten.set(key, { topicId, index });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#followed.clear();
    this.#news.clear();
  }

  #fetchSoon(): void {
    if (this.#isStopped || this.#timer !== undefined) return;
    this.#wait(0);
  }

  #wait(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.timers.set(delayMs, () => {
      this.#timer = undefined;
      this.#fetch();
    });
  }

  #fetch(): void {
    if (this.#isStopped || this.#inFlight >= IN_FLIGHT_MAX) return;
    // Without a session there is nothing that a second fetch could add to.
    const isFirst = this.#sessionId === 0;
    if (isFirst && this.#inFlight > 0) return;
    const nowMs = this.#parts.clock.monotonicMs();
    this.#holdBack(nowMs);
    const { isAnyReady, nextDelayedMs } = readiness(this.#followed.size, this.#news, nowMs);
    if (!isAnyReady) {
      if (nextDelayedMs < Number.POSITIVE_INFINITY) this.#wait(nextDelayedMs - nowMs);
      return;
    }
    const topics = this.#wanted(nowMs);
    if (this.#inFlight > 0 && topics.length === 0 && this.#forgotten.size === 0) return;
    // A replica that may be tried again soon must not wait for the whole of an idle fetch, nor all for a new session.
    const idleMs = isFirst && !this.#isSessionless ? 0 : this.#parts.config.get('replica.fetch.wait.max.ms');
    this.#send(topics, Math.floor(Math.min(idleMs, nextDelayedMs - nowMs)));
  }

  /** Throttled replicas that are behind fetch nothing while the quota is used up (ReplicaFetcherThread.shouldFollowerThrottle). */
  #holdBack(nowMs: number): void {
    const { quota } = this.#parts;
    if (!quota.isExceeded(nowMs)) return;
    for (const followed of this.#followed.values()) {
      const { replica, delayedUntilMs } = followed;
      if (isInSync(followed) || delayedUntilMs > nowMs || !quota.isThrottled(replica.topic, replica.index)) continue;
      followed.delayedUntilMs = nowMs + HELD_MS;
      this.#news.add(followed);
    }
  }

  #send(topics: FetchTopic[], maxWaitMs: number): void {
    const { config, peers, brokerId, brokerEpoch } = this.#parts;
    const forgotten = Array.from(this.#forgotten.values());
    this.#forgotten.clear();
    const body = {
      replicaState: { replicaId: brokerId, replicaEpoch: brokerEpoch() },
      maxWaitMs,
      minBytes: config.get('replica.fetch.min.bytes'),
      maxBytes: config.get('replica.fetch.response.max.bytes'),
      sessionId: this.#sessionId,
      sessionEpoch: this.#sessionEpoch,
      topics,
      forgottenTopicsData: this.#sessionId === 0 ? [] : forgottenTopics(forgotten),
    };
    if (this.#sessionId === 0) this.#sessions++;
    else this.#sessionEpoch = this.#sessionEpoch === SESSION_EPOCH_MAX ? 1 : this.#sessionEpoch + 1;
    const session = this.#sessions;
    const request = ++this.#requests;
    this.#inFlight++;
    peers.send(
      this.leaderId,
      'replication',
      { api: fetch, version: FETCH_VERSION, body, timeoutMs: maxWaitMs + GRACE_MS },
      (answer) => this.#parts.turn(() => this.#answered(answer, session, request)),
    );
  }

  /** What the session has to be told; with no session, everything that is to be fetched. */
  #wanted(nowMs: number): FetchTopic[] {
    const byTopic = new Map<string, FetchPartition[]>();
    for (const followed of this.#sessionId === 0 ? this.#followed.values() : this.#news) {
      const { replica } = followed;
      // What is not settled must not be acknowledged, and not be sent again either.
      if (followed.delayedUntilMs > nowMs || !isSettled(replica)) {
        if (followed.isInSession) this.#forgotten.set(replicaKey(replica), replica);
        followed.isInSession = false;
        this.#news.add(followed);
        continue;
      }
      const partitions = byTopic.get(replica.topicId) ?? [];
      byTopic.set(replica.topicId, partitions);
      partitions.push(wantedOf(replica, this.#parts.config.get('replica.fetch.max.bytes')));
      followed.askedEpoch = replica.leaderEpoch;
      followed.askedIn = this.#requests + 1;
      followed.askedLogStart = replica.log.logStartOffset;
      followed.isInSession = true;
      followed.isDirty = false;
      this.#news.delete(followed);
    }
    return Array.from(byTopic, ([topicId, partitions]) => ({ topic: '', topicId, partitions }));
  }

  #answered(answer: Answer | PeerFailure, session: number, request: number): void {
    this.#inFlight--;
    if (this.#isStopped || session !== this.#sessions) {
      this.#fetchSoon();
      return;
    }
    if (answer instanceof PeerFailure || answer.errorCode !== E.NONE.code) {
      this.#failed(answer instanceof PeerFailure ? answer.message : errorOf(answer.errorCode).name);
      return;
    }
    this.#failures = 0;
    if (this.#sessionId === 0) this.#enterSession(answer.sessionId);
    for (const { topicId, partitions } of answer.responses) {
      for (const partition of partitions) this.#take(topicId, partition, request);
    }
    this.#parts.whenWritten(() => this.#whenSettled());
  }

  /** The leader may have no room for a session (0): then each fetch names everything. */
  #enterSession(sessionId: number): void {
    this.#sessionId = sessionId;
    this.#sessionEpoch = sessionId === 0 ? 0 : 1;
    this.#isSessionless = sessionId === 0;
    if (sessionId === 0) for (const followed of this.#followed.values()) followed.isInSession = false;
  }

  /** The session has to be told where it goes on. */
  #moved(followed: Followed): void {
    followed.isDirty = true;
    this.#news.add(followed);
  }

  /** The next fetch acknowledges what this one brought: only once it counts as written under the flush policy. */
  #whenSettled(): void {
    let unsettled = 1;
    const settled = (): void => {
      unsettled--;
      if (unsettled === 0) this.#fetch();
    };
    for (const followed of this.#news) {
      const { replica, isDirty, expectedEnd } = followed;
      if (!isDirty) continue;
      // It had to be taken back, for want of space: that counts once, whatever comes for others meanwhile.
      if (replica.log.logEndOffset < expectedEnd) {
        followed.expectedEnd = replica.log.logEndOffset;
        this.#delay(followed);
      }
      if (isSettled(replica)) continue;
      unsettled++;
      replica.log.whenSettled(replica.log.logEndOffset, settled);
    }
    settled();
  }

  #failed(reason: string): void {
    const { logger, config } = this.#parts;
    if (this.#failures === 0) logger.info('fetching from the leader failed', { leader: this.leaderId, reason });
    this.#failures++;
    this.#leaveSession();
    this.#wait(backoffMs(this.#failures, config.get('replica.fetch.backoff.ms')));
  }

  #leaveSession(): void {
    this.#sessions++;
    this.#sessionId = 0;
    this.#sessionEpoch = 0;
    this.#forgotten.clear();
    for (const followed of this.#followed.values()) followed.isInSession = false;
  }

  #take(topicId: string, answer: PartitionAnswer, request: number): void {
    const followed = this.#followed.get(replicaKey({ topicId, index: answer.partitionIndex }));
    // Given up, or somewhere else by now.
    if (followed === undefined || followed.isDirty || request < followed.askedIn) return;
    if (followed.askedEpoch !== followed.replica.leaderEpoch) return;
    this.#guarded(followed, () => this.#apply(followed, answer));
  }

  #apply(followed: Followed, answer: PartitionAnswer): void {
    const { replica } = followed;
    const error = errorOf(answer.errorCode);
    if (error === E.OFFSET_OUT_OF_RANGE) {
      this.#findPlace(followed);
      return;
    }
    if (error !== E.NONE || replica.log.isOffline) {
      this.#delay(followed);
      return;
    }
    followed.failures = 0;
    const { divergingEpoch, records, highWatermark, logStartOffset } = answer;
    if (divergingEpoch.epoch >= 0) {
      this.#cut(followed, truncationPoint(replica.log, divergingEpoch));
      return;
    }
    if (records !== null && records.length > 0) {
      const { clock, quota } = this.#parts;
      replica.appendAsFollower(records, clock.nowMs());
      if (quota.isThrottled(replica.topic, replica.index)) quota.record(records.length, clock.monotonicMs());
      followed.expectedEnd = replica.log.logEndOffset;
      this.#moved(followed);
    }
    followed.leaderHighWatermark = highWatermark;
    replica.leaderMoved({ highWatermark, logStartOffset });
    // Who deletes records waits to hear that the followers have let go of them.
    if (followed.askedLogStart < Math.max(logStartOffset, replica.log.logStartOffset)) this.#news.add(followed);
  }

  #cut(followed: Followed, offset: number): void {
    const { replica } = followed;
    const { topic, index: partition, log } = replica;
    const facts = { topic, partition, leader: this.leaderId, from: log.logEndOffset, to: offset };
    if (offset < log.highWatermark) {
      this.#parts.logger.error('a follower is cut below its high watermark: the leader has lost records', facts);
    } else {
      this.#parts.logger.info('a follower is cut to where it agrees with its leader', facts);
    }
    replica.truncateTo(offset);
    followed.expectedEnd = replica.log.logEndOffset;
    this.#moved(followed);
  }

  /** The leader has nothing at this replica's end. */
  #findPlace(followed: Followed): void {
    const { replica } = followed;
    const { topic, index, leaderEpoch, log } = replica;
    const { peers, brokerId, config, turn } = this.#parts;
    const { leaderId } = this;
    const timeoutMs = config.get('replica.socket.timeout.ms');
    followed.delayedUntilMs = Number.POSITIVE_INFINITY;
    this.#news.add(followed);
    const question = { peers, brokerId, leaderId, leaderEpoch, topic, index, endOffset: log.logEndOffset, timeoutMs };
    findPlace(question, (place) =>
      turn(() => {
        const isCurrent = this.#followed.get(replicaKey(replica)) === followed;
        if (isCurrent && leaderEpoch === replica.leaderEpoch) this.#goTo(followed, place);
      }),
    );
  }

  #goTo(followed: Followed, place: Place): void {
    if (place === undefined) {
      this.#delay(followed);
      return;
    }
    followed.delayedUntilMs = 0;
    this.#moved(followed);
    this.#guarded(followed, () => {
      if (place === 'stay') return;
      if ('cutTo' in place) this.#cut(followed, place.cutTo);
      else followed.replica.restartAt(place.restartAt);
      followed.expectedEnd = followed.replica.log.logEndOffset;
    });
    this.#fetchSoon();
  }

  /** What the leader sends and what the disk refuses are told, and tried again later. */
  #guarded(followed: Followed, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Malformed || error instanceof DiskError)) throw error;
      const { topic, index: partition } = followed.replica;
      this.#parts.logger.error('a replica cannot follow its leader', {
        topic,
        partition,
        leader: this.leaderId,
        error,
      });
      this.#delay(followed);
    }
  }

  #delay(followed: Followed): void {
    const { clock, config } = this.#parts;
    followed.failures++;
    this.#moved(followed);
    followed.delayedUntilMs =
      clock.monotonicMs() + backoffMs(followed.failures, config.get('replica.fetch.backoff.ms'));
    this.#fetchSoon();
  }
}

function backoffMs(failures: number, maxMs: number): number {
  return Math.min(maxMs, BACKOFF_FIRST_MS * 2 ** Math.min(failures - 1, 16));
}
