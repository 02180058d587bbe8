import type { Partition } from '../../broker/replicas/partition.ts';
import { baseOffset, nextOffset } from '../../records/batch.ts';
import type { DecodedRecord } from '../../records/batch-records.ts';
import { BatchCursor } from '../../records/batch-cursor.ts';
import { upkeepOf } from './cleaned-topics.ts';
import { CommittedLog, type TransactionEnds } from './committed-log.ts';
import { CoordinatorChecks } from './coordinator-checks.ts';
import type { Machine } from './machine.ts';
import type { StoreChecks } from './store-checks.ts';

const READ_BYTES = 1024 * 1024;

/** What is known of one replica in one life of its broker, as long as it is a replica. */
interface Seen {
  readonly watched: Watched;
  /** Below it its log was held against what is committed. */
  verified: number;
  logEndOffset: number;
  highWatermark: number;
  logStartOffset: number;
  cleanedTo: number | undefined;
}

/** One partition over all its replicas. */
interface Watched {
  readonly key: string;
  readonly committed: CommittedLog;
  /** Who leads in which epoch. */
  readonly leaders: Map<number, number>;
  /** The highest watermark that a leader has told, by epoch. */
  readonly told: Map<number, number>;
}

/**
 * What must hold of the replicas of a partition after every event. Cheap, for it looks only at replicas that moved: their
 * newly committed batches are read once and held against what other replicas have committed.
 */
export class ReplicaChecks {
  readonly #watched = new Map<string, Watched>();
  readonly #seen = new WeakMap<Partition, Seen>();
  readonly #ends: TransactionEnds = new Map();
  readonly #store: StoreChecks;
  readonly #coordinators: CoordinatorChecks;
  readonly #machines: readonly Machine[];
  readonly #fail: (what: string) => void;
  readonly #cursor = new BatchCursor(new Uint8Array(0));

  constructor(
    machines: readonly Machine[],
    { store, coordinators }: { store: StoreChecks; coordinators: CoordinatorChecks },
    fail: (what: string) => void,
  ) {
    this.#coordinators = coordinators;
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
    machine.observe(() => {
      for (const partition of broker.core.partitions.all()) this.#checkReplica(machine, partition);
    });
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
    const { log } = partition;
    let seen = this.#seen.get(partition);
    if (seen === undefined) this.#seen.set(partition, (seen = this.#newlySeen(partition)));
    const { watched } = seen;
    if (log.isOffline) {
      watched.committed.claimedEnd = Math.max(watched.committed.claimedEnd, log.highWatermark);
      return;
    }
    if (machine.isUnsyncable(log.directory))
      this.#fail(`${watched.committed.name} on ${machine.host}: a sync failed, and the log is in use`);
    const { logEndOffset, highWatermark, logStartOffset } = log;
    if (partition.isLeader) this.#checkLeader(machine, partition, watched);
    const isCleaned = log.cleaning.cleanedTo !== seen.cleanedTo;
    if (
      logEndOffset === seen.logEndOffset &&
      highWatermark === seen.highWatermark &&
      logStartOffset === seen.logStartOffset &&
      !isCleaned
    )
      return;
    const { lastStableOffset } = log;
    const isOrdered =
      logStartOffset <= lastStableOffset && lastStableOffset <= highWatermark && highWatermark <= logEndOffset;
    const name = `${watched.committed.name} on ${machine.host}`;
    if (!isOrdered)
      this.#fail(
        `I9 ${name}: start ${logStartOffset}, stable ${lastStableOffset}, high watermark ${highWatermark}, end ${logEndOffset}`,
      );
    if (highWatermark < seen.highWatermark)
      this.#fail(`I4 ${name}: the high watermark went back from ${seen.highWatermark} to ${highWatermark}`);
    this.#checkStart(logStartOffset, seen, watched, name);
    if (isCleaned) this.#cleaned(partition, seen, name);
    const isShorter = logEndOffset < seen.logEndOffset;
    seen.logEndOffset = logEndOffset;
    seen.highWatermark = highWatermark;
    const before = watched.committed.end;
    this.#verify(partition, seen, watched, name);
    if (watched.committed.end > before) this.#checkCandidatesOf(watched);
    else if (isShorter && this.#store.isCandidate(watched.key, machine.id))
      this.#checkCandidate(machine, watched, logEndOffset);
  }

  #newlySeen(partition: Partition): Seen {
    const { topicId, index, log } = partition;
    const key = `${topicId}/${index}`;
    let watched = this.#watched.get(key);
    if (watched === undefined) this.#watched.set(key, (watched = this.#watch(key, partition)));
    const { cleanedTo } = log.cleaning;
    return { watched, verified: 0, logEndOffset: -1, highWatermark: -1, logStartOffset: 0, cleanedTo };
  }

  #checkStart(logStartOffset: number, seen: Seen, { committed }: Watched, name: string): void {
    if (logStartOffset < seen.logStartOffset)
      this.#fail(`I14 ${name}: the log's start went back from ${seen.logStartOffset} to ${logStartOffset}`);
    if (logStartOffset > 0 && !committed.upkeep.deletes)
      this.#fail(`I14 ${name}: the log starts at ${logStartOffset}, and nothing was to be deleted`);
    seen.logStartOffset = logStartOffset;
  }

  /** The log was cleaned up to some point: all of it is looked at again. */
  #cleaned({ log }: Partition, seen: Seen, name: string): void {
    const { cleanedTo = 0 } = log.cleaning;
    const isFurther = cleanedTo > (seen.cleanedTo ?? 0);
    seen.cleanedTo = log.cleaning.cleanedTo;
    seen.verified = 0;
    if (isFurther && cleanedTo > Math.min(log.lastStableOffset, log.recoveryPoint))
      this.#fail(
        `I13 ${name}: cleaned to ${cleanedTo}, stable to ${log.lastStableOffset}, synced ${log.recoveryPoint}`,
      );
  }

  #watch(key: string, { topic, index }: Partition): Watched {
    const told = CoordinatorChecks.isOf(topic)
      ? (records: readonly DecodedRecord[]) => this.#coordinators.take(topic, records)
      : undefined;
    const committed = new CommittedLog(`${topic}-${index}`, upkeepOf(topic), this.#ends, told);
    return { key, committed, leaders: new Map(), told: new Map() };
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
        this.#checkGap(watched, offset, baseOffset(cursor.view, cursor.position), name);
        offset = Math.max(offset, nextOffset(cursor.view, cursor.position));
      }
      slice.release();
      if (offset === from) break;
    }
    this.#checkGap(watched, offset, highWatermark, name);
    seen.verified = Math.max(seen.verified, highWatermark);
  }

  #checkGap({ committed }: Watched, from: number, to: number, name: string): void {
    const fault = from < to ? committed.missing(from, to) : undefined;
    if (fault !== undefined) this.#fail(`I3 I13 ${name}: ${fault}`);
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
