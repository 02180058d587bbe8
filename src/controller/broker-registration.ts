import type { Uuid } from '../base/uuid.ts';
import type { BrokerImage, ClusterImage } from '../metadata/cluster-image.ts';
import { LeaseGone, StoreUnavailable, type LeaseId, type MetadataStore } from '../metadata/metadata-store.ts';
import type { MetadataView } from '../metadata/metadata-view.ts';
import type { BrokerRecord, Endpoint } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import type { Clock, Timer, Timers } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import { owesHandover } from './partition-repair.ts';
import { randomUuid } from './random-id.ts';
import { leased, registrationTxn } from './registration-txn.ts';

/** A broker that shows no sign of life for so long is gone; it shows three in that time. */
export const LEASE_TTL_MS = 6000;
const RENEWALS_PER_LEASE = 3;
/** The registration of a former life ends at the latest after so long, by the store's clock. */
const FORMER_LIFE_MS = LEASE_TTL_MS + 2000;
/** Attempts to register while others change the same keys. */
const ATTEMPTS_MAX = 10;
/** Longest wait for others to take over when a broker stops. */
export const SHUTDOWN_MS = 60_000;

export interface BrokerRegistrationOptions {
  readonly store: MetadataStore;
  readonly view: MetadataView;
  readonly brokerId: number;
  /** The id that the first start gives the cluster; random when undefined. */
  readonly clusterId: Uuid | undefined;
  /** As far as they are known before the broker listens. */
  readonly endpoints: readonly Endpoint[];
  readonly rack: string | null;
  /** Ids of the log directories. Their locks are held by this process. */
  readonly logDirs: readonly Uuid[];
  /** Name of the machine. */
  readonly machine: string;
  /** Broker epoch that the marks of a clean shutdown name; -1 unless every log directory has one. */
  readonly cleanEpoch: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
}

/** Another running broker has this broker's id. */
export class BrokerIdInUse extends Error {
  override name = 'BrokerIdInUse';
}

/**
 * This broker's place in the cluster: its registration under a lease, and its candidacy as controller. One transaction
 * does all of a start, so that it costs one sync. A lost registration is made anew as soon as the loss shows, by the same
 * incarnation: this process has lost nothing, and the controller lets it go on where it was.
 */
export class BrokerRegistration {
  readonly #options: BrokerRegistrationOptions;
  readonly #unsubscribe: () => void;
  readonly #watchers = new Set<() => void>();
  #record: BrokerRecord;
  /** What the store has, as text. */
  #written = '';
  #lease: LeaseId | undefined;
  #timer: Timer | undefined;
  #isRenewing = false;
  #closed = false;
  #brokerEpoch = -1;

  /**
   * Registers, and resolves once this broker's image shows it: fenced, unless it is alone. Waits out a registration of its
   * own former life. Rejects with {@link BrokerIdInUse} or {@link StoreUnavailable}.
   */
  static async start(options: BrokerRegistrationOptions): Promise<BrokerRegistration> {
    const registration = new BrokerRegistration(options);
    try {
      registration.#renewLater(await registration.#register());
    } catch (error) {
      await registration.close();
      throw error;
    }
    return registration;
  }

  private constructor(options: BrokerRegistrationOptions) {
    const { endpoints, rack, logDirs, machine, cleanEpoch, random, view } = options;
    this.#options = options;
    const incarnation = randomUuid(random);
    this.#record = { incarnation, endpoints, rack, logDirs, machine, ready: false, shuttingDown: false, cleanEpoch };
    this.#unsubscribe = view.subscribe((image) => this.#follow(image));
  }

  /** Epoch of the newest registration; it stays when the registration is gone. */
  get brokerEpoch(): number {
    return this.#brokerEpoch;
  }

  /**
   * The broker listens at `endpoints` and may be let in. Resolves once this broker's image shows it unfenced, or the
   * registration is closed.
   */
  async announceReady(endpoints: readonly Endpoint[]): Promise<void> {
    this.#record = { ...this.#record, endpoints, ready: true };
    await this.#publish();
    await this.#until(() => this.#own()?.fenced === false);
  }

  /**
   * Asks the others to take over what this broker leads. Resolves when they have, when nobody can, or after `timeoutMs`.
   * A broker that nobody can take over from writes nothing.
   */
  async beginShutdown(timeoutMs = SHUTDOWN_MS): Promise<void> {
    const { view, brokerId, timers } = this.#options;
    if (!view.image.liveBrokers().some(({ id }) => id !== brokerId)) return;
    this.#record = { ...this.#record, shuttingDown: true };
    let isTimeUp = !(await this.#publish());
    const timer = timers.set(timeoutMs, () => {
      isTimeUp = true;
      this.#tellWatchers();
    });
    await this.#until(() => isTimeUp || this.#isHandedOver());
    timer.cancel();
  }

  /** Leaves the cluster: the registration, and the office of controller, end at once. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#unsubscribe();
    this.#tellWatchers();
    if (this.#lease === undefined) return;
    try {
      await this.#options.store.revoke(this.#lease);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }

  /** This broker in the image, while its registration stands there. */
  #own(): BrokerImage | undefined {
    const broker = this.#options.view.image.brokers.get(this.#options.brokerId);
    return broker?.isPresent === true && broker.incarnation === this.#record.incarnation ? broker : undefined;
  }

  #isHandedOver(): boolean {
    const { view, brokerId } = this.#options;
    const isKnown = this.#own()?.shuttingDown === true;
    return isKnown && !owesHandover(view.image, brokerId);
  }

  /** Resolves with the monotonic time from which the new lease counts. */
  async #register(): Promise<number> {
    const { store, view, clock, ...wish } = this.#options;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const present = view.image.brokers.get(wish.brokerId);
      if (present?.isPresent === true) {
        await this.#outlive(present);
        continue;
      }
      const sentMs = clock.monotonicMs();
      const lease = await store.grantLease(LEASE_TTL_MS);
      this.#lease = lease;
      const txn = registrationTxn(view.image, { ...wish, record: this.#record }, lease);
      const { succeeded, revision } = await store.txn(txn);
      await view.reached(revision);
      if (succeeded && !this.#closed) return this.#registered(revision, sentMs);
      await store.revoke(lease);
    }
    throw new StoreUnavailable('registration failed: too many others change the cluster');
  }

  #registered(revision: number, sentMs: number): number {
    this.#brokerEpoch = revision;
    const own = this.#own();
    if (own?.ready === true) this.#record = { ...this.#record, ready: true };
    this.#written = own?.epoch === revision ? JSON.stringify(this.#record) : '';
    return sentMs;
  }

  /**
   * Sees a standing registration of this id end. One of the same log directories on the same machine is that of a dead
   * process, for their locks are ours: it is ended. Any other is waited for, in case its broker is dead too.
   */
  async #outlive(present: BrokerImage): Promise<void> {
    const { store, view, timers, brokerId, machine, logDirs, logger } = this.#options;
    const isOwn = present.incarnation === this.#record.incarnation;
    const isFormerLife = present.machine === machine && present.logDirs.some((id) => logDirs.includes(id));
    if (isOwn || isFormerLife) await store.revoke(present.lease!);
    else logger.warn('a broker of this id is registered: waiting for the end of its registration', { brokerId });
    let isTimeUp = false;
    const timer = timers.set(FORMER_LIFE_MS, () => {
      isTimeUp = true;
      this.#tellWatchers();
    });
    const isGone = (): boolean => view.image.brokers.get(brokerId)?.lease !== present.lease;
    await this.#until(() => isTimeUp || isGone());
    timer.cancel();
    if (isGone()) return;
    const where = present.endpoints.map(({ host, port }) => `${host}:${port}`).join(', ');
    const place = where === '' ? '' : ` at ${where}`;
    throw new BrokerIdInUse(
      `a broker with the id ${brokerId} is running already${place}; give this one another node.id or stop the other`,
    );
  }

  #renewLater(sentMs: number): void {
    if (this.#closed) return;
    const { clock, timers } = this.#options;
    const delayMs = Math.max(0, sentMs + LEASE_TTL_MS / RENEWALS_PER_LEASE - clock.monotonicMs());
    this.#timer?.cancel();
    this.#timer = timers.set(delayMs, () => void this.#renew());
  }

  /** Never rejects. The lease's time counts from before the call. */
  async #renew(): Promise<void> {
    if (this.#isRenewing || this.#closed) return;
    this.#isRenewing = true;
    const { store, view, clock, logger } = this.#options;
    let sentMs = clock.monotonicMs();
    try {
      await store.keepAlive(this.#lease!);
      // A registration that got no answer may never have been written: its lease alone lets nobody in.
      if (this.#own()?.lease !== this.#lease) sentMs = await this.#registerAgain();
      await this.#publish();
      this.#standForController(view.image);
    } catch (error) {
      if (error instanceof LeaseGone) sentMs = await this.#registerAgain();
      else logger.warn('the broker could not renew its registration', { error: String(error) });
    }
    this.#isRenewing = false;
    this.#renewLater(sentMs);
  }

  async #registerAgain(): Promise<number> {
    const { clock, logger } = this.#options;
    logger.warn('the broker lost its registration and registers anew');
    try {
      if (!this.#closed) return await this.#register();
    } catch (error) {
      logger.error('the broker could not register anew', { error: String(error) });
    }
    return clock.monotonicMs();
  }

  /** Puts the record in the store where it differs; false when the store cannot be reached: renewals try again. */
  async #publish(): Promise<boolean> {
    const { store, view, brokerId, logger } = this.#options;
    const text = JSON.stringify(this.#record);
    if (text === this.#written) return true;
    const key = storeKeys.broker(brokerId);
    try {
      const { succeeded, revision } = await store.txn({
        compares: [{ key, createRevision: this.#brokerEpoch }],
        onSuccess: [{ type: 'put', key, value: text, lease: this.#lease! }],
      });
      // One whose registration is gone says it all with the next.
      if (!succeeded) return true;
      this.#written = text;
      await view.reached(revision);
      return true;
    } catch (error) {
      if (error instanceof LeaseGone) return true;
      if (!(error instanceof StoreUnavailable)) throw error;
      logger.warn('the broker could not say how it is', { error: String(error) });
      return false;
    }
  }

  #follow(image: ClusterImage): void {
    this.#tellWatchers();
    if (this.#closed || this.#brokerEpoch < 0 || image.revision < this.#brokerEpoch) return;
    const own = this.#own();
    if (own === undefined) {
      void this.#renew();
      return;
    }
    // A registration whose answer was lost stands all the same: what this broker writes names its epoch.
    if (own.lease === this.#lease && own.epoch > this.#brokerEpoch) {
      this.#brokerEpoch = own.epoch;
      this.#written = '';
    }
    this.#standForController(image);
  }

  #standForController(image: ClusterImage): void {
    const { store, brokerId, logger } = this.#options;
    if (image.controller !== undefined || this.#own() === undefined || this.#closed) return;
    const isAnyStaying = image.liveBrokers().some(({ shuttingDown }) => !shuttingDown);
    if (this.#record.shuttingDown && isAnyStaying) return;
    const candidacy = store.txn({
      compares: [{ key: storeKeys.controller, createRevision: 0 }],
      onSuccess: [leased(storeKeys.controller, { brokerId }, this.#lease!)],
    });
    candidacy.catch((error: unknown) => logger.warn('could not stand for controller', { error: String(error) }));
  }

  /** Resolves once `holds` does, looked at with each image, or the registration is closed. */
  #until(holds: () => boolean): Promise<void> {
    if (holds() || this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds() && !this.#closed) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
    });
  }

  #tellWatchers(): void {
    for (const look of this.#watchers) look();
  }
}
