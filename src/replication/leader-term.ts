/** When a follower's fetches come, whatever partitions they name: one that is not named is where it was. Monotonic. */
export interface FollowerContact {
  readonly fetchedMs: number;
}

/** What a follower tells with a fetch: it has everything below `offset`. */
export interface FollowerFetch {
  readonly brokerId: number;
  /** Epoch of the registration under which it fetches (KIP-903). */
  readonly brokerEpoch: number;
  readonly offset: number;
  /** Below it the follower has nothing any more. */
  readonly logStartOffset: number;
  readonly contact: FollowerContact;
}

/** What the leader knows of one follower in this term. */
interface Follower {
  endOffset: number;
  /** -1 until it has told. */
  logStartOffset: number;
  brokerEpoch: number;
  /** When it last had everything that the leader had; -Infinity for never in this term. */
  caughtUpMs: number;
  fetchedMs: number;
  /** It has everything that the leader has, and goes on having it with every fetch. */
  isCaughtUp: boolean;
  contact: FollowerContact;
  /** The leader's end when it fetched last: reaching that means that it was caught up then. */
  leaderEndAtFetch: number;
  /** It fell behind in this term: before it comes back it has to keep up for a while. */
  hasFallenBehind: boolean;
  /** Since when it keeps up, after it fell behind. */
  keepsUpSinceMs: number;
}

/** Members of an in-sync set with the registrations that the leader means. */
export interface InSyncMember {
  readonly brokerId: number;
  readonly brokerEpoch: number;
}

/** A follower that fell behind has to keep up for this long before it counts again. */
export const REJOIN_AFTER_MS = 1_000;

/** What a term looks at besides what it knows. */
export interface TermView {
  readonly highWatermark: number;
  readonly leaderEndOffset: number;
  readonly nowMs: number;
  /** `replica.lag.time.max.ms`. */
  readonly lagMaxMs: number;
  /** Whether a broker may be in sync: unfenced, not about to stop, and registered under that epoch (KIP-841, 903). */
  isEligible(brokerId: number, brokerEpoch: number): boolean;
}

/**
 * One leader's term in one epoch: how far each follower is, who counts as in sync, and who should (pure;
 * Partition and Replica in Kafka). The in-sync set that counts is the maximal one, committed and proposed together,
 * for a proposal may be in force before the leader hears of it (KIP-497).
 */
export class LeaderTerm {
  readonly brokerId: number;
  readonly leaderEpoch: number;
  /** Where the leader's log ended when the term began. */
  readonly startOffset: number;
  readonly #followers = new Map<number, Follower>();
  readonly #endOffsets = new Map<number, number>();
  #inSync: readonly number[];
  #proposed: readonly InSyncMember[] | undefined;

  constructor(start: {
    readonly brokerId: number;
    readonly leaderEpoch: number;
    readonly startOffset: number;
    readonly replicas: readonly number[];
    readonly inSync: readonly number[];
    readonly nowMs: number;
  }) {
    this.brokerId = start.brokerId;
    this.leaderEpoch = start.leaderEpoch;
    this.startOffset = start.startOffset;
    this.#inSync = start.inSync;
    this.#follow(start.replicas, start.nowMs);
  }

  get inSync(): readonly number[] {
    return this.#inSync;
  }

  get isProposing(): boolean {
    return this.#proposed !== undefined;
  }

  /** End offsets of the followers that have fetched in this term. */
  get endOffsets(): ReadonlyMap<number, number> {
    return this.#endOffsets;
  }

  /** The partition's record changed under the same leader epoch: what was proposed is in it, or was overtaken. */
  changed(replicas: readonly number[], inSync: readonly number[], nowMs: number): void {
    this.#inSync = inSync;
    this.#proposed = undefined;
    this.#follow(replicas, nowMs);
  }

  /** Notes a fetch; false when the follower is none of the replicas. */
  fetched(fetch: FollowerFetch, leaderEndOffset: number): boolean {
    const follower = this.#followers.get(fetch.brokerId);
    if (follower === undefined) return false;
    const { fetchedMs } = fetch.contact;
    leaveBehind(follower);
    follower.isCaughtUp = fetch.offset >= leaderEndOffset;
    if (follower.isCaughtUp) follower.caughtUpMs = fetchedMs;
    else if (fetch.offset >= follower.leaderEndAtFetch)
      follower.caughtUpMs = Math.max(follower.caughtUpMs, follower.fetchedMs);
    follower.endOffset = fetch.offset;
    follower.logStartOffset = fetch.logStartOffset;
    follower.brokerEpoch = fetch.brokerEpoch;
    follower.fetchedMs = fetchedMs;
    follower.contact = fetch.contact;
    follower.leaderEndAtFetch = leaderEndOffset;
    this.#endOffsets.set(fetch.brokerId, fetch.offset);
    return true;
  }

  /** The leader's log has grown: up to their last fetches those that had all of it were caught up. */
  leaderGrew(): void {
    for (const follower of this.#followers.values()) leaveBehind(follower);
  }

  /** The least of the leader's own log start and those of the followers that are up. */
  lowWatermark(ownLogStartOffset: number, isUp: (brokerId: number) => boolean): number {
    let lowest = ownLogStartOffset;
    for (const [id, { logStartOffset }] of this.#followers)
      if (logStartOffset < lowest && isUp(id)) lowest = logStartOffset;
    return lowest;
  }

  /**
   * Followers that the high watermark waits for: the maximal in-sync set, and those that are caught up and about to join,
   * lest the watermark runs away from them (Partition.maybeIncrementLeaderHW).
   */
  awaited(view: TermView): number[] {
    const awaited: number[] = [];
    for (const [id, follower] of this.#followers) {
      const counts = this.#inSync.includes(id) || this.#proposed?.some(({ brokerId }) => brokerId === id) === true;
      if (counts || this.#mayJoin(id, follower, view)) awaited.push(id);
    }
    return awaited;
  }

  /** The in-sync set that the leader should propose now; undefined when it is right as it is, or a proposal is under way. */
  wanted(view: TermView): InSyncMember[] | undefined {
    if (this.#proposed !== undefined) return undefined;
    let isChanged = false;
    const members: InSyncMember[] = [];
    for (const id of this.#inSync) {
      const follower = this.#followers.get(id);
      if (follower !== undefined && id !== this.brokerId && !this.#keepsUp(follower, view)) {
        follower.hasFallenBehind = true;
        follower.keepsUpSinceMs = Number.POSITIVE_INFINITY;
        isChanged = true;
      } else {
        members.push({ brokerId: id, brokerEpoch: follower?.brokerEpoch ?? -1 });
      }
    }
    for (const [id, follower] of this.#followers) {
      if (this.#inSync.includes(id) || !this.#isReady(id, follower, view)) continue;
      members.push({ brokerId: id, brokerEpoch: follower.brokerEpoch });
      isChanged = true;
    }
    return isChanged ? members : undefined;
  }

  /** A proposal is on its way: until it is settled both sets count. */
  propose(members: readonly InSyncMember[]): void {
    this.#proposed = members;
  }

  /** That proposal, if it is the one under way, was refused for certain. */
  withdrawn(members: readonly InSyncMember[]): void {
    if (this.#proposed === members) this.#proposed = undefined;
  }

  #follow(replicas: readonly number[], nowMs: number): void {
    for (const id of Array.from(this.#followers.keys())) {
      if (replicas.includes(id)) continue;
      this.#followers.delete(id);
      this.#endOffsets.delete(id);
    }
    for (const id of replicas) {
      if (id === this.brokerId || this.#followers.has(id)) continue;
      const isInSync = this.#inSync.includes(id);
      this.#followers.set(id, {
        endOffset: -1,
        logStartOffset: -1,
        brokerEpoch: -1,
        caughtUpMs: isInSync ? nowMs : Number.NEGATIVE_INFINITY,
        fetchedMs: Number.NEGATIVE_INFINITY,
        isCaughtUp: false,
        contact: NO_CONTACT,
        leaderEndAtFetch: Number.POSITIVE_INFINITY,
        hasFallenBehind: false,
        keepsUpSinceMs: Number.POSITIVE_INFINITY,
      });
    }
  }

  #keepsUp(follower: Follower, { leaderEndOffset, nowMs, lagMaxMs }: TermView): boolean {
    return follower.endOffset === leaderEndOffset || nowMs - follower.caughtUpMs <= lagMaxMs;
  }

  #mayJoin(id: number, follower: Follower, view: TermView): boolean {
    return this.#keepsUp(follower, view) && view.isEligible(id, follower.brokerEpoch);
  }

  /** Whether a follower outside the set should join it now: it has what is committed, and the end of the terms before. */
  #isReady(id: number, follower: Follower, view: TermView): boolean {
    const reaches = follower.endOffset >= Math.max(view.highWatermark, this.startOffset);
    if (!reaches || !this.#mayJoin(id, follower, view)) {
      follower.keepsUpSinceMs = Number.POSITIVE_INFINITY;
      return false;
    }
    follower.keepsUpSinceMs = Math.min(follower.keepsUpSinceMs, view.nowMs);
    return view.nowMs - follower.keepsUpSinceMs >= (follower.hasFallenBehind ? REJOIN_AFTER_MS : 0);
  }
}

const NO_CONTACT: FollowerContact = { fetchedMs: Number.NEGATIVE_INFINITY };

/** A follower that had everything no longer has: it did until it fetched last. */
function leaveBehind(follower: Follower): void {
  if (!follower.isCaughtUp) return;
  follower.isCaughtUp = false;
  follower.fetchedMs = Math.max(follower.fetchedMs, follower.contact.fetchedMs);
  follower.caughtUpMs = Math.max(follower.caughtUpMs, follower.fetchedMs);
}
