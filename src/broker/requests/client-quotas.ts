import type { RateWindows } from '../../base/windowed-sum.ts';
import type { ClusterImage } from '../../metadata/cluster-image.ts';
import type { QuotaRecord } from '../../metadata/records.ts';
import { QuotaRate } from './quota-rate.ts';

/** The user of every connection while there is no authentication (KafkaPrincipal.ANONYMOUS). */
const ANONYMOUS = 'ANONYMOUS';
/** Client ids remembered; the one met first is forgotten for a new one, and starts anew when it comes back. */
const CLIENTS_MAX = 10_000;
const PRODUCE = 0;
const FETCH = 1;
const PERCENT = 100;
const MS_PER_SECOND = 1000;

/** What one request cost. */
export interface RequestCost {
  readonly apiKey: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Time of this process. */
  readonly busyMs: number;
  /** Nobody waits for an answer (acks=0): only its bytes count. */
  readonly isUnanswered: boolean;
}

/** The rates that one client is held to; a rate of a whole user is shared by his clients. */
export class ClientRates {
  readonly #produce: QuotaRate | undefined;
  readonly #fetch: QuotaRate | undefined;
  readonly #request: QuotaRate | undefined;
  readonly #windows: RateWindows;

  constructor(rateOf: (key: QuotaKey) => QuotaRate | undefined, windows: RateWindows) {
    this.#produce = rateOf('producer_byte_rate');
    this.#fetch = rateOf('consumer_byte_rate');
    this.#request = rateOf('request_percentage');
    this.#windows = windows;
  }

  /** The most that one fetch may bring: what the quota allows in all windows but one (ClientQuotaManager.maxValueInQuotaWindow). */
  get fetchBytesMax(): number {
    if (this.#fetch === undefined) return Infinity;
    const { count, windowMs } = this.#windows;
    return Math.max(1, Math.floor((this.#fetch.limitPerSecond * Math.max(1, count - 1) * windowMs) / MS_PER_SECOND));
  }

  /** Counts a request and returns for how many milliseconds the client has to pause: 0 within its quotas. */
  record(cost: RequestCost, nowMs: number): number {
    let pauseMs = 0;
    if (cost.apiKey === PRODUCE) pauseMs = this.#produce?.record(cost.requestBytes, nowMs) ?? 0;
    if (cost.apiKey === FETCH) pauseMs = this.#fetch?.record(cost.responseBytes, nowMs) ?? 0;
    if (this.#request === undefined || cost.isUnanswered) return pauseMs;
    const percent = (cost.busyMs / MS_PER_SECOND) * PERCENT;
    // A pause for time is never longer than a window (ClientRequestQuotaManager).
    return Math.max(pauseMs, Math.min(this.#request.record(percent, nowMs), this.#windows.windowMs));
  }
}

type QuotaKey = 'producer_byte_rate' | 'consumer_byte_rate' | 'request_percentage';

/** The kinds of entities, the strongest first: which name of the user and of the client id each one gives (KIP-55). */
const PRECEDENCE: readonly (readonly [user: 'own' | 'default' | 'none', client: 'own' | 'default' | 'none'])[] = [
  ['own', 'own'],
  ['own', 'default'],
  ['own', 'none'],
  ['default', 'own'],
  ['default', 'default'],
  ['default', 'none'],
  ['none', 'own'],
  ['none', 'default'],
];

/**
 * Quotas of clients (KIP-13, 55, 124, 546): who is held to which rate. Costs one comparison a request while no quota is set.
 * Rates begin anew when quotas are altered.
 */
export class ClientQuotas {
  readonly #windows: () => RateWindows;
  readonly #image: () => ClusterImage;
  #source: ClusterImage['quotas'] | undefined;
  #values = new Map<string, QuotaRecord['values']>();
  readonly #clients = new Map<string, ClientRates>();
  readonly #shared = new Map<string, QuotaRate>();

  constructor(image: () => ClusterImage, windows: () => RateWindows) {
    this.#image = image;
    this.#windows = windows;
  }

  /** The rates of a client; undefined when no quota concerns anyone. */
  of(clientId: string): ClientRates | undefined {
    const { quotas } = this.#image();
    if (quotas !== this.#source) this.#adopt(quotas);
    if (this.#values.size === 0) return undefined;
    let rates = this.#clients.get(clientId);
    if (rates === undefined) {
      const windows = this.#windows();
      rates = new ClientRates((key) => this.#rateOf(clientId, key, windows), windows);
      if (this.#clients.size >= CLIENTS_MAX) this.#clients.delete(this.#clients.keys().next().value!);
      this.#clients.set(clientId, rates);
    }
    return rates;
  }

  #adopt(quotas: ClusterImage['quotas']): void {
    this.#source = quotas;
    this.#clients.clear();
    this.#shared.clear();
    this.#values = new Map();
    for (const [, { entity, values }] of quotas.entries()) {
      if (entity.some(({ type }) => type === 'ip')) continue;
      const nameOf = (type: string): string | null | undefined => entity.find((part) => part.type === type)?.name;
      this.#values.set(entityKey(nameOf('user'), nameOf('client-id')), values);
    }
  }

  #rateOf(clientId: string, key: QuotaKey, windows: RateWindows): QuotaRate | undefined {
    for (const [user, client] of PRECEDENCE) {
      const names = { own: ANONYMOUS, default: null, none: undefined };
      const entity = entityKey(names[user], { ...names, own: clientId }[client]);
      const limit = this.#values.get(entity)?.[key];
      if (limit === undefined) continue;
      if (client !== 'none') return new QuotaRate(limit, windows);
      // All clients of a user share his rate.
      let rate = this.#shared.get(key);
      if (rate === undefined) {
        rate = new QuotaRate(limit, windows);
        this.#shared.set(key, rate);
      }
      return rate;
    }
    return undefined;
  }
}

/** A name, null for the default, undefined for none. */
function entityKey(user: string | null | undefined, client: string | null | undefined): string {
  return JSON.stringify([user === undefined ? [] : [user], client === undefined ? [] : [client]]);
}
