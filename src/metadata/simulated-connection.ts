import type { Clock, Timer, Timers } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import {
  checkTxn,
  StoreUnavailable,
  type LeaseId,
  type MetadataStore,
  type StoreEntry,
  type StoreEvent,
  type StoreRange,
  type Txn,
  type TxnResult,
  type Watch,
  type Watching,
} from './metadata-store.ts';

/** How long a client waits for an answer; and how long a link may be cut before its watches are given up. */
export const SIMULATED_CALL_TIMEOUT_MS = 5000;
/** Messages that a stalled link holds in one direction; beyond it the link counts as cut for what comes. */
export const HELD_MESSAGES_MAX = 10_000;

/** The way to the store, and the way back, on which answers and watched events travel. */
export type Direction = 'requests' | 'answers';
type Passage = 'open' | 'cut' | 'held';

interface Message {
  readonly deliver: () => void;
  readonly lose: () => void;
}

/** What befalls a request that reaches a store, for want of a quorum everything but the first. */
export type Reception = 'served' | 'refused' | 'lost' | 'served at return';

/** The far end of a connection: answers at once and never fails for want of a link. */
export interface SimulatedServer {
  readonly isOut: boolean;
  /** What becomes of a request that arrives now. */
  receive(): Reception;
  get(key: string): StoreEntry | undefined;
  range(prefix: string): StoreRange;
  txn(txn: Txn): TxnResult;
  watch(watch: Watch): Watching;
  grantLease(ttlMs: number): LeaseId;
  keepAlive(lease: LeaseId): void;
  expire(lease: LeaseId): void;
}

/** What a request does once it is at the store, by how the store receives it. */
interface Arrival {
  readonly serve: () => void;
  readonly refuse: () => void;
  readonly lose: () => void;
}

interface OpenWatch {
  readonly watch: Watch;
  watching: Watching | undefined;
  /** An event was lost on the way: it cannot go on. */
  isBroken: boolean;
}

/**
 * One client's connection to a simulated store. A request that is lost never took effect, one whose answer is lost
 * did; the caller cannot tell the two apart and gets {@link StoreUnavailable} for both. A held request takes effect when
 * the link moves again, long after its caller gave up. Calls may overtake each other; events of a watch do not.
 */
export class SimulatedConnection implements MetadataStore {
  readonly #store: SimulatedServer;
  readonly #time: Clock & Timers;
  readonly #random: Random;
  readonly #released: () => void;
  readonly #passage: Record<Direction, Passage> = { requests: 'open', answers: 'open' };
  readonly #held: Record<Direction, Message[]> = { requests: [], answers: [] };
  #delayMs: readonly [least: number, most: number] = [0, 0];
  /** When the newest event on its way arrives: none overtakes it. */
  #eventsAtMs = 0;
  #deletionsToDrop = 0;
  readonly #watches = new Set<OpenWatch>();
  readonly #underWay = new Set<Promise<unknown>>();
  /** Requests that the store got while it was out, and will serve. */
  #late: (() => void)[] = [];
  #patience: Timer | undefined;
  #isDead = false;
  #closing: Promise<void> | undefined;

  constructor(store: SimulatedServer, parts: { time: Clock & Timers; random: Random }, released: () => void) {
    this.#store = store;
    this.#time = parts.time;
    this.#random = parts.random;
    this.#released = released;
  }

  /** Each message from now on takes between `least` and `most` milliseconds. */
  delay(least: number, most: number): void {
    this.#delayMs = [least, most];
  }

  /** Loses all messages of a direction from now on, those on their way too. */
  cut(direction: Direction): void {
    this.#passage[direction] = 'cut';
    this.#loseHeld(direction);
    this.#losePatience();
  }

  /** Holds all messages until {@link heal}: a paused process, or a network that keeps everything for later. */
  stall(): void {
    this.#passage.requests = 'held';
    this.#passage.answers = 'held';
    this.#losePatience();
  }

  /** Lets messages pass again, those held first. A watch that lost events is over. */
  heal(): void {
    for (const direction of ['requests', 'answers'] as const) {
      this.#passage[direction] = 'open';
      const held = this.#held[direction];
      this.#held[direction] = [];
      for (const message of held) message.deliver();
    }
    this.#settleLink();
  }

  /** The next `count` deletions are left out of watches without a word, as etcd may (its issue 18089). */
  dropDeletions(count: number): void {
    this.#deletionsToDrop = count;
  }

  /** Ends every watch, as a broken stream does. */
  breakWatches(): void {
    for (const open of this.#watches) this.#endWatch(open);
  }

  /** The client's process dies: nothing is answered any more, its leases run out by themselves. */
  kill(): void {
    this.#isDead = true;
    for (const { watching } of this.#watches) watching?.cancel();
    this.#watches.clear();
    this.#patience?.cancel();
    this.#released();
  }

  /** Called by the store when it loses its quorum: watches end once their client has noticed. */
  storeWentOut(): void {
    this.#losePatience();
  }

  /** Called by the store when it is back: what it had taken in it serves now, whether or not anybody waits for it. */
  storeCameBack(): void {
    this.#settleLink();
    const late = this.#late;
    this.#late = [];
    for (const serve of late) serve();
  }

  get(key: string): Promise<StoreEntry | undefined> {
    return this.#call(() => this.#store.get(key));
  }

  range(prefix: string): Promise<StoreRange> {
    return this.#call(() => this.#store.range(prefix));
  }

  async txn(txn: Txn): Promise<TxnResult> {
    checkTxn(txn);
    return this.#call(() => this.#store.txn(txn));
  }

  grantLease(ttlMs: number): Promise<LeaseId> {
    return this.#call(() => this.#store.grantLease(ttlMs));
  }

  keepAlive(lease: LeaseId): Promise<void> {
    return this.#call(() => this.#store.keepAlive(lease));
  }

  revoke(lease: LeaseId): Promise<void> {
    return this.#call(() => this.#store.expire(lease));
  }

  watch(watch: Watch): Watching {
    this.#checkOpen();
    const open: OpenWatch = { watch, watching: undefined, isBroken: false };
    this.#watches.add(open);
    const start = (): void => {
      if (!this.#watches.has(open)) return;
      open.watching = this.#store.watch({
        prefix: watch.prefix,
        fromRevision: watch.fromRevision,
        onEvents: (events, revision) => this.#sendEvents(open, events, revision),
        onLost: (reason) => this.#sendEvent(open, () => this.#endWatch(open, reason)),
      });
    };
    const lose = (): void => this.#breakWatch(open);
    this.#send('requests', { deliver: () => this.#arrive({ serve: start, refuse: lose, lose }), lose });
    return {
      cancel: () => {
        this.#watches.delete(open);
        open.watching?.cancel();
      },
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    this.#patience?.cancel();
    this.breakWatches();
    this.#released();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new StoreUnavailable('the connection to the metadata store is closed');
  }

  async #call<T>(serve: () => T): Promise<T> {
    this.#checkOpen();
    const called = new Promise<T>((resolve, reject) => {
      const refuse = (what: string): void => {
        timer.cancel();
        if (!this.#isDead) reject(new StoreUnavailable(what));
      };
      const timer = this.#time.set(SIMULATED_CALL_TIMEOUT_MS, () => refuse('the metadata store did not answer'));
      const answer = (deliver: () => void): void => {
        const settle = (): void => {
          timer.cancel();
          if (!this.#isDead) deliver();
        };
        this.#send('answers', { deliver: settle, lose: () => {} });
      };
      const arrival: Arrival = {
        serve: () => {
          try {
            const value = serve();
            answer(() => resolve(value));
          } catch (error) {
            answer(() => reject(error instanceof Error ? error : new Error(String(error))));
          }
        },
        refuse: () => answer(() => refuse('the metadata store has no quorum')),
        lose: () => {},
      };
      this.#send('requests', { deliver: () => this.#arrive(arrival), lose: () => {} });
    });
    this.#underWay.add(called);
    try {
      return await called;
    } finally {
      this.#underWay.delete(called);
    }
  }

  #arrive({ serve, refuse, lose }: Arrival): void {
    const reception = this.#store.receive();
    switch (reception) {
      case 'served':
        return serve();
      case 'refused':
        return refuse();
      case 'lost':
        return lose();
      case 'served at return':
        if (this.#late.length < HELD_MESSAGES_MAX) this.#late.push(serve);
        return;
      default:
        reception satisfies never;
    }
  }

  #sendEvents(open: OpenWatch, events: readonly StoreEvent[], revision: number): void {
    const kept = events.filter((event) => event.entry !== undefined || !this.#isDropped());
    const last = kept.at(-1);
    if (last !== undefined) this.#sendEvent(open, () => open.watch.onEvents(kept, Math.min(revision, last.revision)));
  }

  #isDropped(): boolean {
    if (this.#deletionsToDrop === 0) return false;
    this.#deletionsToDrop--;
    return true;
  }

  #sendEvent(open: OpenWatch, told: () => void): void {
    const deliver = (): void => {
      if (this.#watches.has(open) && !open.isBroken) told();
    };
    this.#send('answers', { deliver, lose: () => this.#breakWatch(open) }, 'in order');
  }

  #send(direction: Direction, message: Message, order: 'any' | 'in order' = 'any'): void {
    const [least, most] = this.#delayMs;
    const nowMs = this.#time.monotonicMs();
    let atMs = nowMs + least + (most > least ? this.#random.next() * (most - least) : 0);
    if (order === 'in order') atMs = this.#eventsAtMs = Math.max(atMs, this.#eventsAtMs);
    if (atMs <= nowMs) this.#time.soon(() => this.#pass(direction, message));
    else this.#time.set(atMs - nowMs, () => this.#pass(direction, message));
  }

  #pass(direction: Direction, message: Message): void {
    const passage = this.#passage[direction];
    if (passage === 'open') message.deliver();
    else if (passage === 'held' && this.#held[direction].length < HELD_MESSAGES_MAX)
      this.#held[direction].push(message);
    else message.lose();
  }

  #loseHeld(direction: Direction): void {
    const held = this.#held[direction];
    this.#held[direction] = [];
    for (const { lose } of held) lose();
  }

  /** Nothing has come for as long as a client waits: its watches are over, whatever the link does later. */
  #losePatience(): void {
    this.#patience ??= this.#time.set(SIMULATED_CALL_TIMEOUT_MS, () => {
      this.#patience = undefined;
      this.breakWatches();
    });
  }

  /** Where the link is whole again and the store there, only watches that lost something are over. */
  #settleLink(): void {
    const { requests, answers } = this.#passage;
    if (requests !== 'open' || answers !== 'open' || this.#store.isOut) return;
    this.#patience?.cancel();
    this.#patience = undefined;
    for (const open of this.#watches) if (open.isBroken) this.#endWatch(open);
  }

  /** Events are missing: the client hears of it at the end of its patience, or when the link is healed. */
  #breakWatch(open: OpenWatch): void {
    open.isBroken = true;
    open.watching?.cancel();
    this.#losePatience();
  }

  #endWatch(open: OpenWatch, reason: 'compacted' | 'unavailable' = 'unavailable'): void {
    if (!this.#watches.delete(open)) return;
    open.watching?.cancel();
    this.#time.soon(() => {
      if (!this.#isDead) open.watch.onLost(reason);
    });
  }
}
