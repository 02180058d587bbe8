import { OFFSETS_TOPIC, TRANSACTIONS_TOPIC } from '../../broker/coordination/coordinator-topics.ts';
import type { Partition } from '../../broker/replicas/partition.ts';
import { nextOffset } from '../../records/batch.ts';
import { BatchCursor } from '../../records/batch-cursor.ts';
import { CommittedLog, type TransactionEnds } from './committed-log.ts';
import type { Machine } from './machine.ts';
import type { StoreChecks } from './store-checks.ts';

const READ_BYTES = 1024 * 1024;

/** What is known of one replica in one life of its broker. */
interface Seen {
  readonly life: number;
  /** Below it its log was held against what is committed. */
  verified: number;
  logEndOffset: number;
  highWatermark: number;
  stamp: number;
}

/** One partition over all its replicas. */
interface Watched {
  readonly key: string;
  readonly committed: CommittedLog;
  /** Who leads in which epoch. */
  readonly leaders: Map<number, number>;
  /** The highest watermark that a leader has told, by epoch. */
  readonly told: Map<number, number>;
  readonly replicas: Map<number, Seen>;
}

/**
 * What must hold of the replicas of a partition after every event. Cheap, for it looks only at replicas that moved: their
 * newly committed batches are read once and held against what other replicas have committed.
 */
export class ReplicaChecks {
  readonly #watched = new Map<string, Watched>();
  readonly #ends: TransactionEnds = new Map();
  readonly #store: StoreChecks;
  readonly #machines: readonly Machine[];
  readonly #fail: (what: string) => void;
  readonly #cursor = new BatchCursor(new Uint8Array(0));

  constructor(machines: readonly Machine[], store: StoreChecks, fail: (what: string) => void) {
    this.#machines = machines;
    this.#store = store;
    this.#fail = fail;
  }

  committed(topicId: string, index: number): CommittedLog | undefined {
    return this.#watched.get(`${topicId}/${index}`)?.committed;
  }

  /** Looks at what moved on one machine. */
  check(machine: Machine): void {
    const { broker } = machine;
    if (broker === undefined) return;
    for (const partition of broker.core.partitions.all()) this.#checkReplica(machine, partition);
  }

  /** Looks at all replicas. */
  checkAll(): void {
    for (const machine of this.#machines) this.check(machine);
    this.checkCandidates();
  }

  /** Every candidate for leadership that runs has all that is committed. To be asked when the metadata changed. */
  checkCandidates(): void {
    for (const watched of this.#watched.values()) this.#checkCandidatesOf(watched);
  }

  #checkReplica(machine: Machine, partition: Partition): void {
    const { log, topicId, index } = partition;
    const key = `${topicId}/${index}`;
    let watched = this.#watched.get(key);
    if (watched === undefined) this.#watched.set(key, (watched = this.#watch(key, partition)));
    let seen = watched.replicas.get(machine.id);
    if (seen === undefined || seen.life !== machine.life) {
      seen = { life: machine.life, verified: 0, logEndOffset: -1, highWatermark: -1, stamp: -1 };
      watched.replicas.set(machine.id, seen);
    }
    if (log.isOffline) return;
    const { logEndOffset, highWatermark } = log;
    if (partition.isLeader) this.#checkLeader(machine, partition, watched);
    if (logEndOffset === seen.logEndOffset && highWatermark === seen.highWatermark) return;
    const { lastStableOffset, logStartOffset } = log;
    const isOrdered =
      logStartOffset <= lastStableOffset && lastStableOffset <= highWatermark && highWatermark <= logEndOffset;
    const name = `${watched.committed.name} on ${machine.host}`;
    if (!isOrdered)
      this.#fail(
        `I9 ${name}: start ${logStartOffset}, stable ${lastStableOffset}, high watermark ${highWatermark}, end ${logEndOffset}`,
      );
    if (highWatermark < seen.highWatermark)
      this.#fail(`I4 ${name}: the high watermark went back from ${seen.highWatermark} to ${highWatermark}`);
    const isShorter = logEndOffset < seen.logEndOffset;
    seen.logEndOffset = logEndOffset;
    seen.highWatermark = highWatermark;
    const before = watched.committed.end;
    this.#verify(partition, seen, watched, name);
    if (watched.committed.end > before) this.#checkCandidatesOf(watched);
    else if (isShorter && this.#store.isCandidate(key, machine.id))
      this.#checkCandidate(machine, watched, logEndOffset);
  }

  #watch(key: string, { topic, index }: Partition): Watched {
    const isCompacted = topic === OFFSETS_TOPIC || topic === TRANSACTIONS_TOPIC;
    const committed = new CommittedLog(`${topic}-${index}`, isCompacted, this.#ends);
    return { key, committed, leaders: new Map(), told: new Map(), replicas: new Map() };
  }

  #checkLeader(machine: Machine, partition: Partition, watched: Watched): void {
    const { leaderEpoch } = partition;
    const leader = watched.leaders.get(leaderEpoch);
    if (leader === undefined) watched.leaders.set(leaderEpoch, machine.id);
    else if (leader !== machine.id)
      this.#fail(`I1 ${watched.committed.name}: ${leader} and ${machine.id} lead in epoch ${leaderEpoch}`);
    if (!partition.isHighWatermarkKnown) return;
    const { highWatermark } = partition.log;
    if (watched.told.get(leaderEpoch) === highWatermark) return;
    for (const [epoch, told] of watched.told)
      if (epoch <= leaderEpoch && told > highWatermark)
        this.#fail(
          `I4 ${watched.committed.name}: leader ${machine.id} of epoch ${leaderEpoch} tells ${highWatermark}, ${told} was told in epoch ${epoch}`,
        );
    watched.told.set(leaderEpoch, highWatermark);
  }

  /** Holds what a replica has newly committed against what is known to be. */
  #verify(partition: Partition, seen: Seen, watched: Watched, name: string): void {
    const { log } = partition;
    const { highWatermark } = log;
    let offset = Math.max(seen.verified, log.logStartOffset);
    while (offset < highWatermark) {
      const slice = log.read({ offset, bytesMax: READ_BYTES, upperOffset: highWatermark, minOneBatch: true });
      const bytes = slice.chunks.length === 1 ? slice.chunks[0]! : Buffer.concat(slice.chunks);
      const from = offset;
      const cursor = this.#cursor;
      cursor.reset(bytes);
      while (cursor.next()) {
        const fault = watched.committed.take(bytes, cursor.view, cursor.position);
        if (fault !== undefined) this.#fail(`I3 I7 I8 I10 ${name}: ${fault}`);
        offset = Math.max(offset, nextOffset(cursor.view, cursor.position));
      }
      slice.release();
      if (offset === from) break;
    }
    seen.verified = Math.max(seen.verified, highWatermark);
  }

  #checkCandidatesOf(watched: Watched): void {
    for (const id of this.#store.candidates(watched.key)) {
      const machine = this.#machines.find((each) => each.id === id);
      const log = machine?.broker?.core.partitions
        .ofTopic(this.#store.topicOf(watched.key) ?? '')
        .find((partition) => partition !== undefined && `${partition.topicId}/${partition.index}` === watched.key)?.log;
      if (machine !== undefined && log !== undefined && !log.isOffline)
        this.#checkCandidate(machine, watched, log.logEndOffset);
    }
  }

  #checkCandidate(machine: Machine, { committed }: Watched, logEndOffset: number): void {
    if (logEndOffset >= committed.end) return;
    this.#fail(
      `I2 ${committed.name}: ${machine.id} may lead and ends at ${logEndOffset}, ${committed.end} are committed`,
    );
  }
}
