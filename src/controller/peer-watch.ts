import type { BrokerImage, ClusterImage } from '../metadata/cluster-image.ts';
import { LeaseGone, StoreUnavailable, type MetadataStore } from '../metadata/metadata-store.ts';
import type { MetadataView } from '../metadata/metadata-view.ts';
import { parseRecord, type ExpulsionRecord } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import type { Clock, Timer, Timers } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { LEASE_TTL_MS } from './broker-registration.ts';
import { leased } from './registration-txn.ts';
import { expelledMax, isCondemned, SUSPICION_MS, type SeenReport } from './suspicions.ts';

/** What came of a new connection to a broker: only a refusal proves that nobody is there. */
export type ProbeResult = 'refused' | 'answered' | 'unknown';

export interface PeerWatchOptions {
  readonly store: MetadataStore;
  readonly view: MetadataView;
  readonly brokerId: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Tries to connect to a broker anew. Must not reject. */
  readonly probe: (broker: BrokerImage) => Promise<ProbeResult>;
}

/**
 * The fast verdict over brokers whose process is gone: it takes milliseconds where a lease takes seconds. A broker whose
 * connections are refused is probed and reported in the store; others that see the report probe for themselves; whoever
 * sees enough reports at about the same time ends the broker's lease, so that its registration, its leaderships and its
 * office end in one revision. To expel a broker that lives is safe, for its epoch is void and it registers anew; so that it
 * stays rare as well, only a part of the brokers can be expelled in the time of a lease.
 */
export class PeerWatch {
  readonly #options: PeerWatchOptions;
  readonly #unsubscribe: () => void;
  /** Reports as they came, by target. */
  readonly #seen = new Map<number, Map<number, SeenReport>>();
  /** Broker epochs that are being looked into, by broker. */
  readonly #probing = new Map<number, number>();
  /** Brokers about which reports came while they were being looked into. */
  readonly #unheard = new Set<number>();
  /** Epochs under which this broker had others expelled, or tried to. */
  readonly #expelled = new Map<number, number>();
  /** This broker's own reports, to be taken back. */
  readonly #reported = new Map<number, Timer>();
  #isClosed = false;

  constructor(options: PeerWatchOptions) {
    this.#options = options;
    this.#unsubscribe = options.view.subscribe((image) => this.#follow(image));
  }

  /** A connection to a broker was refused or reset. Cheap to call again and again. */
  suspect(brokerId: number, brokerEpoch: number): void {
    const target = this.#options.view.image.brokers.get(brokerId);
    if (target?.isPresent === true && target.epoch === brokerEpoch) void this.#lookInto(target);
  }

  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    for (const timer of this.#reported.values()) timer.cancel();
  }

  #follow(image: ClusterImage): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const target of this.#seen.keys()) if (!image.suspicions.has(target)) this.#seen.delete(target);
    for (const [id, reports] of image.suspicions) {
      const target = image.brokers.get(id);
      if (!this.#note(id, reports, nowMs) || target?.isPresent !== true) continue;
      if (this.#probing.has(id)) this.#unheard.add(id);
      else void this.#lookInto(target);
    }
  }

  /** Takes down when reports came; false when there is none that is new. */
  #note(target: number, reports: ReadonlyMap<number, number>, nowMs: number): boolean {
    let seen = this.#seen.get(target);
    if (seen === undefined) this.#seen.set(target, (seen = new Map()));
    for (const reporter of seen.keys()) if (!reports.has(reporter)) seen.delete(reporter);
    let isNew = false;
    for (const [reporter, brokerEpoch] of reports) {
      if (seen.get(reporter)?.brokerEpoch === brokerEpoch) continue;
      seen.set(reporter, { reporter, brokerEpoch, seenMs: nowMs });
      isNew = true;
    }
    return isNew;
  }

  /** Never rejects. Believes nobody: reports, and judges, only what its own probe confirms. */
  async #lookInto(target: BrokerImage): Promise<void> {
    const { brokerId, probe, logger } = this.#options;
    if (target.id === brokerId || this.#isClosed || this.#probing.get(target.id) === target.epoch) return;
    this.#probing.set(target.id, target.epoch);
    try {
      if ((await probe(target)) === 'refused') {
        await this.#report(target);
        await this.#judge(target);
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable) && !(error instanceof LeaseGone)) throw error;
      logger.debug('a suspicion could not be told', { broker: target.id, error: String(error) });
    } finally {
      this.#probing.delete(target.id);
    }
    if (this.#unheard.delete(target.id)) void this.#lookInto(target);
  }

  async #report(target: BrokerImage): Promise<void> {
    const { store, view, brokerId, timers } = this.#options;
    const own = view.image.brokers.get(brokerId);
    if (own?.fenced !== false || own.lease === undefined || this.#reported.has(target.id)) return;
    const key = storeKeys.suspicion(target.id, brokerId);
    this.#reported.set(target.id, this.#takeBackLater(target.id, key, timers));
    const { revision } = await store.txn({
      compares: [{ key: storeKeys.broker(target.id), createRevision: target.epoch }],
      onSuccess: [leased(key, { brokerEpoch: target.epoch }, own.lease)],
    });
    await view.reached(revision);
  }

  #takeBackLater(target: number, key: string, timers: Timers): Timer {
    return timers.set(2 * SUSPICION_MS, () => {
      const gone = this.#options.store.txn({ compares: [], onSuccess: [{ type: 'delete', key }] });
      gone.then(
        () => this.#reported.delete(target),
        () => {
          if (!this.#isClosed) this.#reported.set(target, this.#takeBackLater(target, key, timers));
        },
      );
    });
  }

  #isVerdict(target: BrokerImage, reports: ReadonlyMap<number, SeenReport>): boolean {
    const { view, clock } = this.#options;
    const present = view.image.brokers.get(target.id);
    const isMeant = present?.isPresent === true && present.epoch === target.epoch && !this.#isClosed;
    if (this.#expelled.get(target.id) === target.epoch) return false;
    return isMeant && isCondemned(view.image, target, reports.values(), clock.monotonicMs());
  }

  async #judge(target: BrokerImage): Promise<void> {
    const reports = this.#seen.get(target.id);
    if (reports === undefined || !this.#isVerdict(target, reports) || !(await this.#takeSlot(target))) return;
    const { store, view, logger } = this.#options;
    const present = view.image.brokers.get(target.id);
    if (present?.epoch !== target.epoch || present.lease === undefined) return;
    logger.warn('a broker answers nobody and is expelled', { broker: target.id, reporters: [...reports.keys()] });
    await store.revoke(present.lease);
  }

  /** Takes the place of one expulsion; it is free again after the time of a lease. False when others took all there are. */
  async #takeSlot(target: BrokerImage): Promise<boolean> {
    const { store, view } = this.#options;
    this.#expelled.set(target.id, target.epoch);
    const lease = await store.grantLease(LEASE_TTL_MS);
    for (let slot = 0; slot < expelledMax(view.image); slot++) {
      const key = storeKeys.expulsion(slot);
      const { succeeded, reads } = await store.txn({
        compares: [{ key, createRevision: 0 }],
        onSuccess: [leased(key, { brokerId: target.id, brokerEpoch: target.epoch }, lease)],
        onFailure: [{ type: 'get', key }],
      });
      if (succeeded) return true;
      const other = reads[0] && (parseRecord(key, reads[0].value) as ExpulsionRecord);
      if (other?.brokerId === target.id && other.brokerEpoch === target.epoch) break;
    }
    await store.revoke(lease);
    return false;
  }
}
