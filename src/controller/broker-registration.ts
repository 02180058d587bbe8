import type { Uuid } from '../base/uuid.ts';
import type { ClusterImage } from '../metadata/cluster-image.ts';
import {
  LeaseGone,
  StoreUnavailable,
  type Compare,
  type LeaseId,
  type MetadataStore,
  type StoreOp,
} from '../metadata/metadata-store.ts';
import type { MetadataView } from '../metadata/metadata-view.ts';
import type { Endpoint } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import type { Timer, Timers } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Random } from '../runtime/random.ts';
import { INITIAL_FEATURES } from './features.ts';
import { randomUuid } from './random-id.ts';

/** A broker that shows no sign of life for so long is gone; it shows three in that time. */
const LEASE_TTL_MS = 6000;
const RENEWALS_PER_LEASE = 3;
/** Attempts to register while others change the same keys. */
const ATTEMPTS_MAX = 10;

export interface BrokerRegistrationOptions {
  readonly store: MetadataStore;
  readonly view: MetadataView;
  readonly brokerId: number;
  /** The id that the first start gives the cluster; random when undefined. */
  readonly clusterId: Uuid | undefined;
  readonly endpoints: readonly Endpoint[];
  readonly rack: string | null;
  readonly logDirs: readonly Uuid[];
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
}

/** Another running broker has this broker's id. */
export class BrokerIdInUse extends Error {
  override name = 'BrokerIdInUse';
}

/**
 * This broker's place in the cluster: its registration under a lease, and its candidacy as controller. The first start
 * ever also makes the cluster: its id and feature levels. One transaction does all of it, so that a start costs one sync.
 */
export class BrokerRegistration {
  readonly #options: BrokerRegistrationOptions;
  readonly #incarnation: Uuid;
  readonly #unsubscribe: () => void;
  #lease: LeaseId | undefined;
  #timer: Timer | undefined;
  #closed = false;
  #brokerEpoch = -1;

  /** Registers, and resolves once this broker's image shows it. Rejects with {@link BrokerIdInUse} or {@link StoreUnavailable}. */
  static async start(options: BrokerRegistrationOptions): Promise<BrokerRegistration> {
    const registration = new BrokerRegistration(options);
    try {
      await registration.#register();
    } catch (error) {
      await registration.close();
      throw error;
    }
    registration.#renewLater();
    return registration;
  }

  private constructor(options: BrokerRegistrationOptions) {
    this.#options = options;
    this.#incarnation = randomUuid(options.random);
    this.#unsubscribe = options.view.subscribe((image) => this.#standForController(image));
  }

  /** Epoch of the newest registration; it stays when the registration is gone. */
  get brokerEpoch(): number {
    return this.#brokerEpoch;
  }

  /** Leaves the cluster: the registration, and the office of controller, end at once. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#unsubscribe();
    if (this.#lease === undefined) return;
    try {
      await this.#options.store.revoke(this.#lease);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }

  async #register(): Promise<void> {
    const { store, view, brokerId } = this.#options;
    this.#lease = await store.grantLease(LEASE_TTL_MS);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const { image } = view;
      const present = image.brokers.get(brokerId);
      if (present !== undefined && present.incarnation !== this.#incarnation) {
        throw new BrokerIdInUse(`a broker with the id ${brokerId} is running already`);
      }
      const { succeeded, revision } = await store.txn(this.#registration(image, this.#lease));
      await view.reached(revision);
      if (succeeded) {
        this.#brokerEpoch = revision;
        return;
      }
    }
    throw new StoreUnavailable('registration failed: too many others change the cluster');
  }

  #registration(image: ClusterImage, lease: LeaseId): { compares: Compare[]; onSuccess: StoreOp[] } {
    const { brokerId, clusterId, endpoints, rack, logDirs, random } = this.#options;
    const incarnation = this.#incarnation;
    const compares: Compare[] = [
      { key: storeKeys.broker(brokerId), createRevision: image.brokers.get(brokerId)?.epoch ?? 0 },
    ];
    const onSuccess = [leased(storeKeys.broker(brokerId), { incarnation, endpoints, rack, logDirs }, lease)];
    if (image.clusterId === undefined) {
      const meta = { clusterId: clusterId ?? randomUuid(random), format: 1, features: INITIAL_FEATURES };
      compares.push({ key: storeKeys.meta, createRevision: 0 });
      onSuccess.push({ type: 'put', key: storeKeys.meta, value: JSON.stringify(meta) });
    }
    if (image.controller === undefined) {
      // Who takes the office in the same transaction needs nobody else to let it in.
      compares.push({ key: storeKeys.controller, createRevision: 0 });
      onSuccess.push(leased(storeKeys.controller, { brokerId }, lease));
      onSuccess.push(leased(storeKeys.liveBroker(brokerId), { incarnation }, lease));
    }
    return { compares, onSuccess };
  }

  #renewLater(): void {
    if (this.#closed) return;
    this.#timer = this.#options.timers.set(LEASE_TTL_MS / RENEWALS_PER_LEASE, () => void this.#renew());
  }

  /** Never rejects. A lost lease is taken anew under the same incarnation: this process has lost nothing. */
  async #renew(): Promise<void> {
    const { store, logger } = this.#options;
    try {
      await store.keepAlive(this.#lease!);
    } catch (error) {
      if (error instanceof LeaseGone) await this.#registerAgain();
      else logger.warn('the broker could not renew its registration', { error: String(error) });
    }
    this.#renewLater();
  }

  async #registerAgain(): Promise<void> {
    const { logger } = this.#options;
    logger.warn('the broker lost its registration and registers anew');
    try {
      if (!this.#closed) await this.#register();
    } catch (error) {
      logger.error('the broker could not register anew', { error: String(error) });
    }
  }

  #standForController(image: ClusterImage): void {
    const { store, brokerId, logger } = this.#options;
    const registered = image.brokers.get(brokerId)?.incarnation === this.#incarnation;
    if (image.controller !== undefined || !registered || this.#closed) return;
    const incarnation = this.#incarnation;
    const candidacy = store.txn({
      compares: [{ key: storeKeys.controller, createRevision: 0 }],
      onSuccess: [
        leased(storeKeys.controller, { brokerId }, this.#lease!),
        leased(storeKeys.liveBroker(brokerId), { incarnation }, this.#lease!),
      ],
    });
    candidacy.catch((error: unknown) => logger.warn('could not stand for controller', { error: String(error) }));
  }
}

function leased(key: string, record: object, lease: LeaseId): StoreOp {
  return { type: 'put', key, value: JSON.stringify(record), lease };
}
