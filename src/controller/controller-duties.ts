import type { BrokerConfig } from '../config/broker-config.ts';
import type { ClusterImage, TopicImage } from '../metadata/cluster-image.ts';
import type { ImageDelta } from '../metadata/image-delta.ts';
import { LeaseGone, StoreUnavailable, type MetadataStore } from '../metadata/metadata-store.ts';
import type { MetadataView } from '../metadata/metadata-view.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import type { Clock, Timer, Timers } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { decideAdmissions, type Admission } from './admissions.ts';
import { decideInternalGrowth, decideMinIsrRaise, raiseMinIsr } from './internal-growth.ts';
import { decideBalance, decideRepairs, missedBrokers, topicRules } from './partition-duties.ts';
import { replicaStandings } from './partition-repair.ts';
import { PartitionWrites, type PartitionUpdate, type UpdatesWritten } from './partition-writes.ts';

/** When many brokers are gone at once their leases may be to blame: so long they have to register anew. */
export const GRACE_MS = 3000;
/** Part of the brokers that may be gone at once without that suspicion; one always may. */
const GONE_AT_ONCE_PART = 3;
const AT_ONCE_MS = 1000;
/** Until a store that could not be reached is tried again. */
const RETRY_MS = 500;

export interface ControllerDutiesOptions {
  readonly store: MetadataStore;
  readonly view: MetadataView;
  readonly config: BrokerConfig;
  readonly brokerId: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** This broker became the controller: what changes of a former one left undone is to be removed. */
  readonly onElected: () => Promise<unknown>;
}

/** Topics to look at; 'all' after a change of brokers, or of the controller. */
type Scope = Set<string> | 'all';

/**
 * What the controller does by itself: fences and unfences brokers, elects, hands over from brokers that stop, completes
 * reassignments, balances leaderships. It holds nothing that the store does not: each step compares the newest image with
 * what it should be and writes the difference, so that a new controller goes on wherever its predecessor stopped. A broker
 * that is not the controller does nothing, and one that was deposed stops with the first write that is refused.
 */
export class ControllerDuties {
  readonly #options: ControllerDutiesOptions;
  readonly #writes: PartitionWrites;
  readonly #unsubscribe: () => void;
  readonly #timers = new Map<'grace' | 'retry' | 'balance', Timer>();
  #scope: Scope = 'all';
  #isRunning = false;
  #isClosed = false;
  /** Epoch under which this broker is the controller; 0 while it is not. */
  #epoch = 0;
  #graceEndMs: number | undefined;
  /** Brokers that went lately, and since when. */
  readonly #goneMs = new Map<number, number>();
  #uncleanElections = 0;

  /** Begins at once when this broker is the controller, and otherwise when it becomes so. */
  constructor(options: ControllerDutiesOptions) {
    this.#options = options;
    this.#writes = new PartitionWrites(options.store, () => options.view.image);
    this.#unsubscribe = options.view.subscribe((_, delta) => this.#follow(delta));
    this.#wake();
  }

  /** Elections of replicas that may lack records, since the start. */
  get uncleanElections(): number {
    return this.#uncleanElections;
  }

  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    for (const timer of this.#timers.values()) timer.cancel();
  }

  #follow(delta: ImageDelta): void {
    const isForAll =
      delta.brokersChanged.length > 0 ||
      delta.directoriesChanged ||
      delta.controllerChanged ||
      delta.configsChanged.some(({ type }) => type === 'broker');
    if (isForAll) this.#scope = 'all';
    if (this.#scope !== 'all') {
      for (const { name } of delta.topicsCreated) this.#scope.add(name);
      for (const { after } of delta.topicsChanged) this.#scope.add(after.name);
      for (const { type, name } of delta.configsChanged) if (type === 'topic') this.#scope.add(name);
      if (this.#scope.size === 0) return;
    }
    this.#wake();
  }

  #wake(): void {
    const { view, brokerId } = this.#options;
    if (this.#isRunning || this.#isClosed) return;
    if (view.image.controller?.brokerId !== brokerId) {
      this.#retire();
      return;
    }
    this.#isRunning = true;
    this.#options.timers.soon(() => void this.#run());
  }

  #retire(): void {
    this.#epoch = 0;
    this.#scope = 'all';
    this.#graceEndMs = undefined;
    this.#goneMs.clear();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  async #run(): Promise<void> {
    try {
      while (this.#hasWork()) await this.#step(this.#options.view.image);
    } catch (error) {
      this.#options.logger.error('the controller failed at its work and tries again', { error: String(error) });
      this.#scope = 'all';
      this.#later('retry', RETRY_MS);
    }
    this.#isRunning = false;
  }

  #hasWork(): boolean {
    const { view, brokerId } = this.#options;
    if (this.#isClosed || this.#timers.has('retry')) return false;
    if (view.image.controller?.brokerId !== brokerId) {
      this.#retire();
      return false;
    }
    return this.#scope === 'all' || this.#scope.size > 0;
  }

  async #step(image: ClusterImage): Promise<void> {
    const { epoch } = image.controller!;
    if (epoch !== this.#epoch) await this.#takeOffice(epoch);
    const scope = this.#scope;
    this.#scope = new Set();
    if (scope === 'all') this.#settlePatience(image);
    const admissions = decideAdmissions(image);
    if (admissions.length > 0 && !(await this.#admit(admissions, epoch))) return;
    const standing = replicaStandings(image, this.#graceEndMs !== undefined);
    const updates = decideRepairs(topicsOf(image, scope), standing, topicRules(image, this.#options.config));
    await this.#carryOut(updates, epoch);
    if (updates.length === 0) await this.#tendInternalTopics(epoch);
  }

  /** Once nothing is more urgent. */
  async #tendInternalTopics(epoch: number): Promise<void> {
    const { store, view, config } = this.#options;
    const { image } = view;
    await this.#carryOut(decideInternalGrowth(image, config, topicRules(image, config)), epoch);
    const raise = decideMinIsrRaise(image, config);
    if (raise === undefined) return;
    try {
      await view.reached(await raiseMinIsr(store, raise, epoch));
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.#scope = 'all';
      this.#later('retry', RETRY_MS);
    }
  }

  async #takeOffice(epoch: number): Promise<void> {
    const { logger, config, onElected } = this.#options;
    this.#epoch = epoch;
    this.#scope = 'all';
    logger.debug('this broker is the controller', { epoch });
    this.#later('balance', config.get('leader.imbalance.check.interval.seconds') * 1000);
    await onElected();
  }

  /** Where too many brokers are gone at once, they get a moment to come back. */
  #settlePatience(image: ClusterImage): void {
    const { clock, logger } = this.#options;
    const nowMs = clock.monotonicMs();
    const missed = missedBrokers(image);
    for (const id of missed) if (!this.#goneMs.has(id)) this.#goneMs.set(id, nowMs);
    for (const [id, sinceMs] of this.#goneMs) {
      const isOver = !missed.has(id) && nowMs - sinceMs > AT_ONCE_MS;
      if (isOver || image.brokers.get(id)?.isPresent !== false) this.#goneMs.delete(id);
    }
    const allowed = Math.max(1, Math.floor(image.brokers.size / GONE_AT_ONCE_PART));
    if (missed.size === 0 || this.#goneMs.size <= allowed) {
      this.#graceEndMs = undefined;
      return;
    }
    if (this.#graceEndMs === undefined) {
      const brokers = [...missed];
      logger.warn('many brokers are gone at once: they are awaited for a moment', { brokers, graceMs: GRACE_MS });
      this.#graceEndMs = nowMs + GRACE_MS;
      this.#later('grace', GRACE_MS);
    } else if (nowMs >= this.#graceEndMs) {
      this.#graceEndMs = undefined;
    }
  }

  /** False when this broker is no longer the controller, or the store is out of reach. */
  async #admit(admissions: readonly Admission[], epoch: number): Promise<boolean> {
    const { store, view, logger } = this.#options;
    const office = { key: storeKeys.controller, createRevision: epoch };
    const write = async ({ brokerId, isUnfenced, compares, ops }: Admission): Promise<number> => {
      const { succeeded, revision } = await store.txn({ compares: [office, ...compares], onSuccess: ops });
      if (succeeded && isUnfenced) logger.info('broker unfenced', { broker: brokerId });
      return revision;
    };
    try {
      const revisions = await Promise.all(admissions.map(write));
      await view.reached(Math.max(0, ...revisions));
      return view.image.controller?.epoch === epoch;
    } catch (error) {
      if (!(error instanceof StoreUnavailable) && !(error instanceof LeaseGone)) throw error;
      this.#scope = 'all';
      this.#later('retry', RETRY_MS);
      return false;
    }
  }

  async #carryOut(updates: readonly PartitionUpdate[], epoch: number): Promise<void> {
    if (updates.length === 0) return;
    const outcome = await this.#writes.write(updates, epoch);
    this.#report(outcome);
    if (outcome.end === 'unavailable') {
      this.#scope = 'all';
      this.#later('retry', RETRY_MS);
      return;
    }
    await this.#options.view.reached(outcome.revision).catch(() => undefined);
  }

  #report({ written, refused, end }: UpdatesWritten): void {
    const { logger } = this.#options;
    let elected = 0;
    for (const { topic, index, seen, record } of written) {
      if (record.leader !== seen.leader) elected++;
      if (!record.recovering || seen.recovering) continue;
      this.#uncleanElections++;
      logger.warn('unclean election: records that only other replicas had may be lost', {
        topic,
        partition: index,
        leader: record.leader,
        leaderEpoch: record.leaderEpoch,
      });
    }
    logger.info('partitions changed', { changed: written.length, elected, refused: refused.length, end });
  }

  /** One timer of each kind; when it is due everything is looked at. */
  #later(kind: 'grace' | 'retry' | 'balance', delayMs: number): void {
    this.#timers.get(kind)?.cancel();
    const due = (): void => {
      this.#timers.delete(kind);
      if (kind === 'balance') void this.#balance();
      this.#scope = 'all';
      this.#wake();
    };
    this.#timers.set(kind, this.#options.timers.set(delayMs, due));
  }

  /** Never rejects. Moves leaderships back to where they belong, some at a time. */
  async #balance(): Promise<void> {
    const { view, config, brokerId } = this.#options;
    const { image } = view;
    if (this.#isClosed || image.controller?.brokerId !== brokerId) return;
    const isWanted = config.get('auto.leader.rebalance.enable');
    const updates = isWanted ? decideBalance(image, topicRules(image, config)) : [];
    await this.#carryOut(updates, image.controller.epoch);
    this.#later('balance', config.get('leader.imbalance.check.interval.seconds') * 1000);
  }
}

function* topicsOf(image: ClusterImage, scope: Scope): Iterable<TopicImage> {
  if (scope === 'all') {
    yield* image.topics.values();
    return;
  }
  for (const name of scope) {
    const topic = image.topics.get(name);
    if (topic !== undefined) yield topic;
  }
}
