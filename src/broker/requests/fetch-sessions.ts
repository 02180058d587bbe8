import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { FetchPartition } from './fetch-partition.ts';
import { SessionChanges, type Follower } from './session-changes.ts';

/** A session may be thrown out for a new one after this long without a fetch (FetchSessionCache). */
const EVICTABLE_AFTER_MS = 120_000;
const EPOCH_FINAL = -1;
const EPOCH_INITIAL = 0;
const EPOCH_MAX = 0x7fff_ffff;
const NO_PARTITIONS: readonly FetchPartition[] = [];

/** What decides whether an incremental answer mentions a partition. */
export interface PartitionAnswer {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly recordsBytes: number;
  readonly isDiverging: boolean;
  readonly hasPreferredReplica: boolean;
}

export interface SessionRequest {
  sessionId: number;
  sessionEpoch: number;
  usesTopicIds: boolean;
  partitions: FetchPartition[];
  forgotten: { topic: string; topicId: string; partitions: readonly number[] }[];
  /** The broker that fetches to replicate; undefined for a consumer. */
  follower: Follower | undefined;
}

interface Session {
  readonly id: number;
  readonly usesTopicIds: boolean;
  readonly partitions: Map<string, FetchPartition>;
  /** Of a follower's session: what there is to tell. */
  readonly changes: SessionChanges | undefined;
  epoch: number;
  lastUsedMs: number;
}

/** What one fetch works on: an error for the whole request, or the partitions and how to answer. */
export interface FetchContext {
  readonly error: ErrorSpec;
  readonly partitions: readonly FetchPartition[];
  /** In a follower's session: those of them that there is something to tell of. */
  readonly changes: SessionChanges | undefined;
  readonly follower: SessionRequest['follower'];
  readonly isIncremental: boolean;
  /** The session to continue, 0 for none; for a full fetch it is opened when the answer is made. */
  readonly sessionId: number;
  readonly opensSession: boolean;
  readonly usesTopicIds: boolean;
}

/**
 * Incremental fetch sessions (KIP-227): the broker remembers what a client fetches, so that each request and each
 * answer only names what changed. Holds at most `sessionsMax` sessions; when full, a new one takes the place of
 * one idle for two minutes, otherwise the client is served without a session, which is always legal.
 */
export class FetchSessions {
  readonly #sessions = new Map<number, Session>();
  readonly #sessionsMax: number;
  readonly #newId: () => number;

  /** `newId` draws a session id from 1 to 2^31-1. */
  constructor(sessionsMax: number, newId: () => number) {
    this.#sessionsMax = sessionsMax;
    this.#newId = newId;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Finds or refuses the session that a request names, and applies what it changes. */
  begin(request: SessionRequest, nowMs: number): FetchContext {
    const { sessionId, sessionEpoch, usesTopicIds } = request;
    if (sessionEpoch === EPOCH_FINAL || sessionEpoch === EPOCH_INITIAL) {
      // Any session named in a full fetch is closed by it.
      if (sessionId !== 0) this.close(sessionId);
      return wholeFetch(request, E.NONE, sessionEpoch === EPOCH_INITIAL);
    }
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return wholeFetch(request, E.FETCH_SESSION_ID_NOT_FOUND, false);
    if (session.epoch !== sessionEpoch) return wholeFetch(request, E.INVALID_FETCH_SESSION_EPOCH, false);
    if (session.usesTopicIds !== usesTopicIds) return wholeFetch(request, E.FETCH_SESSION_TOPIC_ID_ERROR, false);
    this.#update(session, request);
    if (session.partitions.size === 0) {
      this.close(sessionId);
      return wholeFetch({ usesTopicIds, partitions: [], follower: undefined }, E.NONE, false);
    }
    session.lastUsedMs = nowMs;
    session.epoch = session.epoch === EPOCH_MAX ? 1 : session.epoch + 1;
    const { follower } = request;
    const incremental = { error: E.NONE, isIncremental: true, sessionId, opensSession: false, usesTopicIds, follower };
    if (follower === undefined || session.changes === undefined) {
      return { ...incremental, partitions: Array.from(session.partitions.values()), changes: undefined };
    }
    session.changes.fetched(session.partitions.values(), follower, nowMs);
    return { ...incremental, partitions: NO_PARTITIONS, changes: session.changes };
  }

  /** Ends a session; without effect when it has ended. */
  close(sessionId: number): void {
    this.#sessions.get(sessionId)?.changes?.end();
    this.#sessions.delete(sessionId);
  }

  /** Opens the session of a full fetch once its answers are known; 0 when there is no room for it. */
  open(context: FetchContext, answers: readonly PartitionAnswer[], nowMs: number): number {
    if (!context.opensSession || !this.#makeRoom(nowMs)) return 0;
    let id = this.#newId();
    while (this.#sessions.has(id)) id = this.#newId();
    const partitions = new Map<string, FetchPartition>();
    context.partitions.forEach((partition, index) => {
      mustTell(partition, answers[index]!);
      partitions.set(keyOf(partition, context.usesTopicIds), partition);
    });
    const { usesTopicIds, follower } = context;
    const changes = follower && new SessionChanges(partitions.values(), follower, nowMs);
    this.#sessions.set(id, { id, usesTopicIds, partitions, changes, epoch: 1, lastUsedMs: nowMs });
    return id;
  }

  /** Moves partitions that just had data behind the others, so that a full answer does not starve anyone. */
  rotate(context: FetchContext, served: readonly FetchPartition[]): void {
    if (context.changes !== undefined) return;
    const session = this.#sessions.get(context.sessionId);
    // One partition alone is always in its place.
    if (session === undefined || session.partitions.size === 1) return;
    for (const partition of served) {
      const key = keyOf(partition, session.usesTopicIds);
      if (session.partitions.get(key) !== partition) continue;
      session.partitions.delete(key);
      session.partitions.set(key, partition);
    }
  }

  #update(session: Session, request: SessionRequest): void {
    for (const partition of request.partitions) {
      const key = keyOf(partition, session.usesTopicIds);
      const known = session.partitions.get(key);
      session.changes?.mark(known ?? partition);
      if (known === undefined) {
        session.partitions.set(key, partition);
        continue;
      }
      known.currentLeaderEpoch = partition.currentLeaderEpoch;
      known.fetchOffset = partition.fetchOffset;
      known.lastFetchedEpoch = partition.lastFetchedEpoch;
      known.logStartOffset = partition.logStartOffset;
      known.partitionMaxBytes = partition.partitionMaxBytes;
    }
    for (const { topic, topicId, partitions } of request.forgotten) {
      for (const partition of partitions) {
        const key = keyOf({ topic, topicId, partition }, session.usesTopicIds);
        const known = session.partitions.get(key);
        if (known === undefined) continue;
        session.partitions.delete(key);
        session.changes?.forget(known);
      }
    }
  }

  #makeRoom(nowMs: number): boolean {
    if (this.#sessions.size < this.#sessionsMax) return true;
    let oldest: Session | undefined;
    for (const session of this.#sessions.values()) {
      if (oldest === undefined || session.lastUsedMs < oldest.lastUsedMs) oldest = session;
    }
    if (oldest === undefined || nowMs - oldest.lastUsedMs < EVICTABLE_AFTER_MS) return false;
    this.close(oldest.id);
    return true;
  }
}

/** A fetch that names all it wants, or the error it meets. */
function wholeFetch(
  { partitions, usesTopicIds, follower }: Pick<SessionRequest, 'partitions' | 'usesTopicIds' | 'follower'>,
  error: ErrorSpec,
  opensSession: boolean,
): FetchContext {
  return {
    error,
    partitions,
    changes: undefined,
    follower,
    isIncremental: false,
    sessionId: 0,
    opensSession,
    usesTopicIds,
  };
}

function keyOf(partition: { topic: string; topicId: string; partition: number }, usesTopicIds: boolean): string {
  return `${usesTopicIds ? partition.topicId : partition.topic}/${partition.partition}`;
}

/** Whether an incremental answer names the partition; remembers what the client is told by it. */
export function mustTell(partition: FetchPartition, answer: PartitionAnswer): boolean {
  let tell = answer.recordsBytes > 0 || answer.isDiverging || answer.hasPreferredReplica;
  if (partition.toldHighWatermark !== answer.highWatermark) {
    tell = true;
    partition.toldHighWatermark = answer.highWatermark;
  }
  if (partition.toldLogStartOffset !== answer.logStartOffset) {
    tell = true;
    partition.toldLogStartOffset = answer.logStartOffset;
  }
  if (answer.errorCode !== E.NONE.code) {
    // When the error goes away the client has to be told again.
    partition.toldHighWatermark = -1;
    tell = true;
  }
  return tell;
}
